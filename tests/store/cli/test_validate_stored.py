"""`nmdc-runtime validate` against a database, and by way of a hub."""

import json
import os
import subprocess
import sys

import orjson
import pytest

from tests.support.documents import a_study, biosamples
from tests.support.uvicorn_hub import environment_of, running_hub

BIOSAMPLES = orjson.dumps({"biosample_set": biosamples(2, study_id="nmdc:sty-11-abc123")})


def validate(*arguments, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "nmdc_runtime.cli", "validate", *map(str, arguments)],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "samples.json"
    path.write_bytes(BIOSAMPLES)
    return path


def test_references_are_looked_up_in_the_database_of_the_settings(file, database, settings):
    environment = environment_of(settings)

    lost = validate(file, **environment)
    database["study_set"].insert_one(a_study())
    found = validate(file, **environment)

    assert (lost.returncode, lost.stderr) == (1, "")
    assert "2 problems in 2 documents" in lost.stdout
    assert "nmdc:sty-11-abc123" in lost.stdout
    assert (found.returncode, found.stdout) == (0, f"{file}: good in 2 documents\n")


def test_a_database_that_does_not_answer_is_named_and_ends_with_2(file):
    result = validate(file, MONGO_HOST="mongodb://127.0.0.1:1")

    assert result.returncode == 2
    assert "mongodb://127.0.0.1:1 does not answer" in result.stderr
    assert "--offline needs none" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_hub_judges_the_same_way(file, tmp_path, database, settings):
    database["study_set"].insert_one(a_study())
    lines = tmp_path / "lines.ndjson"
    lines.write_bytes(b"\n".join((orjson.dumps(a_study("b", x=1)), b"{}")))
    cut = tmp_path / "cut.json"
    cut.write_bytes(BIOSAMPLES[:-2])
    bare = tmp_path / "bare.ndjson"
    bare.write_bytes(b"\n".join(orjson.dumps(a_study(name)) for name in "cd"))

    with running_hub(settings) as (address, _):
        good = validate("--api", address, file)
        bad = validate("--api", address + "/", "--format", "problems", lines)
        unreadable = validate("--api", address, cut)
        placed = validate("--api", address, "--collection", "study_set", bare)
        elsewhere = validate("--api", f"{address}/nowhere", file)
    nobody = validate("--api", "http://127.0.0.1:1", file)

    assert (good.returncode, good.stdout) == (0, f"{file}: good\n")
    assert bad.returncode == 1
    assert [each["line"] for each in json.loads(bad.stdout)["problems"]] == [1, 2]
    assert unreadable.returncode == 2
    assert f"error: {cut}: expecting" in unreadable.stderr
    assert placed.returncode == 0
    assert elsewhere.returncode == nobody.returncode == 2
    assert "answers 404" in elsewhere.stderr
    assert "no hub answers at http://127.0.0.1:1" in nobody.stderr

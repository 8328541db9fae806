"""The bar of a study's biosamples as a file: seconds for 5,000 of them, and the memory of that."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.schema.load import load_registry
from tests.bench.conftest import Ledger
from tests.support.generated import fill

ROOT = Path(__file__).parents[2]
BIOSAMPLES = 5_000
STUDY_ID = "nmdc:sty-11-large"

#: The whole command, as its process does it, connecting and importing included.
EXPORT = """
import json, sys, time
began = time.monotonic()
from click.testing import CliRunner
from nmdc_runtime.cli.main import cli
done = CliRunner().invoke(cli, ["export", "study", *sys.argv[1:]], catch_exceptions=False)
assert done.exit_code == 0, done.output
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
taken = {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time()}
print(json.dumps({**taken, "megabytes": int(peak) / 1024}))
"""


@pytest.fixture
def large_study(database):
    """Give all biosamples of a generated database to one study."""
    fill(database, BIOSAMPLES)
    database["biosample_set"].update_many({}, {"$set": {"associated_studies": [STUDY_ID]}})
    database["study_set"].insert_one({"id": STUDY_ID, "type": "nmdc:Study", "name": "large"})
    return database


def bare_s(database) -> float:
    """Read the same documents and make JSON of them, and nothing else; return the seconds."""
    store = StudyStore(database, load_registry(), time_limit_ms=60_000)
    began = time.perf_counter()
    ids = store.list_biosample_ids(STUDY_ID)
    b"\n".join([to_json(each) for each in store.list_biosamples(ids)])
    return time.perf_counter() - began


@pytest.mark.parametrize("format_", ["csv", "xlsx", "parquet"])
def test_exporting_the_biosamples_of_a_study(
    format_: str, large_study, settings, tmp_path, ledger: Ledger
):
    file = tmp_path / f"samples.{format_}"
    environ = {
        **os.environ,
        "MONGO_HOST": settings.mongo_host,
        "MONGO_DBNAME": settings.mongo_dbname,
    }

    finished = subprocess.run(
        [sys.executable, "-c", EXPORT, STUDY_ID, "--output", str(file)],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )

    told = json.loads(finished.stdout.splitlines()[-1])
    assert file.stat().st_size
    what = f"export study, {BIOSAMPLES:,} biosamples, {format_}"
    ledger.add(what, told["seconds"], "s", bar=15, bare=bare_s(large_study))
    ledger.add(f"{what}, CPU of its process", told["cpu_seconds"], "s")
    ledger.add(f"{what}, memory of its process", told["megabytes"], "MB", bar=300)

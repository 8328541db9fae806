"""What the page about submissions to NCBI shows is what the command prints and the code says."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.exports import ncbi_errors
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_test
from nmdc_runtime.translation.ncbi import errors
from tests.docs.pages import DOCS, FENCE, ROOT
from tests.support.submitted_study import STUDY_ID, submitted_study

PAGE = (DOCS / "howto" / "export-to-ncbi.md").read_text(encoding="utf-8")
BLOCKS = FENCE.findall(PAGE)
STUDY = "nmdc:sty-11-34xj1150"


def block_after(text: str) -> str:
    (found,) = (code for _, code in BLOCKS if code.startswith(text))
    return found


@pytest.fixture
def stored(database, settings, monkeypatch, tmp_path):
    as_json = json.dumps(submitted_study()).replace(STUDY_ID, STUDY)
    for name, documents in json.loads(as_json).items():
        database[name].insert_many(documents)
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)
    monkeypatch.chdir(tmp_path)


def test_the_command_of_the_page_prints_what_the_page_says(stored):
    command = block_after("nmdc-runtime export")

    result = CliRunner().invoke(cli, shlex.split(command)[1:])

    assert result.output == block_after("ncbi_submission_")


def test_the_configuration_of_the_page_is_one_of_the_job():
    given = yaml.safe_load(block_after("ops:"))
    job = repository_of("biosample_export", preset_test).get_job(
        "nmdc_study_to_ncbi_submission_export"
    )

    assert set(given["ops"]) == set(job.run_config["ops"])
    for op, said in job.run_config["ops"].items():
        assert set(given["ops"][op]["config"]) == set(said["config"])


def test_the_page_explains_every_kind_of_remark_and_every_problem():
    code = "".join(
        each.read_text(encoding="utf-8")
        for each in Path(ROOT / "nmdc_runtime" / "translation" / "ncbi").glob("*.py")
    )
    kinds = set(re.findall(r"\.(?:leave_out|warn)\(\s*\"(\w+)\"", code))
    problems = {
        each.__name__
        for module in (errors, ncbi_errors)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, NmdcError) and each is not NmdcError
    }
    rows = "\n".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    named = set(re.findall(r"`(\w+)`", rows))

    assert len(kinds) > 20
    assert kinds <= named
    assert problems <= named

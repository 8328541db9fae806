"""What the page about exports shows is what the command prints, and what becomes of a biosample."""

import json
import re
import shlex

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.exports import study_errors
from nmdc_runtime.exports.study_files import StudyFormat
from nmdc_runtime.exports.study_flattening import row_of
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.web.problems import STATUS
from tests.docs.pages import DOCS, FENCE
from tests.support.measured_study import STUDY_ID, measured_study

PAGE = (DOCS / "howto" / "export-a-study.md").read_text(encoding="utf-8")
BLOCKS = FENCE.findall(PAGE)
STUDY = "nmdc:sty-11-34xj1150"


def block_after(text: str) -> str:
    (found,) = (code for _, code in BLOCKS if code.startswith(text))
    return found


@pytest.fixture
def stored(database, settings, monkeypatch, tmp_path):
    as_json = json.dumps(measured_study()).replace(STUDY_ID, STUDY)
    for name, documents in json.loads(as_json).items():
        database[name].insert_many(documents)
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)
    monkeypatch.chdir(tmp_path)


def test_the_command_of_the_page_prints_what_the_page_says(stored, tmp_path):
    command = block_after("nmdc-runtime export")

    result = CliRunner().invoke(cli, shlex.split(command)[1:])

    assert result.output == block_after("samples.xlsx: ")
    assert [each.name for each in tmp_path.iterdir()] == ["samples.xlsx"]


def test_the_address_and_the_body_of_the_page_are_answered(hub, stored, as_admin, orchestrator):
    address = shlex.split(block_after("curl"))[-1]
    job_id, body = re.search(r"`POST /runs\?job_id=(\S+)` with the body `(.+?)`", PAGE).groups()

    answer = hub.get(address.removeprefix("http://127.0.0.1:8000"))
    run = hub.post(f"/runs?job_id={job_id}", content=body, headers=as_admin)

    assert answer.status_code == 200
    assert answer.content.startswith(b"alternative_identifiers.0,")
    assert run.status_code == 200
    assert orchestrator.runs[0].job_name in PAGE
    for each in StudyFormat:
        assert f"`GET /studies/{{study_id}}/biosamples.{each}`" in PAGE


def test_the_row_of_the_page_is_that_of_its_biosample():
    biosample = json.loads(block_after("{"))
    told = dict(re.findall(r"^\| `(\S+)` \| (.*) \|$", PAGE.partition("| Column")[2], re.MULTILINE))
    row = row_of(biosample, ["metagenome", "metabolome"])

    assert told == {name: "" if row[name] is None else str(row[name]) for name in sorted(row)}
    assert list(told) == sorted(row)


def test_the_page_names_every_problem_and_its_status():
    problems = {
        each.__name__: STATUS[each.kind]
        for each in vars(study_errors).values()
        if isinstance(each, type) and issubclass(each, NmdcError) and each is not NmdcError
    }

    named = re.findall(r"^\| `urn:nmdc:problem:(\w+)` \| (\d+) ", PAGE, re.MULTILINE)
    assert {name: int(status) for name, status in named} == problems

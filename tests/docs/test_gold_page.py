"""What the page about GOLD and submissions shows is what the command prints, and what jobs are."""

import re
import shlex
import shutil

from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.site.database_stitching import STITCHING_JOBS
from nmdc_runtime.site.gold_study import GoldTranslation, gold_study_to_database
from nmdc_runtime.site.portal_submissions import INPUTS, PortalTranslation
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.submission_ingest import SUBMISSION_JOBS
from nmdc_runtime.translation.problems import CODES
from tests.docs.pages import DOCS, FENCE
from tests.support.gold import DATA

PAGE = (DOCS / "howto" / "ingest-gold-and-submissions.md").read_text(encoding="utf-8")


def keys_after(text: str) -> dict[str, str]:
    """Return the first two columns of the table after a text."""
    table = PAGE.partition(text)[2].partition("| Key |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \| `(\S+)` \|", table, re.MULTILINE))


def test_the_command_of_the_page_prints_what_the_page_says(tmp_path, monkeypatch):
    shutil.copy(DATA / "gs0149396_input.json", tmp_path / "study.json")
    monkeypatch.chdir(tmp_path)
    command, output = (code for _, code in FENCE.findall(PAGE))

    result = CliRunner().invoke(cli, shlex.split(command)[1:])

    assert result.output == output


def test_the_page_names_every_job_and_all_that_may_be_configured():
    jobs = (gold_study_to_database, *SUBMISSION_JOBS, *STITCHING_JOBS)
    section = PAGE.partition("## The jobs")[2].partition("##")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(named) == sorted(make(preset_dev).name for make in jobs)
    words = {"false": False, "fail": "fail", "[]": []}
    for text, config in (
        ("(`nmdc_schema_database_from_gold_study`", GoldTranslation()),
        ("At `translate_portal_submission_to_nmdc_schema_database`:", PortalTranslation()),
    ):
        told = {key: words[value] for key, value in keys_after(text).items()}
        assert told == config.model_dump()
    inputs = PAGE.partition("### A submission's inputs")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", inputs, re.MULTILINE) == list(INPUTS)


def test_problems_that_the_page_names_are_problems():
    cells = re.findall(r"^\| (`.+?) \|", PAGE.partition("## When it fails")[2], re.MULTILINE)
    codes = {word for cell in cells for word in re.findall(r"`([a-z_]+)`", cell)}
    assert len(codes) == 6
    assert codes <= set(CODES)

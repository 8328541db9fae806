"""`nmdc-runtime export ncbi`, as people type it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from tests.support.ncbi_rules import broken_rules
from tests.support.submitted_study import JGI_STUDY_ID, STUDY_ID, put_submitted_study

NAME = "ncbi_submission_nmdc_sty-11-fen"


@pytest.fixture
def export(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)
    monkeypatch.chdir(tmp_path)

    def export(*arguments: object, status: int = 0) -> str:
        given = ["--organization", "NMDC", "--organism", "soil metagenome", *map(str, arguments)]
        result = CliRunner().invoke(cli, ["export", "ncbi", *given])
        assert result.exit_code == status, result.output
        return result.output

    return export


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_study_becomes_xml_and_a_report_and_what_is_left_out_is_counted(
    export, database, tmp_path
):
    put_submitted_study(database)

    said = export(STUDY_ID).splitlines()

    assert said[0] == f"{NAME}.xml: 5 for BioSample, 4 for SRA"
    assert "left out: sequenced_at_jgi 1" in said
    assert "warnings: not_xml 1" in said
    assert said[-1] == f"{NAME}_report.json: each of them, with the reason"
    assert names_in(tmp_path) == [f"{NAME}.xml", f"{NAME}_report.json"]
    xml = (tmp_path / f"{NAME}.xml").read_text(encoding="utf-8")
    assert [rule for rule, _ in broken_rules(xml)] == ["sample_of_run"]
    report = json.loads((tmp_path / f"{NAME}_report.json").read_text(encoding="utf-8"))
    assert report["counts"]["left_out"]["sequenced_at_jgi"] == 1

    (tmp_path / "mine.tsv").write_text(
        "nmdc_schema_slot\tnmdc_schema_slot_range\tncbi_biosample_attribute_name\tignore\n"
        "lat_lon\t\tplace\t\n",
        encoding="utf-8",
    )
    export(
        STUDY_ID,
        *("--mapping", "mine.tsv", "--output", "mine.xml", "--hemispheres"),
        *("--contact-first", "Bo", "--contact-last", "Li", "--contact-email", "bo@example.org"),
    )
    xml = (tmp_path / "mine.xml").read_text(encoding="utf-8")
    assert '<Attribute attribute_name="lat_lon">' not in xml
    assert '<Contact email="bo@example.org">' in xml
    assert "<Last>Li</Last>" in xml


def test_what_cannot_be_exported_is_said_in_a_sentence_and_leaves_what_was_there(
    export, database, tmp_path
):
    put_submitted_study(database)
    there = tmp_path / "mine.xml"
    there.write_text("of yesterday")
    (tmp_path / "bad.tsv").write_text("slot\tname\n")

    for arguments, status, said in (
        (("nmdc:sty-11-nowhere",), 1, "Error: no study has the id 'nmdc:sty-11-nowhere'"),
        ((JGI_STUDY_ID,), 1, "Error: the study nmdc:sty-11-jgi has nothing to submit to NCBI"),
        ((STUDY_ID, "--mapping", "bad.tsv"), 1, "Error: the attribute mapping bad.tsv cannot be"),
        ((STUDY_ID, "--mapping", "https://example.org/m.tsv"), 1, "is not among raw.github"),
        ((STUDY_ID, "--mapping", "none.tsv"), 2, "none.tsv: No such file or directory"),
    ):
        assert said in export(*arguments, "--output", there, status=status)
    assert "there is no folder nowhere" in export(
        STUDY_ID, "--output", "nowhere/mine.xml", status=2
    )
    assert there.read_text() == "of yesterday"
    assert names_in(tmp_path) == ["bad.tsv", "mine.xml"]

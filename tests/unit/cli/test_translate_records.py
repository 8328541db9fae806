"""`nmdc-runtime translate gold|submission`, as people call it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nmdc_runtime.cli.main import cli
from tests.support import gold, portal
from tests.support.neon import canonical


def run(source: str, given: Path, output: Path, *options: object, status: int = 0) -> Result:
    arguments = ["translate", source, "--input", given, "--output", output, *options]
    result = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert result.exit_code == status, result.output
    return result


def read(file: Path) -> Any:
    return json.loads(file.read_bytes())


def write(file: Path, content: Any) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def bare(database: Any) -> Any:
    return {
        name: [{k: v for k, v in each.items() if k != "provenance_metadata"} for each in held]
        for name, held in database.items()
    }


def test_a_study_of_gold_is_translated_from_one_file_and_from_a_folder_of_answers(
    tmp_path: Path,
) -> None:
    recorded = gold.read_json("gs0149396_input.json")
    folder = tmp_path / "answers"
    folder.mkdir()
    for name, content in recorded.items():
        listed = name == "study"
        write(folder / f"{'studies' if listed else name}.json", [content] if listed else content)

    told = run("gold", gold.DATA / "gs0149396_input.json", tmp_path / "one.json").output
    run("gold", folder, tmp_path / "two.json", "--write-ids", tmp_path / "ids.json")

    expected = gold.read_json("gs0149396_expected.joined.filtering_on.sites_off.json")["database"]
    for name in ("one.json", "two.json"):
        assert canonical(bare(read(tmp_path / name))) == canonical(bare(expected))
    assert "  biosample_set: 5\n" in told
    assert "18 rows read, 0 errors, 0 warnings" in told
    assert read(tmp_path / "one.report.json")["source"] == "gold"
    ids = read(tmp_path / "ids.json")
    assert ids["nmdc:Study"].keys() == {"Gs0149396"}
    ids["nmdc:Study"]["Gs0149396"] = "nmdc:sty-11-abcd1234"
    write(tmp_path / "ids.json", ids)
    run("gold", folder, tmp_path / "three.json", "--ids", tmp_path / "ids.json", "--sites")
    three = read(tmp_path / "three.json")
    assert [each["id"] for each in three["study_set"]] == ["nmdc:sty-11-abcd1234"]
    assert three["field_research_site_set"]


def test_a_study_of_gold_without_its_id_leaves_no_documents_and_a_report(tmp_path: Path) -> None:
    given = write(tmp_path / "in.json", {"biosamples": []})

    result = run("gold", given, tmp_path / "out.json", status=1)

    assert "GOLD knows no such study" in result.stderr
    assert read(tmp_path / "out.report.json")["problems"]["by_code"] == {"missing_study": 1}
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("case", ["isolate_soil", "nucleotide_sequencing_mapping"])
def test_a_submission_is_translated_with_the_tables_beside_it(case: str, tmp_path: Path) -> None:
    given = portal.golden(case, "input")
    envelope = write(tmp_path / "in.json", given.pop("metadata_submission"))
    options: list[object] = ["--compat"]
    names = {
        "nucleotide_sequencing_mapping": "--sequencing",
        "data_object_mapping": "--data-objects",
    }
    for name, records in given.items():
        file = tmp_path / f"{name}.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list({key: 0 for each in records for key in each}))
            writer.writeheader()
            writer.writerows(records)
        options += [names[name], file]

    told = run("submission", envelope, tmp_path / "out.json", *options).output

    made = read(tmp_path / "out.json")
    assert portal.canonical(bare(made)) == portal.canonical(bare(portal.golden(case, "expected")))
    assert "  biosample_set: 1\n" in told
    assert read(tmp_path / "out.report.json")["source"] == "submission-portal"


def test_what_is_wrong_beside_the_samples_is_in_the_report_as_in_that_of_a_run(
    tmp_path: Path,
) -> None:
    envelope = portal.submission(soil_data=[portal.soil("a"), portal.soil("b")])
    data = envelope["metadata_submission"]["sampleData"]
    data["validation"] = {"invalidCells": {"soil_data": {"0": {"1": "required"}}}}
    given = write(tmp_path / "in.json", envelope | {"is_test_submission": True})
    extras = tmp_path / "extras.csv"
    extras.write_text("samp_name,ph\na,7\nb,6,what?\n", encoding="utf-8")

    run("submission", given, tmp_path / "out.json", "--extras", extras)

    assert [each["ph"] for each in read(tmp_path / "out.json")["biosample_set"]] == [7, 6]
    report = read(tmp_path / "out.report.json")["problems"]
    assert report["by_code"] == {"bad_row": 1, "invalid_in_portal": 1}
    assert ("extras.csv", 2) in {(each["table"], each.get("row")) for each in report["listed"]}


def test_files_are_read_as_jobs_read_answers(tmp_path: Path) -> None:
    # A mark in front, as editors write it, half of a character, and a number that is none.
    rows = [portal.soil("a", habitat="x\ud800"), portal.soil("b", elev=float("nan"))]
    given = tmp_path / "in.json"
    given.write_bytes(b"\xef\xbb\xbf" + json.dumps(portal.submission(soil_data=rows)).encode())

    run("submission", given, tmp_path / "out.json")

    first, second = read(tmp_path / "out.json")["biosample_set"]
    assert first["habitat"] == "x\ufffd"
    assert "elev" not in second
    (tmp_path / "in.json").write_text("[" * 100_000, encoding="utf-8")
    assert "is not JSON" in run("submission", given, tmp_path / "out.json", status=2).stderr


def test_files_that_are_read_are_never_overwritten(tmp_path: Path) -> None:
    recorded = write(tmp_path / "study.json", gold.read_json("gs0149396_input.json"))
    before = recorded.read_bytes()
    alone = portal.submission(soil_data=[portal.soil("a")])
    one = write(tmp_path / "in.json", alone)

    for source, given, output, options in (
        ("gold", recorded, recorded, ()),
        ("gold", tmp_path, recorded, ()),
        ("submission", one, one, ()),
        ("submission", one, tmp_path / "out.json", ("--report", one)),
    ):
        result = run(source, given, output, *options, status=2)
        assert "is read, and would be overwritten; name another file" in result.stderr

    assert recorded.read_bytes() == before
    assert read(one) == alone
    (tmp_path / "nothing").mkdir()
    nothing = run("gold", tmp_path / "nothing", tmp_path / "out.json", status=2)
    assert "nothing has none of study.json, biosamples.json" in nothing.stderr


def test_a_bad_sample_fails_the_command_unless_it_may_be_left_out(tmp_path: Path) -> None:
    rows = [portal.soil("a"), portal.soil("b", env_medium="mud"), portal.soil("c", temp="warm")]
    envelope = write(tmp_path / "in.json", portal.submission(soil_data=rows))
    output = write(tmp_path / "out.json", "the last one")

    run("submission", envelope, output, status=1)

    assert read(output) == "the last one"
    listed = read(tmp_path / "out.report.json")["problems"]["listed"]
    assert ("soil_data", "env_medium", "mud") in {
        (each.get("table"), each.get("column"), each.get("value")) for each in listed
    }
    run("submission", envelope, output, "--on-error", "skip", "--study-id", "nmdc:sty-11-a")
    made = read(output)
    assert [each["name"] for each in made["biosample_set"]] == ["a", "c"]
    assert "study_set" not in made


@pytest.mark.parametrize(
    ("source", "content", "said"),
    [
        ("gold", "[]", "is no JSON object of study, biosamples, projects, analysis_projects"),
        ("gold", '{"study": 1}', "study is no object"),
        ("gold", '{"soil_data": []}', "has none of study, biosamples, projects, analysis_projects"),
        ("gold", '{"study": {}, "projects": {}}', "projects is no list of objects"),
        ("gold", "{", "is not JSON"),
        ("submission", "[]", "is no JSON object"),
        ("submission", "<html>", "is not JSON"),
    ],
)
def test_a_file_that_is_something_else_is_named(
    source: str, content: str, said: str, tmp_path: Path
) -> None:
    given = tmp_path / "in.json"
    given.write_text(content, encoding="utf-8")

    assert said in run(source, given, tmp_path / "out.json", status=2).stderr
    assert [each.name for each in tmp_path.iterdir()] == ["in.json"]

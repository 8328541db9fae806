"""`nmdc-runtime translate`, as people type it."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nmdc_runtime.cli.main import cli
from nmdc_runtime.cli.translate import translate
from nmdc_runtime.cli.translate_neon import files_of
from nmdc_runtime.translation.neon.soil_tables import CORES
from tests.support.neon import DATA, canonical, expected
from tests.support.neon_portal import RECORDED
from tests.support.text_server import serving_texts


@pytest.fixture
def soil(tmp_path: Path) -> Path:
    """Return a copy of the golden tables of soil, to be changed."""
    return Path(shutil.copytree(DATA / "soil" / "input", tmp_path / "tables"))


def run(source: str, folder: Path, output: Path, *more: object, status: int = 0) -> Result:
    arguments = ["--input", folder, "--output", output, *more]
    result = CliRunner().invoke(cli, ["translate", source, *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def read(file: Path) -> Any:
    return json.loads(file.read_bytes())


@pytest.mark.parametrize("word", sorted(RECORDED))
def test_a_folder_of_tables_becomes_the_recorded_documents_with_a_report_beside_them(
    word: str, tmp_path: Path
) -> None:
    output = tmp_path / "out.json"
    source = f"neon-{word.replace('_', '-')}"

    result = run(source, DATA / word / "input", output)

    assert canonical(read(output)) == canonical(expected(word, RECORDED[word]))
    report = read(tmp_path / "out.report.json")
    assert report["source"] == source
    assert all(
        each["read"] == each["used"] + sum(each["skipped"].values())
        for each in report["tables"].values()
    )
    assert f"  biosample_set: {len(read(output)['biosample_set'])}\n" in result.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.json", "out.report.json"]


def test_ids_that_were_written_are_found_again_and_the_rest_gets_other_placeholders(
    soil: Path, tmp_path: Path
) -> None:
    first, again, ids = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "ids.json"
    run("neon-soil", soil, first, "--write-ids", ids)
    known = read(ids)
    samples = known["nmdc:Biosample"]
    lost = next(iter(samples))
    samples[list(samples)[1]] = "nmdc:bsm-11-abcd1234"
    del samples[lost]
    ids.write_text(json.dumps(known))

    run("neon-soil", soil, again, "--ids", ids)

    found = {each["id"] for each in read(again)["biosample_set"]}
    assert "nmdc:bsm-11-abcd1234" in found
    assert len(found) == 3
    assert read(first)["data_object_set"] == read(again)["data_object_set"]
    assert read(tmp_path / "b.report.json")["ids"]["nmdc:Biosample"] == {"new": 1, "reused": 2}


def test_data_that_cannot_be_translated_leave_the_last_output_and_a_report_that_says_why(
    soil: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.json"
    output.write_text("the last one")
    cores = soil / f"{CORES}.csv"
    cores.write_text(cores.read_text().replace(",BLAN,", ",ATLANTIS,"))

    result = run("neon-soil", soil, output, status=1)

    assert "unmapped_site: 3" in result.stderr
    assert str(tmp_path / "out.report.json") in result.stderr
    assert result.stdout == ""
    assert output.read_text() == "the last one"
    listed = read(tmp_path / "out.report.json")["problems"]["listed"]
    assert {(each["table"], each["column"], each["value"]) for each in listed} == {
        (CORES, "siteID", "ATLANTIS")
    }
    skipped = run("neon-soil", soil, output, "--on-error", "skip", status=1)
    assert "empty_selection" in skipped.stderr


def test_an_empty_folder_lacks_its_tables_and_mappings(tmp_path: Path) -> None:
    for source, said in (
        ("neon-soil", "You are missing one of the metagenomic microbe soil tables"),
        ("neon-benthic", "the mapping neon_nmdc_instrument_map was not given"),
    ):
        assert said in run(source, tmp_path, tmp_path / "out.json", status=1).stderr
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--ids", "{", "is not JSON"),
        ("--ids", '["a"]', "is no JSON object of classes"),
        ("--ids", '{"nmdc:Biosample": {"a": 1}}', "is no JSON object of keys and ids"),
        ("--ids", '{"nmdc:Biosample": {"a": "nmdc:x", "b": "nmdc:x"}}', "to more than one thing"),
        ("--site-names", '{"BLAN": 7}', "whose values are texts"),
        ("--library-samples", "7", "whose values are texts"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_2_and_writes_nothing(
    option: str, content: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    file.write_text(content)

    result = run(
        "neon-soil", DATA / "soil" / "input", tmp_path / "out.json", option, file, status=2
    )

    assert said in result.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_or_fetched_is_said_with_2(soil: Path, tmp_path: Path) -> None:
    nowhere = run("neon-soil", soil, tmp_path / "no" / "out.json", status=2)
    assert "there is no folder" in nowhere.stderr
    out = tmp_path / "out.json"
    both = run("neon-soil", soil, out, "--report", out, status=2)
    assert "one file is to hold several things" in both.stderr
    assert not out.exists()
    (tmp_path / "out.json").mkdir()
    folder = run("neon-soil", soil, tmp_path / "out.json", status=2)
    assert "out.json" in folder.stderr
    for source in ("no-such-file.tsv", "http://127.0.0.1:1/map.tsv"):
        result = run("neon-soil", soil, tmp_path / "x.json", "--envo", source, status=2)
        assert source in result.stderr


def test_mapping_files_come_from_elsewhere_if_one_says_so(soil: Path, tmp_path: Path) -> None:
    names = ("neon_envo_mappings.tsv", "neon_raw_data_file_mappings.tsv")
    texts = {f"/{name}": (soil / name).read_text() for name in names}
    for name in names:
        (soil / name).unlink()
    sites = (soil / "site_code_mapping.json").rename(tmp_path / "sites.json")
    output = tmp_path / "out.json"

    with serving_texts(texts) as (url, asked):
        envo, raw_files = (f"{url}/{name}" for name in names)
        chosen = ("--envo", envo, "--raw-files", raw_files, "--site-names", sites)
        run(
            "neon-soil",
            soil,
            output,
            *chosen,
            "--instruments",
            soil / "neon_nmdc_instrument_map.tsv",
        )

    assert asked == [f"/{name}" for name in names]
    assert canonical(read(output)) == canonical(expected("soil", RECORDED["soil"]))


def test_choices_are_those_of_the_jobs(soil: Path, tmp_path: Path) -> None:
    existing = tmp_path / "existing.json"
    core = read_first_core(soil)
    existing.write_text(json.dumps({core: "nmdc:bsm-11-abcd1234"}))
    output = tmp_path / "out.json"
    dna_id = "BLAN_005-M-20200713-COMP-DNA1"

    run(
        *("neon-soil", soil, output, "--existing-biosamples", existing),
        *("--correction", "neon_category", "--correction", "provenance", "--dna-sample", dna_id),
    )

    made = read(output)["biosample_set"]
    assert core not in {each["name"] for each in made}
    assert [each["biosample_categories"] for each in made] == [["NEON"]] * 2
    assert made[0]["provenance_metadata"]["source_system_of_record"] == "NEON_Data_Portal"
    nothing = run("neon-soil", soil, output, "--dna-sample", "none of them", status=1)
    assert "empty_selection" in nothing.stderr


def read_first_core(folder: Path) -> str:
    """Return the name of a core of the golden pool."""
    output = folder.parent / "all.json"
    run("neon-soil", folder, output)
    name: str = read(output)["biosample_set"][0]["name"]
    return name


def test_files_are_found_by_the_names_that_neon_gives_them_wherever_they_lie(
    tmp_path: Path,
) -> None:
    begin = "NEON.D02.BLAN.DP1.10086.001"
    names = (
        "sls_soilpH.csv",
        f"june/{begin}.ntr_internalLab.2020-06.expanded.20210101T000000Z.csv",
        f"july/{begin}.ntr_internalLab.2020-07.expanded.20210101T000000Z.csv",
        f"july/{begin}.ntr_internalLabBlanks.2020-07.expanded.20210101T000000Z.csv",
        f"july/{begin}.ntr_internalLab.2020-07.basic.20210101T000000Z.csv",
        "ntr_externalLab.as_loaded.csv",
    )
    for name in names:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("uid\n")

    found = files_of(tmp_path, ("sls_soilpH", "ntr_internalLab", "ntr_externalLab"))

    assert {table: [path.name for path in paths] for table, paths in found.items()} == {
        "sls_soilpH": ["sls_soilpH.csv"],
        "ntr_internalLab": [Path(names[1]).name, Path(names[2]).name],
    }


def test_help_shows_examples_and_a_terminal_a_progress_bar(tmp_path: Path) -> None:
    for name in translate.commands:
        helped = CliRunner().invoke(cli, ["translate", name, "--help"])
        assert f"nmdc-runtime translate {name} --input" in helped.output
    ours, theirs = pty.openpty()
    command = ["translate", "neon-benthic", "--input", str(DATA / "benthic" / "input")]
    done = subprocess.run(
        [sys.executable, "-m", "nmdc_runtime.cli", *command, "--output", str(tmp_path / "o.json")],
        stderr=theirs,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)

    assert "7/7" in shown
    assert b"7/7" not in done.stdout

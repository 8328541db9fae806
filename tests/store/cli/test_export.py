"""`nmdc-runtime export study`, as people type it."""

import csv
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from pyarrow import parquet

from nmdc_runtime.cli.main import cli
from nmdc_runtime.cli.whole_files import write_whole
from tests.support.documents import a_study, biosamples
from tests.support.measured_study import (
    COLUMNS,
    EMPTY_STUDY_ID,
    ROWS,
    STUDY_ID,
    put_measured_study,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def export(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)
    monkeypatch.chdir(tmp_path)

    def export(*arguments: object, status: int = 0) -> str:
        result = CliRunner().invoke(cli, ["export", "study", *map(str, arguments)])
        assert result.exit_code == status, result.output
        return result.output

    return export


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def table_in(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_a_study_becomes_a_file_of_the_kind_that_is_asked_for(export, database, tmp_path):
    put_measured_study(database)

    said = export(STUDY_ID)

    name = "study_nmdc_sty-11-meadow_biosamples"
    assert said == f"{name}.csv: 3 biosamples, 13 columns\n"
    assert table_in(tmp_path / f"{name}.csv") == [COLUMNS, *ROWS]
    export(STUDY_ID, "--format", "xlsx")
    export(STUDY_ID, "--output", tmp_path / "samples.Parquet")
    export(STUDY_ID, "--output", "samples.parquet", "--format", "csv")
    assert load_workbook(tmp_path / f"{name}.xlsx").active.max_row == 4
    assert parquet.read_table(tmp_path / "samples.Parquet").column_names == COLUMNS
    assert table_in(tmp_path / "samples.parquet") == [COLUMNS, *ROWS]
    assert names_in(tmp_path) == [
        *("samples.Parquet", "samples.parquet"),
        *(f"{name}.csv", f"{name}.xlsx"),
    ]


def test_what_cannot_be_exported_is_said_in_a_sentence_and_leaves_what_was_there(
    export, database, tmp_path
):
    put_measured_study(database)
    there = tmp_path / "samples.csv"
    there.write_text("of yesterday")

    for study_id, said in (
        ("nmdc:sty-11-nowhere", "Error: no study has the id 'nmdc:sty-11-nowhere'"),
        (EMPTY_STUDY_ID, "there is nothing to export"),
    ):
        assert said in export(study_id, "--output", there, status=1)
    assert "there is no folder" in export(STUDY_ID, "--output", "none/a.csv", status=2)
    long = f"{'x' * 260}.csv"
    assert f"{long} cannot be written: File name too long" in export(
        STUDY_ID, "--output", long, status=1
    )
    assert "Examples:" in export("--help")
    database["biosample_set"].update_one({}, {"$set": {"description": "x" * 40_000}})
    refused = export(STUDY_ID, "--output", there, "--format", "xlsx", status=1)
    assert "do not fit into a workbook" in refused
    assert names_in(tmp_path) == ["samples.csv"]
    assert there.read_text() == "of yesterday"


def test_a_database_that_does_not_answer_is_said_so(export, monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_HOST", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")

    assert export(STUDY_ID, status=1).startswith("Error: MongoDB: ")
    assert names_in(tmp_path) == []


#: Begins to write, and then waits to be killed.
KILLED = """
import sys, time
from pathlib import Path
from nmdc_runtime.cli.whole_files import write_whole

def parts():
    yield b"half of it"
    print("writing", flush=True)
    time.sleep(60)

write_whole(Path(sys.argv[1]), parts())
"""


def test_a_file_whose_writer_is_killed_or_fails_never_gets_its_name(export, database, tmp_path):
    study = a_study()
    database["study_set"].insert_one(dict(study))
    database["biosample_set"].insert_many(biosamples(2, study_id=study["id"]))
    file = tmp_path / "samples.csv"
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    assert writer.wait(30) == -signal.SIGKILL
    writer.stdout.close()
    assert names_in(tmp_path) == ["samples.csv.part"]

    export(study["id"], "--output", file)

    assert names_in(tmp_path) == ["samples.csv"]
    assert len(table_in(file)) == 3

    def half():
        yield b"half of it"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_whole(file, half())
    assert names_in(tmp_path) == ["samples.csv"]
    assert len(table_in(file)) == 3

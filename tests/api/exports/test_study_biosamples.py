"""``GET /studies/{study_id}/biosamples.csv``, ``.xlsx`` and ``.parquet``."""

import csv
import io

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from tests.support.documents import a_study, biosamples
from tests.support.measured_study import (
    COLUMNS,
    EMPTY_STUDY_ID,
    ROWS,
    STUDY_ID,
    put_measured_study,
)

TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


def path_of(study_id, suffix):
    return f"/studies/{study_id}/biosamples.{suffix}"


def read_csv(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def read_xlsx(content):
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    found = list(sheet.iter_rows(values_only=True))
    return [["" if cell is None else str(cell) for cell in row] for row in found]


def read_parquet(content):
    table = parquet.read_table(io.BytesIO(content))
    values = [
        [
            "" if value is None else f"{value:g}" if isinstance(value, float) else value
            for value in row
        ]
        for row in zip(*table.to_pydict().values(), strict=True)
    ]
    return [table.column_names, *values]


READERS = {"csv": read_csv, "xlsx": read_xlsx, "parquet": read_parquet}


def test_anybody_gets_the_biosamples_of_a_study_as_a_file_of_each_kind(hub, database):
    put_measured_study(database)

    for suffix, media_type in TYPES.items():
        answer = hub.get(path_of(STUDY_ID, suffix))

        assert answer.status_code == 200, suffix
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="study_nmdc_sty-11-meadow_biosamples.{suffix}"'
        )
        assert READERS[suffix](answer.content) == [COLUMNS, *ROWS], suffix
        head = hub.head(path_of(STUDY_ID, suffix))
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Content-Disposition"):
            assert head.headers[name] == answer.headers[name]


@pytest.mark.parametrize("suffix", TYPES)
def test_what_cannot_be_a_file_is_a_problem_with_a_name_and_never_an_empty_file(
    hub, database, suffix
):
    put_measured_study(database)
    unknown = hub.get(path_of("nmdc:sty-11-nowhere", suffix))
    empty = hub.get(path_of(EMPTY_STUDY_ID, suffix))
    database["biosample_set"].update_one({"id": "nmdc:bsm-11-c"}, {"$set": {"odd": [["x"]]}})
    odd = hub.get(path_of(STUDY_ID, suffix))

    assert [each.status_code for each in (unknown, empty, odd)] == [404, 404, 409]
    assert [each.json()["type"] for each in (unknown, empty, odd)] == [
        "urn:nmdc:problem:StudyNotFound",
        "urn:nmdc:problem:StudyWithoutBiosamples",
        "urn:nmdc:problem:BiosampleNotFlat",
    ]
    assert unknown.json()["study_id"] == "nmdc:sty-11-nowhere"
    assert "nothing to export" in empty.json()["detail"]
    assert odd.json()["biosample_id"] == "nmdc:bsm-11-c"
    assert hub.head(path_of(EMPTY_STUDY_ID, suffix)).status_code == 404


def test_a_text_too_long_for_a_cell_is_refused_for_a_workbook_alone(hub, database):
    put_measured_study(database)
    database["biosample_set"].update_one(
        {"id": "nmdc:bsm-11-c"}, {"$set": {"description": "x" * 40_000}}
    )

    refused = hub.get(path_of(STUDY_ID, "xlsx"))

    assert refused.status_code == 409
    assert "Take them as CSV or Parquet" in refused.json()["detail"]
    assert hub.get(path_of(STUDY_ID, "csv")).status_code == 200
    assert hub.get(path_of(STUDY_ID, "parquet")).status_code == 200


def test_csv_comes_in_parts_and_a_reader_may_leave(hub, database):
    study = a_study()
    samples = biosamples(2_500, study_id=study["id"])
    database["study_set"].insert_one(dict(study))
    database["biosample_set"].insert_many(samples)

    with hub.stream("GET", path_of(study["id"], "csv")) as answer:
        assert answer.status_code == 200
        assert "Content-Length" not in answer.headers
        assert next(answer.iter_bytes()).startswith(b"ammonium_nitrogen.has_numeric_value,")
    whole = read_csv(hub.get(path_of(study["id"], "csv")).content)
    assert [row[whole[0].index("id")] for row in whole[1:]] == [each["id"] for each in samples]


def test_a_run_is_requested_for_the_study_and_the_caller(hub, database, as_admin, orchestrator):
    put_measured_study(database)

    answer = hub.post(
        "/runs",
        params={"job_id": "export-study-biosamples-as-csv-1.0.0"},
        json={"inputs": [STUDY_ID]},
        headers=as_admin,
    )

    assert answer.status_code == 200
    (launched,) = orchestrator.runs
    assert launched.job_name == "export_study_biosamples_metadata"
    asked = {"study_id": STUDY_ID, "username": "admin"}
    assert launched.run_config == {"ops": {"get_study_biosamples_metadata": {"config": asked}}}

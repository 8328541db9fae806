"""What the three NEON translators share: lookups, values of rows, files and their pairs."""

import pytest

from nmdc_runtime.schema.load import load_json_schema
from nmdc_runtime.translation.neon.files import raw_files, sequencing_runs
from nmdc_runtime.translation.neon.lookups import (
    INSTRUMENT_ID,
    INSTRUMENT_KEY,
    LABORATORIES,
    InstrumentMap,
    analysis_type,
    laboratory,
    qc_status,
    soil_horizon,
)
from nmdc_runtime.translation.neon.origins import Origin, Shape
from nmdc_runtime.translation.neon.rows import chosen, group_value
from nmdc_runtime.translation.neon.soil_tables import BIOSAMPLE, CORES
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TableUse
from nmdc_runtime.translation.tables import read_csv
from tests.support.neon import DATA, Inputs, expected

PRODUCTION = InstrumentMap(
    read_csv(
        DATA / "mappings" / "neon_sequencingMethod_to_nmdc_instrument_set.tsv",
        name="instruments",
        separator="\t",
    )
)


@pytest.mark.parametrize(
    ("text", "institution"),
    [
        ("Battelle Applied Genomics", "Battelle"),
        ("BATTELLE at Argonne", "Battelle"),
        ("Argonne National Laboratory", "ANL"),
        ("Somebody", None),
        ("", None),
        (None, None),
    ],
)
def test_a_laboratory_is_known_by_a_word_in_its_name(text, institution) -> None:
    assert laboratory(text) == institution


def test_the_laboratories_are_those_of_the_schema() -> None:
    known = load_json_schema()["$defs"]["ProcessingInstitutionEnum"]["enum"]
    assert {value for _, value in LABORATORIES} <= set(known)


@pytest.mark.parametrize(
    ("model", "instrument_id"),
    [
        ("NextSeq550", "nmdc:inst-14-xz5tb342"),
        ("nextseq 550", "nmdc:inst-14-xz5tb342"),
        ("Illumina HiSeq", "nmdc:inst-14-79zxap02"),
        ("HiSeq", "nmdc:inst-14-79zxap02"),
        ("Illumina NovaSeq 6000", "nmdc:inst-14-mr4r2w09"),
        ("NovaSeq 6000", "nmdc:inst-14-mr4r2w09"),
    ],
)
def test_a_model_finds_its_instrument_whatever_case_and_spaces(model, instrument_id) -> None:
    found = PRODUCTION.find(model)
    assert (found.instrument_id, found.problem) == (instrument_id, None)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("Illumina", "ambiguous_instrument"),
        ("HiSeq (2500)", "unmapped_instrument"),
        (".*", "unmapped_instrument"),
        ("MinION", "unmapped_instrument"),
        ("", "missing_instrument_model"),
        (None, "missing_instrument_model"),
    ],
)
def test_a_model_that_tells_no_one_instrument_finds_none(model, problem) -> None:
    found = PRODUCTION.find(model)
    assert (found.instrument_id, found.problem) == (None, problem)


def test_rows_of_a_map_without_key_or_id_find_nothing() -> None:
    table = read_csv(f"{INSTRUMENT_KEY},{INSTRUMENT_ID}\n,nmdc:inst-1\nHiSeq,\n", name="map")
    assert InstrumentMap(table).instrument_ids == frozenset()
    assert InstrumentMap(None).find("HiSeq").problem == "unmapped_instrument"


def test_words_become_values_of_the_schema_or_nothing() -> None:
    assert (qc_status("Pass"), qc_status("FAIL"), qc_status("Warning")) == ("pass", "fail", None)
    assert analysis_type("metagenomics") == "metagenomics"
    assert analysis_type("marker gene and metagenomics") == "metagenomics"
    assert analysis_type("palmistry") is None
    assert (soil_horizon("M"), soil_horizon("Z")) == ("M horizon", None)


HELPERS = expected("soil", "assertions.json")["value_helpers"]


@pytest.mark.parametrize("fact", HELPERS["row_value"], ids=str)
def test_the_value_of_a_column_is_converted_as_upstream_asserts(fact) -> None:
    if "table" in fact:
        table = Inputs("soil").tables[fact["table"]]
        rows = [dict(row) for row in table.rows if row["sampleID"] == fact["sampleID"]]
        for row in rows:
            row |= {c: float(row[c]) for c in ("sampleTopDepth", "sampleBottomDepth")}
    else:
        rows = [fact["row"]]
    assert group_value(rows, fact["column"]) == fact["result"]
    assert group_value([], fact["column"]) is None


def test_statuses_are_lowered_and_the_first_value_that_is_there_counts() -> None:
    assert group_value([{"qaqcStatus": None}, {"qaqcStatus": "Pass"}], "qaqcStatus") == "pass"
    assert group_value([{"extrQaqcStatus": "Fail"}], "extrQaqcStatus") == "fail"


def test_differing_values_are_told_and_the_first_replicate_is_taken() -> None:
    problems = Problems()
    rows = [
        {"n": None, "analyticalRepNumber": 0.0},
        {"n": 2.0, "analyticalRepNumber": 2.0},
        {"n": 1.0, "analyticalRepNumber": 1.0},
        {"n": 3.0, "analyticalRepNumber": None},
    ]
    assert chosen(rows, "n", problems, table="t", natural_id="a") == 1.0
    (problem,) = problems
    assert (problem.code, problem.natural_id, problem.column) == ("conflicting_values", "a", "n")
    assert problem.value == "2.0, 1.0, 3.0"
    assert chosen([{"n": 1}, {"n": None}], "n", Problems(), table="t", natural_id="a") == 1
    assert chosen([{"n": 5}, {"n": 4}], "n", Problems(), table="t", natural_id="a") == 5
    assert chosen([{}, {}], "n", problems, table="t", natural_id="a") is None


def test_the_slots_that_come_from_one_column_are_in_the_schema() -> None:
    slots = load_json_schema()["$defs"]["Biosample"]["properties"]
    assert {origin.slot for origin in BIOSAMPLE} <= slots.keys()
    assert Origin("ph", CORES, "x", Shape.NUMBER).value(None) is None


def files_of(*rows: dict) -> tuple[list, TableUse, Problems]:
    problems, use = Problems(), TableUse(read=len(rows))
    found = raw_files(
        rows, table="raw", sample_id="a", problems=problems, use=use, has_checksums=True
    )
    return found, use, problems


def a_file(name: str, checksum: str | None = "a" * 32, folder: str = "x") -> dict:
    return {"rawDataFilePath": f"https://n.org/{folder}/{name}", "checkSum": checksum}


def test_files_pair_by_name_although_they_lie_apart() -> None:
    found, use, problems = files_of(
        a_file("BMI_1_R2.fastq.gz", folder="R2"),
        a_file("BMI_2-R1-Sequences.fastq.gz"),
        a_file("BMI_1_R1.fastq.gz", folder="R1"),
        a_file("BMI_2-R2-Sequences.fastq.gz"),
    )
    runs = sequencing_runs(found, table="raw", sample_id="a", problems=problems)
    assert [(run.base, [file.read for file in run.by_read]) for run in runs] == [
        ("BMI_1", [1, 2]),
        ("BMI_2", [1, 2]),
    ]
    assert use.used == 4
    assert problems.listed == []


def test_the_base_is_what_stands_before_the_last_mark() -> None:
    (file,), _, _ = files_of(a_file("x_R1.fastq.gz_R1.fastq.gz"))
    assert file.base == "x_R1.fastq.gz"


def test_a_path_that_is_listed_twice_is_one_file_with_the_checksum_of_either() -> None:
    (file,), use, problems = files_of(
        a_file("x_R1.fastq.gz", None), a_file("x_R1.fastq.gz", "b" * 32)
    )
    assert file.checksum == "b" * 32
    assert (use.used, use.skipped) == (1, {"duplicate_raw_file_row": 1})
    assert problems.by_code == {"duplicate_raw_file_row": 1}
    _, _, differing = files_of(a_file("x_R1.fastq.gz"), a_file("x_R1.fastq.gz", "b" * 32))
    assert differing.codes() == {"duplicate_raw_file_row", "conflicting_values"}


def test_what_is_wrong_with_files_is_told_and_the_rest_is_kept() -> None:
    found, use, problems = files_of(
        a_file("notes.txt"),
        {"rawDataFilePath": None, "checkSum": None},
        a_file("x_R1.fastq.gz", "not a checksum"),
        a_file("x_R1.fastq.gz", folder="elsewhere"),
        a_file("y_R2.fastq.gz", None),
    )
    runs = sequencing_runs(found, table="raw", sample_id="a", problems=problems)

    assert [(run.base, len(run.files)) for run in runs] == [("x", 1), ("y", 1)]
    assert found[0].checksum is None
    assert use.used + use.skipped.total() == 5
    assert problems.by_code == {
        "unrecognised_raw_file_name": 1,
        "missing_id": 1,
        "bad_checksum": 1,
        "missing_checksum": 2,
        "conflicting_values": 1,
        "unpaired_raw_file": 2,
    }


def test_the_sample_of_the_production_mapping_is_understood_as_a_whole() -> None:
    table = read_csv(
        DATA / "mappings" / "neon_raw_data_file_mappings.sample.tsv", name="raw", separator="\t"
    )
    by_sample: dict[str, list] = {}
    for row in table.rows:
        checksum = None if row["checkSum"] == "NA" else row["checkSum"]
        by_sample.setdefault(str(row["dnaSampleID"]), []).append(row | {"checkSum": checksum})
    for rows in by_sample.values():
        found, use, problems = files_of(*rows)
        runs = sequencing_runs(found, table="raw", sample_id="a", problems=problems)
        assert problems.codes() <= {"duplicate_raw_file_row"}
        assert all(len(run.files) == 2 for run in runs)
        assert use.used == len({row["rawDataFilePath"] for row in rows}) == len(found)
        assert all(file.checksum for file in found)

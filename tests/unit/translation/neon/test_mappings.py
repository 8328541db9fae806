"""Reference files: what can be used is, and each bad row is told with file, row and column."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nmdc_runtime.translation.neon.lookups import INSTRUMENT_ID, INSTRUMENT_KEY
from nmdc_runtime.translation.neon.mappings import (
    default_environments,
    read_environments,
    read_envo_mapping,
    read_instrument_mapping,
    read_raw_file_mapping,
)
from nmdc_runtime.translation.neon.reading import read_neon_tables
from nmdc_runtime.translation.problems import Problems
from tests.support.neon import DATA

MAPPINGS = DATA / "mappings"
ENVIRONMENT_HEAD = "product\tslot\tneon_value\tlocation_contains\tenvo_id\tenvo_label\n"


@pytest.fixture
def problems() -> Problems:
    return Problems()


def told(problems: Problems) -> list[tuple[str, int | None, str | None]]:
    return [(each.code, each.row, each.column) for each in problems]


def test_the_published_files_are_read_without_a_problem(problems: Problems) -> None:
    envo = read_envo_mapping(MAPPINGS / "neon-nlcd-local-broad-mappings.tsv", problems)
    instruments = read_instrument_mapping(
        MAPPINGS / "neon_sequencingMethod_to_nmdc_instrument_set.tsv", problems
    )
    raw_files = read_raw_file_mapping(MAPPINGS / "neon_raw_data_file_mappings.sample.tsv", problems)

    assert problems.listed == []
    terms = {row["neon_nlcd_value"]: (row["envo_id"], row["envo_label"]) for row in envo.rows}
    assert len(terms) == 21
    assert terms["unclassified"] == (None, None)
    assert terms["mixedForest"] == ("ENVO:01000855", "area of mixed forest")
    assert "biome_id" not in envo.columns
    assert {row[INSTRUMENT_KEY]: row[INSTRUMENT_ID] for row in instruments.rows} == {
        "NextSeq550": "nmdc:inst-14-xz5tb342",
        "Illumina HiSeq": "nmdc:inst-14-79zxap02",
        "Illumina NovaSeq 6000": "nmdc:inst-14-mr4r2w09",
    }
    assert len(raw_files.rows) == 50
    assert "NA" in {row["checkSum"] for row in raw_files.rows}


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (
            read_envo_mapping,
            "neon_nlcd_value\tenvo_id\tenvo_label\n"
            "\tENVO:01000855\tarea of mixed forest\n"
            "mixedForest\t01000855\tarea of mixed forest\n"
            "moss\tENVO:01000890\t\n"
            "lichens\tENVO:01000889\tarea of lichen\n"
            "lichens\tENVO:01000889\tarea of lichen\n"
            "lichens\tENVO:01000890\tarea of moss\n",
            [
                ("bad_mapping_row", 1, "neon_nlcd_value"),
                ("bad_mapping_row", 2, "envo_id"),
                ("bad_mapping_row", 3, "envo_label"),
                ("bad_mapping_row", None, None),
            ],
        ),
        (
            read_instrument_mapping,
            f"{INSTRUMENT_KEY}\t{INSTRUMENT_ID}\n"
            "\tnmdc:inst-14-xz5tb342\n"
            "NextSeq550\tNextSeq\n"
            "HiSeq\t\n"
            "NovaSeq\tnmdc:inst-14-mr4r2w09\n",
            [
                ("bad_mapping_row", 1, INSTRUMENT_KEY),
                ("bad_mapping_row", 2, INSTRUMENT_ID),
                ("bad_mapping_row", 3, INSTRUMENT_ID),
            ],
        ),
        (
            read_raw_file_mapping,
            "dnaSampleID\trawDataFilePath\tcheckSum\n"
            "\thttps://neon.example/a_R1.fastq.gz\t\n"
            "A-DNA1\ta_R1.fastq.gz\t\n"
            "A-DNA1\thttps://neon.example/a_R1.fastq.gz\t123\n",
            [
                ("bad_mapping_row", 3, "checkSum"),
                ("bad_mapping_row", 1, "dnaSampleID"),
                ("bad_mapping_row", 2, "rawDataFilePath"),
            ],
        ),
    ],
    ids=["envo", "instruments", "raw files"],
)
def test_bad_rows_are_left_out_and_told(
    read: Callable, text: str, expected: list, problems: Problems
) -> None:
    table = read(text.encode(), problems)

    assert told(problems) == expected
    assert len(table.rows) == 1
    assert all(table.name in each.message for each in problems)
    assert table.rows[0].get("checkSum") is None


def test_what_the_messages_say(problems: Problems) -> None:
    read_instrument_mapping(f"{INSTRUMENT_KEY}\t{INSTRUMENT_ID}\nHiSeq\tx", problems)

    assert [each.message for each in problems] == [
        "the mapping file neon_nmdc_instrument_map, row 1, column NMDC instrument_set id: 'x' is "
        "no id of an instrument"
    ]


@pytest.mark.parametrize(
    "read", [read_envo_mapping, read_instrument_mapping, read_raw_file_mapping, read_environments]
)
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"], ids=["empty", "commas"])
def test_another_file_is_recognised_by_its_columns(
    read: Callable, text: str, problems: Problems
) -> None:
    read(text, problems)

    assert [each.code for each in problems] == ["missing_columns"]
    assert "is it another file" in problems.listed[0].message


def test_bytes_that_are_no_text_are_an_unreadable_file(problems: Problems) -> None:
    read_envo_mapping(b"\xff\xfe\x00", problems)

    assert problems.codes() == {"unreadable_table", "missing_columns"}


def test_the_terms_for_waters_are_those_of_the_specification() -> None:
    found = default_environments()
    lake = [
        ("CRAM.AOS.buoy.c0", "water surface"),
        ("CRAM.AOS.buoy.c1", "epilimnion"),
        ("CRAM.AOS.buoy.c2", "thermocline"),
        ("CRAM.AOS.buoy.c3", "hypolimnion"),
        ("CRAM.AOS.littoral", "freshwater littoral zone"),
        ("CRAM.AOS.inflow", "lake inlet"),
    ]
    for location, label in lake:
        term = found.find("neon-surface-water", "env_local_scale", "lake", location)
        assert term is not None
        assert term.label == label
    assert found.find("neon-surface-water", "env_local_scale", "lake", "CRAM.AOS.outlet") is None
    assert found.knows("neon-surface-water", "env_local_scale", "lake")
    assert found.find("neon-benthic", "env_local_scale", "stepPool") == found.find(
        "neon-benthic", "env_local_scale", "step pool"
    )
    assert found.find("neon-benthic", "env_broad_scale", "Stream") is None  # cases differ
    assert sum(map(len, found.rules.values())) == 23


def test_bad_terms_for_waters_are_told(problems: Problems) -> None:
    found = read_environments(
        ENVIRONMENT_HEAD
        + "neon-benthic\tenv_medium\tmud\t\tENVO:01000001\tmud\n"
        + "neon-benthic\tenv_medium\tmud\t\tENVO:01000002\tother mud\n"
        + "neon-benthic\tenv_package\tmud\t\tENVO:01000001\tmud\n"
        + "neon-benthic\tenv_medium\tsand\t\tsand\tsand\n"
        + "neon-benthic\tenv_medium\t\t\tENVO:01000001\tmud\n",
        problems,
    )

    assert told(problems) == [
        ("bad_mapping_row", 3, "slot"),
        ("bad_mapping_row", 4, "envo_id"),
        ("bad_mapping_row", 5, "neon_value"),
        ("bad_mapping_row", None, None),
    ]
    assert list(found.rules) == [("neon-benthic", "env_medium", "mud")]


def test_the_files_of_a_table_become_one_table_with_the_columns_that_are_read(
    tmp_path: Path, problems: Problems
) -> None:
    june, july = tmp_path / "june.csv", tmp_path / "july.csv"
    june.write_text("uid,dnaSampleID,rawDataFilePath\n1,007,https://neon.example/a\n")
    july.write_text("uid,rawDataFilePath,dnaSampleID\n2,https://neon.example/b,NA\n")

    tables = read_neon_tables(
        {"mms_swRawDataFiles": [june, july], "amc_fieldGenetic": [], "other": [june]}, problems
    )

    assert tables["mms_swRawDataFiles"].rows == [
        {"dnaSampleID": "007", "rawDataFilePath": "https://neon.example/a"},
        {"dnaSampleID": "NA", "rawDataFilePath": "https://neon.example/b"},
    ]
    assert (tables["amc_fieldGenetic"].columns, tables["amc_fieldGenetic"].rows) == ((), [])
    assert tables["other"].columns == ("uid", "dnaSampleID", "rawDataFilePath")
    assert problems.listed == []

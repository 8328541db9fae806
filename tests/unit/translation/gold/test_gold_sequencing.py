"""What was sequenced, where and on what: methods, instruments, centers and their projects."""

from typing import Any

import pytest

from nmdc_runtime.translation.gold.instruments import (
    INSTRUMENT,
    METHOD,
    SequencingMethods,
    read_instrument_map,
    shipped_instrument_map,
)
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.selection import is_valid, processing_institution
from nmdc_runtime.translation.gold.sequencing import Sequencings
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Table
from tests.support.gold import MAP, instrument_map, read_yaml

VECTORS = read_yaml("unit_vectors.yaml")
JGI = "DOE Joint Genome Institute (JGI)"


def test_instruments_are_found_by_all_methods_whatever_their_case() -> None:
    vector = VECTORS["instrument"]
    problems = Problems()
    methods = SequencingMethods(instrument_map(vector["map_file"]), problems)
    maker = Sequencings(methods, GoldOptions(), problems, study_id="nmdc:sty-11-a")

    def used(names: Any) -> Any:
        record = {"sequencingStrategy": "Metagenome", "seqMethod": names}
        document = maker.document("Gp1", record, input_id="nmdc:bsm-11-a")
        return document.get("instrument_used")

    for case in vector["cases"]:
        wanted = case["expected"]
        assert used(case["seqMethod"]) == (wanted and [wanted])
    assert used([" illumina hiSeq ", "Illumina NovaSeq SP", "Illumina NovaSeq S2"]) == [
        "nmdc:inst-14-79zxap02",
        "nmdc:inst-14-mr4r2w09",
    ]
    assert problems.listed == []
    assert used(["Sanger", "Illumina HiSeq"]) == ["nmdc:inst-14-79zxap02"]
    assert [each.value for each in problems] == ["Sanger"]


def test_the_map_that_is_shipped_is_the_maintained_one_and_has_no_faults() -> None:
    problems = Problems()

    assert shipped_instrument_map() == instrument_map(MAP)
    methods = SequencingMethods(shipped_instrument_map(), problems)
    assert methods.find("Illumina MiSeq") == "nmdc:inst-12-yqr7e137"
    assert methods.find("Illumina NovaSeq X 25B") == "nmdc:inst-15-d81ckn38"
    assert problems.listed == []


def test_what_is_wrong_with_a_map_of_instruments_is_reported() -> None:
    problems = Problems()
    rows = [
        {METHOD: "a", INSTRUMENT: "nmdc:inst-11-a"},
        {METHOD: "A ", INSTRUMENT: "nmdc:inst-11-b"},
        {METHOD: "b", INSTRUMENT: None},
        {METHOD: "c", INSTRUMENT: "nmdc:inst-11-c"},
        {METHOD: "a", INSTRUMENT: "nmdc:inst-11-a"},
    ]

    methods = SequencingMethods(
        Table.of("instruments", rows), problems, registered={"nmdc:inst-11-a"}
    )

    assert methods.instrument_ids == {"nmdc:inst-11-a"}
    assert [(each.row, each.code) for each in problems] == [
        (2, "bad_mapping_row"),
        (3, "bad_mapping_row"),
        (4, "unregistered_instrument"),
    ]
    SequencingMethods([{"Method": "a"}], problems)
    assert "missing_columns" in problems.codes()


def test_a_row_of_a_map_that_is_too_long_or_too_short_is_told_and_the_others_are_read() -> None:
    problems = Problems()
    text = f"{METHOD}\t{INSTRUMENT}\na\tnmdc:inst-11-a\textra\nb\nc\tnmdc:inst-11-c\n"

    methods = SequencingMethods(read_instrument_map(text), problems)

    assert methods.find("A") == "nmdc:inst-11-a"
    assert methods.find("C") == "nmdc:inst-11-c"
    assert [(each.code, each.row) for each in problems] == [
        ("bad_row", 1),
        ("bad_row", 2),
        ("bad_mapping_row", 2),
    ]
    with pytest.raises(ValueError, match="table instruments cannot be read"):
        read_instrument_map(b"\xff\xfe\x00")


@pytest.mark.parametrize("number", range(len(VECTORS["processing_institution"])))
def test_the_institution_is_the_first_center_that_is_known(number: int) -> None:
    vector = VECTORS["processing_institution"][number]

    assert processing_institution(vector) == vector["expected"]


@pytest.mark.parametrize(
    ("centers", "status", "valid", "with_compat"),
    [
        ([JGI], "Permanent Draft", True, True),
        ([JGI], "Complete and Published", True, True),
        ([JGI], "incomplete", False, True),
        ([JGI], None, False, True),
        (JGI, "incomplete", False, False),
        (["Battelle", "joint genome institute"], "incomplete", False, True),
        (["Battelle"], "incomplete", True, True),
        (None, None, True, True),
    ],
)
def test_projects_of_jgi_must_be_finished(centers, status, valid, with_compat) -> None:
    project = {
        "sequencingStrategy": "Metatranscriptome",
        "sequencingCenters": centers,
        "projectStatus": status,
    }

    assert is_valid(project) is valid
    assert is_valid(project, compat=True) is with_compat
    assert not is_valid(project | {"sequencingStrategy": ["Metagenome"]})

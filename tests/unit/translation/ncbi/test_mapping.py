"""Tables of attributes: what is read of one, what is none, and where one and the schema differ."""

import pytest

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.ncbi.errors import MappingInvalid
from nmdc_runtime.translation.ncbi.mapping import (
    MappedSlot,
    check_mapping,
    packaged_mapping,
    read_mapping,
)
from nmdc_runtime.translation.ncbi.remarks import Remarks

HEADER = (
    "nmdc_schema_class\tnmdc_schema_slot\tnmdc_schema_slot_range\t"
    "ncbi_biosample_attribute_name\tstatic_value\tignore\n"
)


def mapping_of(*rows: str):
    return read_mapping((HEADER + "\n".join(rows)).encode(), name="m.tsv")


def test_rows_that_count_map_slots_and_the_later_one_of_a_slot_wins() -> None:
    mapping = mapping_of(
        "Biosample\tdepth\tQuantityValue\tsample depth\t\t",
        "Biosample\tname\t\t\t\t",
        "Biosample\tph\tfloat\tph\t\tPROG_IGNORE",
        "Biosample\ttype\tstring\ttype\t\t",
        "Biosample\tid\turiorcurie\t\t\t",
        "Extraction\tname\tstring\textract\tfixed\t ",
    )

    assert mapping.slots == {
        "depth": MappedSlot(attribute="sample depth", range="QuantityValue"),
        "name": MappedSlot(attribute="extract", range="string"),
    }
    assert mapping.attribute_of("depth") == "sample depth"
    assert mapping.attribute_of("elev") == "elev"


def test_the_mapping_of_the_package_renames_what_it_is_known_to() -> None:
    slots = packaged_mapping().slots

    renamed = {slot: each.attribute for slot, each in slots.items() if each.attribute != slot}
    assert renamed == {
        "air_PM_concen": "air_pm_concen",
        "alt": "altitude",
        "biocide": "biocide_used",
    }
    assert slots["elev"] == MappedSlot(attribute="elev", range="float")
    assert "analysis_type" not in slots


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column nmdc_schema_slot, nmdc_schema_slot_range"),
        (b"nmdc_schema_slot,ignore\n", "must be tab-separated"),
        (HEADER.encode(), "no row of it maps a slot"),
        ((HEADER + "a\tb\tc\td\te\tf\tg\n").encode(), "row 1 has 7 cells for 6 columns"),
        (HEADER.encode() + b"\xff\xfe\tname\n", "cannot be read"),
        (b"<!DOCTYPE html>\n<html></html>\n", "no column"),
    ],
)
def test_what_is_no_mapping_is_refused_by_name(content: bytes, said: str) -> None:
    with pytest.raises(MappingInvalid, match=said) as refused:
        read_mapping(content, name="https://example.org/m.tsv")

    assert "https://example.org/m.tsv" in str(refused.value)


def test_slots_where_mapping_and_schema_differ_are_told() -> None:
    mapping = mapping_of(
        "Biosample\tdepth\tQuantityValue\t\t\t",
        "Biosample\tsamp_sort_meth\tTextValue\t\t\t",
        "Biosample\televation\tNoSuchRange\t\t\t",
        "Biosample\tph\tNoSuchRange\t\t\t",
        "Biosample\tweekday\tweekday_enum\t\t\t",
    )
    remarks = Remarks()

    check_mapping(
        mapping,
        load_registry(),
        {"id", "type", "depth", "samp_sort_meth", "ph", "elev", "weekday"},
        remarks,
    )

    assert [(each.kind, each.id) for each in remarks.warnings] == [
        ("slot_not_mapped", "elev"),
        ("range_differs", "ph"),
        ("range_differs", "samp_sort_meth"),
    ]
    assert "NoSuchRange" in remarks.warnings[1].reason

"""Values of slots as texts of attributes: the published rules, and values that have none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.translation.ncbi.values import (
    NOT_XML,
    hemispheres,
    render,
    taxon_digits,
    to_ascii,
)

QUANTITY, TEXT, TERM = "QuantityValue", "TextValue", "ControlledTermValue"
IDENTIFIED, PLACE = "ControlledIdentifiedTermValue", "GeolocationValue"


def a(type_: str, **fields: object) -> dict[str, object]:
    return {"type": f"nmdc:{type_}", **fields}


@pytest.mark.parametrize(
    ("range_", "value", "text"),
    [
        (QUANTITY, a(QUANTITY, has_numeric_value=10, has_unit="kg"), "10 kg"),
        (QUANTITY, a(QUANTITY, has_numeric_value=0, has_unit="m"), "0 m"),
        (
            QUANTITY,
            a(QUANTITY, has_numeric_value=12.5, has_unit="kg", has_raw_value="x"),
            "12.5 kg",
        ),
        (
            QUANTITY,
            a(QUANTITY, has_minimum_numeric_value=5, has_maximum_numeric_value=15, has_unit="kg"),
            "5 - 15 kg",
        ),
        (QUANTITY, a(QUANTITY, has_numeric_value=5, has_raw_value="five"), "five"),
        (QUANTITY, a(QUANTITY, has_numeric_value=5), "Unknown format"),
        (TEXT, a(TEXT, has_raw_value="Sample"), "Sample"),
        (TEXT, a(TEXT), "Unknown format"),
        ("TimestampValue", a("TimestampValue", has_raw_value="2020-01-01"), "2020-01-01"),
        (TERM, a(TERM, term={"id": "X:1", "name": "one"}), "one [X:1]"),
        (TERM, a(TERM, term={"id": "X:1"}), "X:1"),
        (TERM, a(TERM, term={"name": "one"}), "one"),
        (TERM, a(TERM, term={"type": "nmdc:OntologyClass"}, has_raw_value="r"), "Unknown format"),
        (TERM, a(TERM, has_raw_value="raw"), "raw"),
        (IDENTIFIED, a(IDENTIFIED, term={"id": "X:1", "name": "one"}), "one [X:1]"),
        (IDENTIFIED, a(IDENTIFIED, term={"id": "X:1"}), "X:1"),
        (IDENTIFIED, a(IDENTIFIED, term={"name": "one"}), "Unknown format"),
        (IDENTIFIED, a(IDENTIFIED, has_raw_value="raw"), "raw"),
        (PLACE, a(PLACE, latitude=39.758206, longitude=-102.447148), "39.758206 -102.447148"),
        (PLACE, a(PLACE, latitude=0, longitude=0), "0 0"),
        (PLACE, a(PLACE, has_raw_value="here"), "here"),
        ("float", 10.1234, "10.12"),
        ("float", 10, "10.00"),
        ("double", 10.1234, "10.1234"),
        ("integer", 3, "3"),
        ("boolean", True, "True"),
        ("default", "text", "text"),
        # What the mapping says of a slot may be older than the value.
        (TEXT, "a text", "a text"),
        (QUANTITY, "a text", "a text"),
        ("float", "a text", "a text"),
        ("float", True, "True"),
        (TEXT, a(QUANTITY, has_numeric_value=1, has_unit="m"), "1 m"),
        ("default", a(TEXT, has_raw_value="raw"), "raw"),
        (QUANTITY, {"has_numeric_value": 1, "has_unit": "m"}, "1 m"),
        ("default", {"has_raw_value": "raw"}, "raw"),
        ("default", {"latitude": 1.5, "longitude": 2}, "1.5 2"),
        ("default", {"term": {"id": "X:1"}}, "X:1"),
        ("default", {}, "Unknown format"),
        (TEXT, {"type": "https://w3id.org/nmdc/TextValue", "has_raw_value": "raw"}, "raw"),
        (TEXT, a("PropertyAssertion", has_raw_value="2.2 ppm"), "2.2 ppm"),
        (
            TEXT,
            a("PropertyAssertion", has_attribute_label="p", has_numeric_value=2, has_unit="m"),
            "p;2 m",
        ),
        (TEXT, a("PropertyAssertion", has_attribute_label="p", has_boolean_value=False), "p;False"),
        (TEXT, [a(TEXT, has_raw_value="a"), "b"], "a| b"),
    ],
)
def test_a_value_is_written_by_its_own_shape(range_: str, value: object, text: str) -> None:
    assert render(value, range_) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["type", "term", "id", "name", "has_raw_value", "has_unit", "latitude", "longitude"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from([QUANTITY, TEXT, TERM, IDENTIFIED, PLACE, "float", "default"]))
def test_whatever_a_slot_holds_becomes_a_text(value: object, range_: str) -> None:
    assert isinstance(render(value, range_), str)


@pytest.mark.parametrize(
    ("text", "ascii_", "lost"),
    [
        ("USA: Alaska, Utqiaġvik", "USA: Alaska, Utqiagvik", ""),
        ("Iceland: Þingvellir, Öræfi", "Iceland: Thingvellir, Oraefi", ""),
        ("USA: Hawai\u02bbi \u2013 Mauna\u00a0Kea", "USA: Hawai`i - Mauna Kea", ""),
        ("Japan: 東京 Tokyo", "Japan:  Tokyo", "東京"),
    ],
)
def test_places_are_written_in_ascii_and_what_is_lost_is_known(
    text: str, ascii_: str, lost: str
) -> None:
    assert to_ascii(text) == (ascii_, lost)


@given(st.text())
def test_a_place_is_always_ascii(text: str) -> None:
    assert to_ascii(text)[0].isascii()


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (a(IDENTIFIED, term={"id": "NCBITaxon:9606"}), "9606"),
        (a(IDENTIFIED, has_raw_value="NCBITaxon:9606"), "9606"),
        ("NCBITaxon:9606", "9606"),
        (a(IDENTIFIED, has_raw_value="Homo sapiens"), None),
        (a(IDENTIFIED, term="NCBITaxon:1"), "1"),
        (a(IDENTIFIED, term=True), None),
        (9606, None),
    ],
)
def test_a_host_is_the_number_of_its_taxon(value: object, digits: str | None) -> None:
    assert taxon_digits(value) == digits


def test_positions_can_be_written_with_hemispheres() -> None:
    assert hemispheres({"latitude": 39.758206, "longitude": -102.447148}) == (
        "39.758206 N 102.447148 W"
    )
    assert hemispheres({"latitude": -1, "longitude": 0}) == "1 S 0 E"
    assert hemispheres({"latitude": "x", "longitude": Decimal(1)}) is None


@given(st.text())
def test_what_is_left_of_a_text_can_stand_in_xml(text: str) -> None:
    from lxml import etree  # noqa: PLC0415 (the package has it for this alone)

    made = etree.Element("text")
    made.text = NOT_XML.sub("", text)
    assert etree.fromstring(etree.tostring(made)).text == (made.text or None)

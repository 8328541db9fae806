"""The small objects of the schema, from what sources say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.schema.load import load_json_schema
from nmdc_runtime.translation import values
from nmdc_runtime.translation.values import ensure_curie


def test_a_text_with_a_prefix_keeps_it_and_one_without_gets_the_default() -> None:
    assert ensure_curie("nmdc:bsm-11-z8x8p723", default_prefix="nmdc") == "nmdc:bsm-11-z8x8p723"
    assert ensure_curie("gold:Gb0123456", default_prefix="nmdc") == "gold:Gb0123456"
    assert ensure_curie("bsm-11-z8x8p723", default_prefix="nmdc") == "nmdc:bsm-11-z8x8p723"
    assert ensure_curie(":x", default_prefix="nmdc") == ":x"
    assert ensure_curie("a:b:c", default_prefix="nmdc") == "a:b:c"
    assert ensure_curie("", default_prefix="nmdc") == "nmdc:"


def test_the_last_record_of_a_key_wins_in_an_index() -> None:
    first, second = {"id": "a", "n": 1}, {"id": "a", "n": 2}
    assert values.index_by([first, second], "id") == {"a": second}


def test_centimetres_are_metres_exactly() -> None:
    assert values.to_metres(21.9) == 0.219
    assert values.to_metres(7.4) == 0.074
    assert values.to_metres(29.5) == 0.295
    assert values.to_metres(0.0) == 0.0


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_metres_are_what_was_printed_with_the_point_moved(digits, places) -> None:
    printed = f"{digits / 10**places:.{places}f}"
    whole, _, part = printed.partition(".")
    moved = f"{whole.zfill(3)[:-2]}.{whole.zfill(3)[-2:]}{part}"
    assert values.to_metres(float(printed)) == float(moved)


def test_a_quantity_of_a_number_has_no_raw_value_and_no_needless_point() -> None:
    assert values.quantity(21.0, "Cel") == {
        "type": "nmdc:QuantityValue",
        "has_numeric_value": 21,
        "has_unit": "Cel",
    }
    assert isinstance(values.quantity(21.0, "Cel")["has_numeric_value"], int)
    assert values.quantity(None, "m") is values.quantity(float("nan"), "m") is None
    with pytest.raises(TypeError):
        values.quantity("4.6", "m")


def test_a_range_without_ends_is_nothing_because_a_unit_says_nothing() -> None:
    assert values.quantity_range(None, None, "m") is None
    assert values.quantity_range(None, 2.0, "m") == {
        "type": "nmdc:QuantityValue",
        "has_maximum_numeric_value": 2,
        "has_unit": "m",
    }


def test_terms_texts_and_times() -> None:
    assert values.controlled_identified_term("ENVO:00000446", "terrestrial biome") == {
        "type": "nmdc:ControlledIdentifiedTermValue",
        "term": {
            "id": "ENVO:00000446",
            "type": "nmdc:OntologyClass",
            "name": "terrestrial biome",
        },
    }
    assert values.controlled_identified_term("ENVO:1", None) is None
    assert values.controlled_identified_term(None, "x") is None
    assert values.controlled_term("soil") == {
        "type": "nmdc:ControlledTermValue",
        "has_raw_value": "soil",
    }
    assert values.timestamp("2020-07-13T14:34Z") == {
        "type": "nmdc:TimestampValue",
        "has_raw_value": "2020-07-13T14:34Z",
    }
    assert values.text_value("x") == {"type": "nmdc:TextValue", "has_raw_value": "x"}
    assert values.controlled_term(None) is values.timestamp(None) is values.text_value(None) is None


@pytest.mark.parametrize(
    "nothing",
    [None, float("nan"), "x", "", "nan", [], True, "inf", "1_000", "\u0663", "1e400", "0x1"],
)
def test_what_is_no_number_is_no_float(nothing) -> None:
    assert values.to_float(nothing) is None


def test_a_text_that_is_a_number_is_a_float() -> None:
    assert values.to_float(10**400) is None
    for text in ("4.6", " +4.6 ", "46e-1", "4.60"):
        assert values.to_float(text) == 4.6
    assert values.to_float(".5") == 0.5
    assert values.to_float("5.") == 5.0


def test_a_place_needs_both_coordinates_as_numbers() -> None:
    assert values.geolocation(39.0, -77) == {
        "type": "nmdc:GeolocationValue",
        "latitude": 39.0,
        "longitude": -77.0,
    }
    assert values.geolocation(None, 1.0) is values.geolocation(1.0, float("nan")) is None
    with pytest.raises(TypeError):
        values.geolocation("39", -77.0)


def test_provenance_has_the_slots_of_the_schema_and_only_its_sources() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    made = values.provenance(now, version="3.0.0", source_system="NEON_Data_Portal")
    slots = load_json_schema()["$defs"]["ProvenanceMetadata"]["properties"]
    assert made.keys() <= slots.keys()
    assert made["add_date"] == made["mod_date"] == "2026-01-02T03:04:05+00:00"
    assert made["git_url"] == "https://github.com/microbiomedata/nmdc-runtime"
    submission = values.provenance(now, version="3", source_system="GOLD", submission_id="u")
    assert submission["submission_portal_identifier"] == ["u"]
    with pytest.raises(ValueError, match="SourceSystemEnum"):
        values.provenance(now, version="3.0.0", source_system="hearsay")

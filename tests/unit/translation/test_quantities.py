"""Quantities: what is read, what is converted, and what is refused."""

import contextlib
import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.quantities import (
    QuantityRefused,
    parse_quantity,
    quantity_value,
    storage_units,
)
from nmdc_runtime.translation.units import convert, is_ucum
from nmdc_runtime.translation.vocabulary import permissible_values

DATA = Path(__file__).parents[2] / "data" / "submission_portal"
OBSERVED = json.loads((DATA / "observed_parsers.json").read_bytes())
VECTORS = yaml.safe_load((DATA / "unit_vectors.yaml").read_bytes())


def numbers(value: dict | None) -> dict | None:
    return value and {k: v for k, v in value.items() if k not in {"type", "has_raw_value"}}


@pytest.mark.parametrize(
    ("raw", "unit", "low_high", "found"),
    [
        ("0-.1 m", None, (0, 0.1), "m"),
        ("1.2 [ppm]", None, 1.2, "[ppm]"),
        ("98.6Cel", None, 98.6, "Cel"),
        ("-80", "Cel", -80, "Cel"),
        ("-90 - -100m", "m", (-100, -90), "m"),
        ("0 - -1 m", None, (-1, 0), "m"),
        ("5--1 m", None, (-1, 5), "m"),
        ("5. m", None, 5, "m"),
        (".5 m", None, 0.5, "m"),
        ("+1.5e2 m", None, 150, "m"),
        ("30 cm", "m", 0.3, "m"),
    ],
)
def test_a_quantity_is_a_number_or_a_range_with_a_unit(raw, unit, low_high, found) -> None:
    value = parse_quantity(raw, unit)
    assert value is not None
    assert value["has_raw_value"] == raw
    expected = (
        {"has_minimum_numeric_value": low_high[0], "has_maximum_numeric_value": low_high[1]}
        if isinstance(low_high, tuple)
        else {"has_numeric_value": low_high}
    )
    assert numbers(value) == expected | {"has_unit": found}


@pytest.mark.parametrize(
    "raw", [None, "", " 5 m", "5 m ", "~3 m", "5 \u2013 6 m", "1 m s", "m", "five"]
)
def test_what_is_no_quantity_as_a_whole_is_nothing(raw) -> None:
    assert parse_quantity(raw) is None
    assert parse_quantity(raw, "m") is None


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("5", "has_unit must be supplied"),
        ("1,5", "Unknown UnitEnum enumeration code: ,5"),
        ("1.2.3", "Unknown UnitEnum enumeration code: .3"),
        ("1-2-3", "Unknown UnitEnum enumeration code: -3"),
        ("5 furlongs", "Unknown UnitEnum enumeration code: furlongs"),
    ],
)
def test_a_quantity_without_a_unit_of_the_schema_is_refused(raw, message) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        parse_quantity(raw)


@pytest.mark.parametrize(
    "case", VECTORS["quantity_value"], ids=lambda case: f"{case['raw']} in {case['storage_units']}"
)
def test_the_recorded_vectors_hold(case) -> None:
    units = tuple((case["storage_units"] or "").split("|")) if case["storage_units"] else ()
    if error := case.get("expected_error"):
        with pytest.raises(QuantityRefused, match=error):
            quantity_value(case["raw"], unit=case["unit"], stored_in=units)
        return
    value = quantity_value(case["raw"], unit=case["unit"], stored_in=units)
    expected = {name: slot for name, slot in case["expected"].items() if slot is not None}
    assert {name: slot for name, slot in value.items() if name != "type"} == expected


#: (text, unit) where we differ from what was recorded: a unit was put in place of another one
#: (D1), or a unit that the schema does not know hid a text that is no quantity.
RELABELLED = {
    ("5 kg", "m"): "unit_mismatch",
    ("5-6 cm", "m"): {"has_minimum_numeric_value": 0.05, "has_maximum_numeric_value": 0.06},
    ("30 cm", "m"): {"has_numeric_value": 0.3},
}


@pytest.mark.parametrize(
    "case", OBSERVED["quantity_value"], ids=lambda case: f"{case['raw']!r} {case['unit']}"
)
def test_texts_give_what_was_recorded_but_for_relabelled_units(case) -> None:
    change = RELABELLED.get((case["raw"], case["unit"]))
    if isinstance(change, str):
        with pytest.raises(QuantityRefused) as refused:
            parse_quantity(case["raw"], case["unit"])
        assert refused.value.code == change
    elif change:
        assert numbers(parse_quantity(case["raw"], case["unit"])) == change | {"has_unit": "m"}
    elif "error" in case:
        with pytest.raises(ValueError, match=case["error"].partition(": ")[2]):
            parse_quantity(case["raw"], case["unit"])
    else:
        assert parse_quantity(case["raw"], case["unit"]) == case["result"]


#: (value, storage units, unit of the column) → what comes out where it is not what was recorded.
OF_SLOTS = {
    ("1e-07", None, "m"): 1e-07,  # became 0
    ("5", None, None): "missing_unit",  # D3: ended the run
    ("True", None, "m"): "bad_quantity",  # D3: ended the run
    ("5 m", "Cel", None): "unit_mismatch",  # D1: became 5 Cel
    ("5", "Cel", "m"): "unit_mismatch",  # D1: became 5 Cel
    ("5", "g|kg", None): "missing_unit",  # D3: ended the run
}


@pytest.mark.parametrize(
    "case",
    OBSERVED["quantity_value_for_slot"],
    ids=lambda case: f"{case['raw']!r} {case['storage_units']} {case['unit']}",
)
def test_cells_of_slots_give_what_was_recorded_but_for_listed_changes(case) -> None:
    raw, unit = case["raw"], case["unit"]
    units = (case["storage_units"] or "").split("|") if case["storage_units"] else ()
    change = OF_SLOTS.get((str(raw), case["storage_units"], unit))
    assert ("error" in case) <= (change is not None)
    if isinstance(change, str):
        with pytest.raises(QuantityRefused) as refused:
            quantity_value(raw, unit=unit, stored_in=units)
        assert refused.value.code == change
    else:
        expected = case["result"] | ({"has_numeric_value": change} if change else {})
        assert quantity_value(raw, unit=unit, stored_in=units) == expected


@pytest.mark.parametrize(
    ("raw", "unit", "stored_in", "number", "stored"),
    [
        ("30 cm", None, ("m",), 0.3, "m"),
        ("30", "cm", ("m",), 0.3, "m"),
        (30, "cm", ("m",), 0.3, "m"),
        ("30 m", "cm", ("m",), 30, "m"),  # what was written comes before what a mapping says
        ("50 [degF]", None, ("Cel",), 10, "Cel"),
        ("100 [degF]", None, ("Cel",), 37.7777777777778, "Cel"),
        ("300 K", None, ("Cel",), 26.85, "Cel"),
        ("1 atm", None, ("mm[Hg]",), 760.002100178515, "mm[Hg]"),
        ("5 g/L", None, ("mg/L",), 5000, "mg/L"),
        ("5 kg.m-3", None, ("mg/L",), 5000, "mg/L"),
        ("7 umol/s/m2", None, ("umol/m2/s",), 7, "umol/m2/s"),
        ("10 [ft_i]", None, ("m",), 3.048, "m"),
        ("12 1/m2", None, ("1/[sft_i]",), 1.11483648, "1/[sft_i]"),
        ("5 %", None, ("[ppm]",), 50000, "[ppm]"),
        ("5 mg/g", None, ("g/kg",), 5, "g/kg"),
        ("5 L/m3", None, ("mL/L",), 5, "mL/L"),
        ("2 mo", None, ("d",), 60.875, "d"),
        ("500 g", None, ("[lb_av]", "g/g", "kg", "kg/kg"), 0.5, "kg"),
        ("5 m", None, ("cm", "m", "mm"), 5, "m"),
        ("2 km", None, ("cm", "m", "mm"), 2000, "m"),
        ("180 deg", None, ("deg",), 180, "deg"),
    ],
)
def test_a_unit_that_the_slot_is_not_stored_in_is_converted(raw, unit, stored_in, number, stored):
    value = quantity_value(raw, unit=unit, stored_in=stored_in)
    assert numbers(value) == {"has_numeric_value": number, "has_unit": stored}
    assert value["has_raw_value"] == str(raw)


@pytest.mark.parametrize(
    ("raw", "stored_in", "code"),
    [
        ("12 C", ("Cel",), "unknown_unit"),  # C may be meant, and is a charge in UCUM
        ("-80 Celsius", ("Cel",), "unknown_unit"),
        ("5 kg", ("m",), "unit_mismatch"),
        ("5 meq/L", ("mol/L",), "unit_mismatch"),
        ("5 [NTU]", ("[FNU]",), "unit_mismatch"),
        ("5 [ppm]", ("mg/L",), "unit_mismatch"),
        ("5 mmol/mol", ("g/kg",), "unit_mismatch"),  # of water in air 3.1 g/kg
        ("5 mL/L", ("g/kg",), "unit_mismatch"),
        ("1e300 Tm2.m-1", ("m",), "bad_quantity"),
        ("1" * 5000 + " a b", ("m",), "bad_quantity"),
        ("5 m" + "9" * 5000, ("m",), "unknown_unit"),
        ("5 Bq", ("Hz",), "unit_mismatch"),
        ("5 Cel/m", ("Cel",), "unknown_unit"),
        ("5 furlongs", (), "unknown_unit"),
        ("5 km", (), "unknown_unit"),  # no unit of the schema, and nowhere to convert it to
        ("5", ("g", "kg"), "missing_unit"),
        ("<5 m", ("m",), "bad_quantity"),
        ("1e999999999999 m", ("m",), "bad_quantity"),
        (math.inf, ("m",), "bad_quantity"),
        (math.nan, ("m",), "bad_quantity"),
        (None, ("m",), "bad_quantity"),
    ],
    ids=str,
)
def test_what_cannot_be_converted_is_refused_and_never_relabelled(raw, stored_in, code) -> None:
    with pytest.raises(QuantityRefused) as refused:
        quantity_value(raw, stored_in=stored_in)
    assert refused.value.code == code


def test_every_unit_of_the_schema_can_be_converted_and_is_itself() -> None:
    units = permissible_values("UnitEnum")
    assert {unit for unit in units if not is_ucum(unit)} == set()
    # Through pint: to the same unit by way of a spelling of its own.
    odd = {unit for unit in units - {"Cel"} if convert(1, f"1.{unit}", unit) != 1}
    assert odd == set()


def test_the_units_of_a_slot_are_those_of_the_schema() -> None:
    assert storage_units("depth") == ("m",)
    assert storage_units("annual_temp") == ("Cel",)
    assert storage_units("api") == ()
    named = {unit for units in load_registry().storage_units.values() for unit in units}
    assert named <= permissible_values("UnitEnum")


@settings(deadline=None)  # the first conversion loads pint
@given(st.text(max_size=30) | st.floats() | st.integers(), st.sampled_from(["m", "Cel", "mg/L"]))
def test_whatever_is_written_gives_a_quantity_of_the_schema_or_a_named_refusal(raw, unit) -> None:
    codes = {"bad_quantity", "missing_unit", "unknown_unit", "unit_mismatch"}
    with contextlib.suppress(QuantityRefused):
        value = quantity_value(raw, stored_in=(unit,))
        assert value["has_unit"] == unit
        assert all(math.isfinite(n) for n in numbers(value).values() if not isinstance(n, str))
        return
    with pytest.raises(QuantityRefused) as refused:
        quantity_value(raw, stored_in=(unit,))
    assert refused.value.code in codes


@settings(deadline=None)
@given(st.decimals(-(10**6), 10**6, places=3))
def test_there_and_back_is_the_same_number(number) -> None:
    for unit, other in (("m", "[ft_i]"), ("Cel", "[degF]"), ("g/L", "ug/mL")):
        there = convert(number, unit, other)
        assert abs(convert(there, other, unit) - number) < 1e-8

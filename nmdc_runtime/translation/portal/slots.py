"""From a cell to what a slot of the schema holds; the slot's range decides how it is read."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.registry import Slot, SlotKind
from nmdc_runtime.translation.portal.texts import clean, geolocation_text, ontology_term
from nmdc_runtime.translation.problems import quoted
from nmdc_runtime.translation.quantities import (
    NUMBER,
    QuantityRefused,
    quantity_value,
    storage_units,
)
from nmdc_runtime.translation.vocabulary import permissible_values

#: From a cell and the unit of a column to the value of a slot.
Handler = Callable[[Any, str | None], Any]

_NUMBER: Final = re.compile(NUMBER)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_BOOLEANS: Final = {"true": True, "false": False}
_MOST_MEGABASES: Final = 10**9
#: A separator of several values in one cell.
_MANY: Final = "|"


class CellRefused(ValueError):
    """A cell is nothing that the slot can hold; ``code`` is one of the problems' rules."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class SlotReader(NamedTuple):
    """How the cells of a slot are read."""

    many: bool
    one: Handler
    is_reference: bool

    def items(self, cell: Any) -> list[Any]:  # noqa: ANN401 (any JSON value)
        """Return the values of a cell: of a slot with many values each part of a text or list.

        Raise `CellRefused` if there are several where one is wanted.
        """
        if not self.many:
            if isinstance(cell, list):
                if len(cell) != 1:
                    raise CellRefused("bad_value", f"one value is wanted, not {len(cell)}")
                return cell
            return [cell]
        parts = cell.split(_MANY) if isinstance(cell, str) else cell
        found = clean(parts if isinstance(parts, list) else [parts])
        return found or []


@lru_cache(maxsize=8192)
def reader_of(class_name: str, slot_name: str) -> SlotReader | None:
    """Return how cells of a slot are read; None if the class has no such slot."""
    slot = load_registry().slot(class_name, slot_name)
    if slot is None:
        return None
    one = _megabases if slot_name == "estimated_size" else _reader(slot)
    return SlotReader(slot.multivalued, one, slot.kind is SlotKind.REFERENCE)


def refused(error: ValueError) -> tuple[str, str]:
    """Return the code and the message of a refusal of this module or of `quantities`."""
    if isinstance(error, CellRefused | QuantityRefused):
        return error.code, str(error)
    raise error


def _reader(slot: Slot) -> Handler:
    range_ = slot.ranges[0]
    if slot.kind is SlotKind.OBJECT:
        if range_ == "QuantityValue":
            return _quantity(slot.name)
        return _OBJECTS.get(range_, _object)
    if slot.kind is SlotKind.ENUM:
        return _choice(slot)
    return _KINDS[slot.kind]


def _text(cell: Any, _unit: str | None = None) -> str:  # noqa: ANN401
    if isinstance(cell, dict | list):
        raise CellRefused("bad_value", "a text is wanted, not an object or a list")
    return str(cell).strip()


def _text_value(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "nmdc:TextValue", "has_raw_value": _text(cell)}


def _timestamp(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "nmdc:TimestampValue", "has_raw_value": _text(cell)}


def _taxon(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    return {"id": _text(cell), "type": "nmdc:NcbiTaxon"}


def _quantity(slot_name: str) -> Handler:
    units = storage_units(slot_name)

    def quantity(cell: Any, unit: str | None) -> dict[str, Any]:  # noqa: ANN401
        return quantity_value(cell, unit=unit, stored_in=units)

    return quantity


def _identified_term(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    text = _text(cell)
    term = ontology_term(text)
    if term is None:
        raise CellRefused("bad_term", f"{quoted(text)} is no term like 'soil [ENVO:00001998]'")
    return {"type": "nmdc:ControlledIdentifiedTermValue", "has_raw_value": text, "term": term}


def _term(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    text = _text(cell)
    term = ontology_term(text)  # a plain word is kept as it is: nothing of it is lost
    value = {"type": "nmdc:ControlledTermValue", "has_raw_value": text}
    return value | ({"term": term} if term else {})


def _geolocation(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    text = _text(cell)
    value = geolocation_text(text)
    if value is None:
        raise CellRefused(
            "bad_coordinates", f"{quoted(text)} is no latitude and longitude in degrees"
        )
    return value


def _choice(slot: Slot) -> Handler:
    (enumeration,) = slot.ranges
    known = permissible_values(enumeration)

    def choice(cell: Any, _unit: str | None) -> str:  # noqa: ANN401
        text = _text(cell)
        if text not in known:
            raise CellRefused("unknown_choice", f"Unknown {enumeration} enumeration code: {text}")
        return text

    return choice


def read_number(cell: Any, _unit: str | None = None) -> float:  # noqa: ANN401
    """Return a number, also of a text that is one."""
    text = repr(cell) if isinstance(cell, int | float) else _text(cell)
    number = float(text) if not isinstance(cell, bool) and _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise CellRefused("bad_number", f"{quoted(cell)} is no number")
    return number


def _integer(cell: Any, _unit: str | None) -> int:  # noqa: ANN401
    whole = isinstance(cell, float) and cell.is_integer()
    text = str(int(cell)) if whole else _text(cell)
    if isinstance(cell, bool) or not _INTEGER.fullmatch(text):
        raise CellRefused("bad_number", f"{quoted(cell)} is no whole number")
    return int(text)


def _boolean(cell: Any, _unit: str | None) -> bool:  # noqa: ANN401
    found = cell if isinstance(cell, bool) else _BOOLEANS.get(_text(cell).lower())
    if found is None:
        raise CellRefused("bad_boolean", f"{quoted(cell)} is neither true nor false")
    return found


def _megabases(cell: Any, _unit: str | None) -> int:  # noqa: ANN401
    """Return base pairs, exactly: 2.01 million are 2,010,000."""
    if abs(read_number(cell)) > _MOST_MEGABASES:
        raise CellRefused("bad_number", f"{quoted(cell)} million base pairs are no genome")
    return int((Decimal(str(cell).strip()) * 1_000_000).to_integral_value())


def _object(cell: Any, _unit: str | None) -> dict[str, Any]:  # noqa: ANN401
    """Return a copy of an object, if it is one that can be stored."""
    if not isinstance(cell, dict):
        raise CellRefused("bad_value", "an object of the schema is wanted")
    try:
        copy: dict[str, Any] = orjson.loads(orjson.dumps(cell))
    except TypeError as error:  # nested too deeply, or with a number that has no place in JSON
        raise CellRefused("bad_value", f"the object cannot be stored: {error}") from error
    return copy


_OBJECTS: Final[dict[str, Handler]] = {
    "TextValue": _text_value,
    "TimestampValue": _timestamp,
    "ControlledIdentifiedTermValue": _identified_term,
    "ControlledTermValue": _term,
    "GeolocationValue": _geolocation,
    "NcbiTaxon": _taxon,
}
_KINDS: Final[dict[SlotKind, Handler]] = {
    SlotKind.TEXT: _text,
    SlotKind.REFERENCE: _text,
    SlotKind.NUMBER: read_number,
    SlotKind.INTEGER: _integer,
    SlotKind.BOOLEAN: _boolean,
}

"""Quantities as people write them: a number or a range, and a unit; one parser for all sources.

The unit that somebody wrote is never replaced by another one: the number is converted to a unit
that the schema stores the slot in, or the text is refused and the caller reports it. What was
written stays as ``has_raw_value``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.problems import quoted
from nmdc_runtime.translation.units import convert, factor_between, is_ucum
from nmdc_runtime.translation.vocabulary import permissible_values

JsonObject = dict[str, Any]

#: A number as people write it, as a regular expression. It gives back no digit that it has taken:
#: otherwise a cell of a thousand digits and a few more words would take an hour.
NUMBER: Final = r"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+"
_QUANTITY: Final = re.compile(rf"({NUMBER})(?: *- *({NUMBER}))?(?: *(\S+))?")
#: Larger numbers are no measurements, and would take all memory if written out.
_MOST_DIGITS: Final = 300
#: Larger whole numbers have no exact place in JSON.
MOST_EXACT: Final = 2**53


class QuantityRefused(ValueError):
    """A text or a number is no quantity of the wanted kind.

    Parameters
    ----------
    code
        ``bad_quantity`` (not a number or range with a unit), ``missing_unit``, ``unknown_unit``
        (the schema has none of this name) or ``unit_mismatch`` (it cannot be converted).
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a text says: a number, or two in either order, and maybe a unit."""

    raw: str
    first: Decimal
    second: Decimal | None
    unit: str | None


def read_quantity(raw: str) -> Quantity | None:
    """Read a whole text, e.g. ``1.2 [ppm]``, ``98.6Cel`` or ``0 - .1 m``; None if it is none.

    A number, then maybe a hyphen and a second number, then maybe a unit without white space;
    between them spaces. Thousands separators and longer dashes are not guessed at.
    """
    match = _QUANTITY.fullmatch(raw)
    if match is None:
        return None
    first, second = _decimal(match.group(1)), _decimal(match.group(2))
    if first is None or (second is None and match.group(2) is not None):
        return None
    return Quantity(raw, first, second, match.group(3))


def quantity_value(
    raw: str | float, *, unit: str | None = None, stored_in: Sequence[str] = ()
) -> JsonObject:
    """Return the ``nmdc:QuantityValue`` of a text or number.

    Parameters
    ----------
    raw
        What stands in the source; it becomes ``has_raw_value``.
    unit
        The unit of a number that has none with it.
    stored_in
        The units that the schema allows in the slot (`storage_units`); if there is just one, it is
        also the unit of a number for which nobody says any.

    Returns
    -------
    dict
        With ``has_numeric_value``, or with a minimum and a maximum; in the unit that was written if
        the schema stores it, else converted to the one of ``stored_in`` that is nearest to it.

    Raises
    ------
    QuantityRefused
        There is no such quantity; nothing is relabelled.

    Source
    ------
    nmdc-schema ``QuantityValue``, ``UnitEnum`` and the annotation ``storage_units``; UCUM.
    """
    quantity = _read(raw)
    found = quantity.unit or unit or (stored_in[0] if len(stored_in) == 1 else None)
    if not found:
        raise QuantityRefused(
            "missing_unit", f"has_unit must be supplied: {quoted(raw)} has no unit"
        )
    code, stored = _stored_unit(found, tuple(stored_in))
    if code:
        raise QuantityRefused(code, f"{stored} (of {quoted(raw)})")
    value: JsonObject = {
        "type": "nmdc:QuantityValue",
        "has_raw_value": quantity.raw,
        "has_unit": stored,
    }
    if quantity.second is None:
        return value | {"has_numeric_value": _stored(quantity.first, found, stored)}
    ends = sorted((quantity.first, quantity.second))
    return value | {
        "has_minimum_numeric_value": _stored(ends[0], found, stored),
        "has_maximum_numeric_value": _stored(ends[1], found, stored),
    }


def parse_quantity(raw: str | None, unit: str | None = None) -> JsonObject | None:
    """Return the ``nmdc:QuantityValue`` of a text in one unit, or None if it is no quantity.

    Parameters
    ----------
    unit
        The unit to store: also that of a number without one. A text with another unit is converted.

    Raises
    ------
    TypeError
        The value is no text.
    QuantityRefused
        There is no unit, the schema does not know it, or it cannot be converted.
    """
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise TypeError(f"a text is needed, not {quoted(raw)}")
    if read_quantity(raw) is None:
        return None
    return quantity_value(raw, stored_in=(unit,) if unit else ())


def storage_units(slot: str) -> tuple[str, ...]:
    """Return the units in which the schema allows quantities of a slot to be stored, if it says."""
    return load_registry().storage_units.get(slot, ())


def plain_number(number: Decimal | float) -> int | float:
    """Return a number as it is written in a decimal slot: a whole one without a point."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    whole = exact == exact.to_integral_value() and abs(exact) < MOST_EXACT
    return int(exact) if whole else float(exact)


def _read(raw: str | float) -> Quantity:
    if isinstance(raw, str):
        quantity = read_quantity(raw)
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        number = _decimal(repr(raw))
        quantity = None if number is None else Quantity(repr(raw), number, None, None)
    else:
        quantity = None
    if quantity is None:
        raise QuantityRefused("bad_quantity", f"{quoted(raw)} is no number or range with a unit")
    return quantity


def _decimal(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text is not None else None
    except InvalidOperation:  # an exponent of a thousand digits
        return None
    if number is None or not number.is_finite() or _is_beyond(number):
        return None
    return number


@lru_cache(maxsize=4096)
def _stored_unit(found: str, stored_in: tuple[str, ...]) -> tuple[str | None, str]:
    """Return no code and the unit to store: the found one, or the nearest it can be converted to.

    Otherwise the code of what is wrong, and in words.
    """
    known = permissible_values("UnitEnum")
    for allowed in stored_in:
        if allowed not in known:
            return "unknown_unit", f"Unknown UnitEnum enumeration code: {allowed}"
    if found in known and (found in stored_in or not stored_in):
        return None, found
    if found not in known and not (stored_in and is_ucum(found)):
        return "unknown_unit", f"Unknown UnitEnum enumeration code: {found}"
    near = [
        (factor.log10() % 1 != 0, abs(factor.log10()), at)
        for at, allowed in enumerate(stored_in)
        if (factor := factor_between(found, allowed))
    ]
    if not near:
        return "unit_mismatch", f"{found} cannot be converted to {' or '.join(stored_in)}"
    # By a power of ten if it can be: g become kg rather than pounds.
    return None, stored_in[min(near)[2]]


def _stored(number: Decimal, unit: str, stored: str) -> int | float:
    converted = number if unit == stored else convert(number, unit, stored)
    if converted is None:  # the unit was chosen because there is a way
        raise QuantityRefused("unit_mismatch", f"{unit} cannot be converted to {stored}")
    if _is_beyond(converted):
        raise QuantityRefused("bad_quantity", f"{number} {unit} is no measurement in {stored}")
    return plain_number(converted)


def _is_beyond(number: Decimal) -> bool:
    return abs(number.adjusted()) > _MOST_DIGITS

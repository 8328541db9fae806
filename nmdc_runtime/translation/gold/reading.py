"""Reading one record of GOLD's: a value that is no good is reported, and counts as absent."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from nmdc_runtime.schema.load import load_json_schema
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.quantities import QuantityRefused, quantity_value, read_quantity
from nmdc_runtime.translation.values import to_float

JsonObject = dict[str, Any]

#: Prefixes that a source may write in any case.
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z.]*:")


class Reading:
    """One record, its name in messages, and where its problems go.

    Parameters
    ----------
    table
        What GOLD calls records of this kind, e.g. ``biosamples``.
    natural_id
        GOLD's id of the record.
    """

    def __init__(
        self, record: Mapping[str, Any], problems: Problems, *, table: str, natural_id: str
    ) -> None:
        self._record = record
        self._problems = problems
        self._table = table
        self.natural_id = natural_id

    def report(self, code: str, field: str, value: object, message: str) -> None:
        """Note a problem with a field."""
        self._problems.add(
            code,
            f"{self._table} {self.natural_id}: {message}",
            table=self._table,
            natural_id=self.natural_id,
            column=field,
            value=value,
        )

    def has(self, field: str) -> bool:
        """Tell whether the record has the field, be it null."""
        return field in self._record

    def text(self, field: str) -> str | None:
        """Return a text, trimmed; a number as its text; None if there is nothing in it."""
        return self._as_text(field, self._record.get(field))

    def number(self, field: str, *, unit: str | None = None) -> float | None:
        """Return a number; one with a unit is converted to the given one."""
        value = self._cell(field)
        if value is None:
            return None
        number = to_float(value)
        if number is None and unit is not None and isinstance(value, str):
            quantity = self.quantity(field, unit=unit, stored_in=(unit,))
            if quantity is None:
                return None  # reported
            number = to_float(quantity.get("has_numeric_value"))
        if number is None:
            self.report("bad_number", field, value, f"{field} is no number: {value!r}")
        return number

    def quantity(
        self, field: str, *, unit: str | None, stored_in: Sequence[str]
    ) -> JsonObject | None:
        """Return an ``nmdc:QuantityValue``.

        Parameters
        ----------
        unit
            Of a number that has none with it. None: the unit must be there, nobody guesses one.
        """
        value = self._cell(field)
        if value is None:
            return None
        try:
            said = read_quantity(value) if isinstance(value, str) else None
            if unit is None and (said is None or said.unit is None):
                quantity_value(value)  # raises, with words for the report
            return quantity_value(value, unit=unit, stored_in=stored_in)
        except QuantityRefused as refused:
            self.report(refused.code, field, value, f"{field}: {refused}")
            return None

    def identifier(self, field: str, *, prefix: str, owner: tuple[str, str]) -> str | None:
        """Return an identifier as its slot must have it; None, reported, if it cannot be one."""
        return self.curie(field, self.text(field), prefix=prefix, owner=owner)

    def curie(
        self, field: str, text: str | None, *, prefix: str, owner: tuple[str, str]
    ) -> str | None:
        """Return a text as identifier with a prefix, which may be written in any case.

        Parameters
        ----------
        owner
            Class and slot whose pattern the identifier must meet.
        """
        if text is None:
            return None
        curie = with_prefix(text, prefix)
        if matches(curie, *owner):
            return curie
        self.report("bad_identifier", field, text, f"{field}: {text!r} is no identifier ({prefix})")
        return None

    def term(self, field: str) -> tuple[str, str | None] | None:
        """Return id and label of a term that is an object; None without an id."""
        value = self._record.get(field)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._bad(field, value)
            return None
        id_ = self._as_text(field, value.get("id"))
        return None if id_ is None else (id_, self._as_text(field, value.get("label")))

    def texts(self, field: str) -> list[str]:
        """Return the texts of a list; a text alone counts as a list of one."""
        value = self._record.get(field)
        if value is None:
            return []
        members = value if isinstance(value, list) else [value]
        return [text for each in members if (text := self._as_text(field, each)) is not None]

    def objects(self, field: str) -> list[Mapping[str, Any]]:
        """Return the objects of a list."""
        value = self._record.get(field)
        if value is None:
            return []
        if not isinstance(value, list):
            self._bad(field, value)
            return []
        for each in value:
            if not isinstance(each, Mapping):
                self._bad(field, each)
        return [each for each in value if isinstance(each, Mapping)]

    def _cell(self, field: str) -> str | float | None:
        """Return a number as it is, a text trimmed; None if there is nothing in it."""
        value = self._record.get(field)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return self._as_text(field, value)

    def _as_text(self, field: str, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value.strip() or None
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value):
            return str(value)
        self._bad(field, value)
        return None

    def _bad(self, field: str, value: object) -> None:
        self.report("bad_value", field, value, f"{field} is of a wrong kind: {value!r:.100}")


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def with_prefix(text: str, prefix: str) -> str:
    """Return an identifier with its prefix, in the letters that the schema wants."""
    written = _PREFIX.match(text)
    if written is None:
        return f"{prefix}:{text}"
    found = written.group()[:-1]
    return f"{prefix}{text[len(found) :]}" if found.lower() == prefix.lower() else text


def matches(text: str, class_name: str, slot: str) -> bool:
    """Tell whether a text meets the pattern of a slot of the schema."""
    return _pattern(class_name, slot).search(text) is not None


@lru_cache
def _pattern(class_name: str, slot: str) -> re.Pattern[str]:
    definition = _definitions()[class_name]["properties"][slot]
    return re.compile(definition.get("items", definition).get("pattern", ""))


@lru_cache
def _definitions() -> JsonObject:
    definitions: JsonObject = load_json_schema()["$defs"]
    return definitions

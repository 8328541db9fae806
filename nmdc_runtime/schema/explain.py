"""What exactly is wrong with one document that did not pass its gate.

Detail costs: the validator describes every error with a copy of the value around it, and of a long
list with an error in each element that is gigabytes. So a very large document is taken in parts.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema_rs import ValidationError, Validator

from nmdc_runtime.schema.gate import INT64_MAX, INT64_MIN, QUANTITY
from nmdc_runtime.schema.report import Problem, place_of, pointer_to
from nmdc_runtime.schema.wording import Wording, id_of, in_published_order, show

MOST_VALUES = 5_000  # values of a document that are described in one go
MOST_KEYS = 2_000  # of one object: more than any class has slots
DEEPEST = 100  # levels: legal documents have fewer than ten

Path = tuple[str | int, ...]


class Explainer:
    """Says what is wrong with documents of one class."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        validator: Validator,
        storage_units: Mapping[str, tuple[str, ...]],
        wording: Wording,
    ) -> None:
        self._schema = schema
        self._validator = validator
        self._storage_units = storage_units
        self._wording = wording

    def problems(self, document: Mapping[str, Any], collection: str, index: int) -> list[Problem]:
        """Return what is wrong with the document; nothing, if it is valid after all."""
        path = (collection, index)

        def describe(error: ValidationError, shown: Any, shift: Mapping[str, int]) -> Problem:  # noqa: ANN401
            return self._wording.problem(
                error, schema=self._schema, document=shown, path=path, shift=shift
            )

        try:
            found = self._schema_problems(document, describe)
        except _Unwieldy as error:
            return [_whole(document, path, str(error))]
        found += self._value_problems(document, path)
        if not found and not self._validator.is_valid(document):
            reason = f"is not valid, and has too many values (over {MOST_VALUES}) to say where"
            return [_whole(document, path, reason)]
        return found

    def _schema_problems(
        self,
        document: Mapping[str, Any],
        describe: Callable[[ValidationError, Any, Mapping[str, int]], Problem],
    ) -> list[Problem]:
        excerpt, cut = excerpt_of(document)
        errors = in_published_order(list(self._validator.iter_errors(excerpt)))
        found = [describe(error, excerpt, {}) for error in errors]
        if found or not cut:
            return found
        for window, shift in _windows(document, excerpt):
            if not self._validator.is_valid(window):
                part, _ = excerpt_of(window)
                errors = in_published_order(list(self._validator.iter_errors(part)))
                found += [describe(error, part, shift) for error in errors]
        return found

    def _value_problems(self, document: Mapping[str, Any], path: Path) -> list[Problem]:
        """Return what the JSON Schema does not say: illegal units, numbers no database can hold."""
        found = []
        for inside, value, is_part in _walk(document, path):
            if not isinstance(value, dict):
                problem = _number_problem(document, inside, value)
            elif is_part or value.get("type") != QUANTITY:
                continue
            else:
                problem = self._unit_problem(document, inside, value)
            if problem:
                found.append(problem)
        return found

    def _unit_problem(
        self, document: Mapping[str, Any], path: Path, value: Mapping[str, Any]
    ) -> Problem | None:
        slot = next(str(step) for step in reversed(path) if isinstance(step, str))
        units = self._storage_units.get(slot, ())
        unit = value.get("has_unit")
        if unit is None:
            message = f"QuantityValue at {place_of(path)} is missing required 'has_unit' property"
        elif units and unit not in units:
            message = (
                f"QuantityValue at {place_of(path)} has unit '{unit}' which is not allowed for "
                f"slot '{slot}' (allowed: {', '.join(units)})"
            )
        else:
            return None
        return Problem(
            collection=str(path[0]),
            index=int(path[1]),
            id=id_of(document),
            pointer=pointer_to(path),
            rule="storage_units",
            expected=" or ".join(units) or "a unit",
            found=None if unit is None else show(unit),
            message=message,
        )


def excerpt_of(document: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the document with its lists cut so that few values remain, and whether any was cut."""
    excerpt = _Excerpt()
    return excerpt.take(document, 0), excerpt.cut


class _Unwieldy(Exception):
    """The document is of a shape that no legal one has, and that is costly to describe."""


class _Excerpt:
    def __init__(self) -> None:
        self._left = MOST_VALUES
        self.cut = False

    def take(self, value: Any, depth: int) -> Any:  # noqa: ANN401 (any JSON value)
        self._left -= 1
        if depth > DEEPEST:
            raise _Unwieldy(f"is nested more than {DEEPEST} levels deep")
        if isinstance(value, dict):
            if len(value) > MOST_KEYS or self._left < -MOST_VALUES:
                raise _Unwieldy(f"is not valid, and has too many values (over {MOST_VALUES})")
            return {key: self.take(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            kept: list[Any] = []
            for each in value:
                if self._left <= 0 and kept:
                    self.cut = True
                    break
                kept.append(self.take(each, depth + 1))
            return kept
        return value


def _windows(
    document: Mapping[str, Any], excerpt: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, int]]]:
    """Yield the excerpt with later parts of each list that was cut, and where they begin."""
    for key, shown in excerpt.items():
        if isinstance(shown, list):
            size = max(len(shown), 1)
            for start in range(len(shown), len(document[key]), size):
                yield {**excerpt, key: document[key][start : start + size]}, {key: start}


def _walk(document: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """Yield every value with its path, in order, and whether it is a part of a quantity."""
    todo: list[tuple[Path, Any, bool]] = [(path, document, False)]
    while todo:
        path, value, is_part = todo.pop()
        yield path, value, is_part
        if isinstance(value, dict):
            is_part = is_part or value.get("type") == QUANTITY
            todo += [((*path, key), each, is_part) for key, each in reversed(value.items())]
        elif isinstance(value, list):
            todo += [((*path, at), value[at], is_part) for at in reversed(range(len(value)))]


def _number_problem(document: Mapping[str, Any], path: Path, value: object) -> Problem | None:
    if isinstance(value, int):
        if INT64_MIN <= value <= INT64_MAX:
            return None
        expected = f"a whole number from {INT64_MIN} to {INT64_MAX}"
    elif isinstance(value, float) and not math.isfinite(value):
        expected = "a finite number"
    else:
        return None
    shown = show(value)
    return Problem(
        collection=str(path[0]),
        index=int(path[1]),
        id=id_of(document),
        pointer=pointer_to(path),
        rule="number",
        expected=expected,
        found=shown,
        message=f"{shown} cannot be stored: it is not {expected}, in {place_of(path)}",
    )


def _whole(document: Mapping[str, Any], path: tuple[str, int], reason: str) -> Problem:
    return Problem(
        collection=path[0],
        index=path[1],
        id=id_of(document),
        pointer=pointer_to(path),
        rule="size",
        message=f"the document {reason} in {place_of(path)}",
    )

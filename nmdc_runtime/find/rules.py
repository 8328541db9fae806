"""The short languages of ``filter`` and ``sort``; pure."""

import json
import re
from typing import Any, Final

from nmdc_runtime.find.errors import FindFilterMalformed, FindSortMalformed
from nmdc_runtime.mongo.filters import MAX_REGEX_LENGTH

#: Longest first, so that ``<=5`` is not ``<`` and ``=5``.
OPERATORS: Final = (("<=", "$lte"), (">=", "$gte"), ("<", "$lt"), (">", "$gt"))
SEARCH: Final = ".search"
#: Attributes to sort by; MongoDB's own limit is 32, and ``id`` is one of them.
MAX_SORT_KEYS: Final = 30
FORM: Final = "attribute:spec[,attribute:spec]*"
DIRECTIONS: Final = {"": 1, "asc": 1, "desc": -1}
CONSTANTS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
}
NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
MAX_INTEGER: Final = 2**63 - 1

Sort = tuple[tuple[str, int], ...]


def parse_filter(text: str | None) -> dict[str, Any]:
    """Return what MongoDB is asked for a filter in the short language; ``{}`` for none.

    ``attribute:spec`` parts stand between commas. A spec that begins with ``<``, ``<=``, ``>`` or
    ``>=`` is a bound, and bounds on one attribute hold together; an attribute that ends in
    ``.search`` is matched by a regular expression; any other spec is equality. What looks like a
    number, a boolean or ``null`` matches the text and that value, so that a text never loses its
    matches to a number. Of two equalities on one attribute the last holds.

    Raises
    ------
    FindFilterMalformed
        A part has no colon, an attribute is none, or a regular expression is too long.
    """
    condition: dict[str, Any] = {}
    if not (text or "").strip():
        return condition
    for part in (text or "").split(","):
        attribute, colon, spec = part.strip().partition(":")
        if not colon:
            raise FindFilterMalformed(f"filter must be of form: {FORM}")
        is_search = attribute.endswith(SEARCH)
        attribute = attribute.removesuffix(SEARCH)
        _check_attribute(attribute, FindFilterMalformed)
        test = _search(spec) if is_search else _bound(spec)
        if test is None:
            condition[attribute] = _equality(spec)
            continue
        known: Any = condition.get(attribute)
        holds_too = isinstance(known, dict) and "$in" not in known
        condition[attribute] = {**known, **test} if holds_too else test
    return condition


def _check_attribute(
    attribute: str, refusal: type[FindFilterMalformed] | type[FindSortMalformed]
) -> None:
    """Refuse what MongoDB would take for an operator, or for no name at all."""
    if any(part.startswith("$") for part in attribute.split(".")):
        raise refusal(f"{attribute!r} is not an attribute: no part of it may begin with '$'")
    _check_text(attribute, refusal)
    if "\0" in attribute:
        raise refusal("an attribute cannot have a null character in its name")


def _check_text(text: str, refusal: type[FindFilterMalformed] | type[FindSortMalformed]) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise refusal("there are characters here that no text can have")


def _search(spec: str) -> dict[str, Any]:
    _check_text(spec, FindFilterMalformed)
    if len(spec) > MAX_REGEX_LENGTH:
        raise FindFilterMalformed(
            f"a regular expression is longer than {MAX_REGEX_LENGTH} characters: shorten it"
        )
    return {"$regex": spec}


def _bound(spec: str) -> dict[str, Any] | None:
    for sign, operator in OPERATORS:
        if spec.startswith(sign):
            bound = spec.removeprefix(sign)
            try:
                return {operator: float(bound)}
            except ValueError:
                _check_text(bound, FindFilterMalformed)
                return {operator: bound}
    return None


def _equality(spec: str) -> object:
    """Return what a value must equal: the text, or also the value that it writes."""
    _check_text(spec, FindFilterMalformed)
    if spec in CONSTANTS:
        return {"$in": [spec, CONSTANTS[spec]]}
    if NUMBER.fullmatch(spec):
        number = json.loads(spec)
        if not isinstance(number, int) or abs(number) <= MAX_INTEGER:
            return {"$in": [spec, number]}
    return spec


def parse_sort(text: str | None) -> Sort:
    """Return attributes and directions, 1 or -1, of a sort; empty for none.

    Raises
    ------
    FindSortMalformed
        A part is not ``attribute``, ``attribute:asc`` or ``attribute:desc``.
    """
    if not (text or "").strip():
        return ()
    keys: dict[str, int] = {}
    for part in (text or "").split(","):
        attribute, _, word = part.strip().partition(":")
        if not attribute or word not in DIRECTIONS:
            raise FindSortMalformed(
                "sort must be of form: attribute[:asc|:desc][,attribute[:asc|:desc]]*"
            )
        _check_attribute(attribute, FindSortMalformed)
        if "" in attribute.split("."):
            raise FindSortMalformed(f"{attribute!r} is not an attribute: a part of it is empty")
        keys[attribute] = DIRECTIONS[word]
    if len(keys) > MAX_SORT_KEYS:
        raise FindSortMalformed(f"sort by at most {MAX_SORT_KEYS} attributes")
    return tuple(keys.items())


def total(sort: Sort) -> Sort:
    """Return the sort made total by ``id``; what would come behind ``id`` says nothing."""
    keys: list[tuple[str, int]] = []
    for attribute, direction in sort:
        keys.append((attribute, direction))
        if attribute == "id":
            return tuple(keys)
    return (*keys, ("id", 1))

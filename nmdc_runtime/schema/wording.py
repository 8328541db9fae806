"""The published words for what a JSON Schema refuses: those of the Python package ``jsonschema``.

The validator is jsonschema-rs, which has words of its own; clients know the others. Values are
printed as Python prints them, and of the errors under an ``anyOf`` the same one is blamed.
"""

import difflib
import heapq
from collections.abc import Mapping
from typing import Any

from jsonschema_rs import ValidationError

from nmdc_runtime.schema.hints import value_hint
from nmdc_runtime.schema.report import Problem, place_of, pointer_to

_LONGEST_VALUE = 1000  # characters of a value that a message repeats
_HINTS = 100  # different unknown words for which near ones are looked up, a body
_LONGEST_WORD = 60

#: Keyword → message and expectation, given the value found and the keyword's value, both printed.
_TEMPLATES = {
    "enum": ("{found} is not one of {value}", "one of {value}"),
    "const": ("{value} was expected", "{value}"),
    "pattern": ("{found} does not match {value}", "text matching {value}"),
    "format": ("{found} is not a {value}", "a {value}"),
    "minimum": ("{found} is less than the minimum of {value}", ">= {value}"),
    "maximum": ("{found} is greater than the maximum of {value}", "<= {value}"),
    "exclusiveMinimum": ("{found} is less than or equal to the minimum of {value}", "> {value}"),
    "exclusiveMaximum": ("{found} is greater than or equal to the maximum of {value}", "< {value}"),
    "minItems": ("{found} is too short", "at least {value} elements"),
    "maxItems": ("{found} is too long", "at most {value} elements"),
    "minLength": ("{found} is too short", "at least {value} characters"),
    "maxLength": ("{found} is too long", "at most {value} characters"),
    "anyOf": ("{found} is not valid under any of the given schemas", None),
    "oneOf": ("{found} is not valid under any of the given schemas", None),
    "not": ("{found} should not be valid under {value}", None),
}
_EDGES = {  # the same keywords have words of their own where they ask for one, or for none
    ("minItems", 1): "{found} should be non-empty",
    ("minLength", 1): "{found} should be non-empty",
    ("maxItems", 0): "{found} is expected to be empty",
    ("maxLength", 0): "{found} is expected to be empty",
}


class Wording:
    """Puts errors into words; remembers the hints it has given."""

    def __init__(self) -> None:
        self._hints: dict[tuple[str, int], str | None] = {}

    def problem(
        self,
        error: ValidationError,
        *,
        schema: Mapping[str, Any],
        document: Mapping[str, Any],
        path: tuple[str, int],
        shift: Mapping[str, int],
    ) -> Problem:
        """Describe one error.

        Parameters
        ----------
        error
            What the validator of ``schema`` says of a document.
        document
            The document, or as much of it as the validator was shown.
        path
            Where the document stands: its collection and index.
        shift
            For each list of the document that was not shown from its start: how many elements
            were left out before.
        """
        blamed = best_match(error, schema, document)
        keyword, value, holder = _rule(blamed, schema)
        found = _value_at(document, blamed.instance_path)
        message, expected, shown = self._words(blamed, keyword, value, found)
        inside = list(blamed.instance_path)
        if len(inside) > 1 and isinstance(inside[1], int):
            inside[1] += shift.get(str(inside[0]), 0)
        full = (*path, *inside)
        return Problem(
            collection=path[0],
            index=path[1],
            id=id_of(document),
            pointer=pointer_to(full),
            rule=keyword,
            expected=expected,
            found=shown,
            hint=self._hint(blamed, keyword, value, holder, found),
            message=f"{message} in {place_of(full)}",
        )

    def _words(
        self,
        error: ValidationError,
        keyword: str,
        value: Any,  # noqa: ANN401 (any JSON value)
        found: Any,  # noqa: ANN401
    ) -> tuple[str, str | None, str | None]:
        """Return the message without its place, what was expected, and what was found."""
        if keyword == "required":
            name = repr(getattr(error.kind, "property", ""))
            return f"{name} is a required property", name, None
        if keyword == "additionalProperties":
            unexpected = _unexpected(error)
            names = _cut(", ".join(repr(name) for name in unexpected))
            verb = "was" if len(unexpected) == 1 else "were"
            return f"Additional properties are not allowed ({names} {verb} unexpected)", None, names
        shown = show(found)
        if keyword == "type":
            types = ", ".join(repr(each) for each in _listed(value))
            return f"{shown} is not of type {types}", types, shown
        message, expected = _TEMPLATES.get(keyword, (None, None))
        if message is None:
            return _cut(error.message), None, shown
        if isinstance(value, int):
            message = _EDGES.get((keyword, value), message)
        facts = {"found": shown, "value": repr(value)}
        expected = _cut(expected.format_map(facts)) if expected else None
        return message.format_map(facts), expected, shown

    def _hint(
        self,
        error: ValidationError,
        keyword: str,
        value: Any,  # noqa: ANN401 (any JSON value)
        holder: Any,  # noqa: ANN401
        found: Any,  # noqa: ANN401
    ) -> str | None:
        """Return which known words the unknown ones may stand for."""
        if keyword == "additionalProperties":
            words, known = _unexpected(error)[:3], holder.get("properties", {})
        elif keyword == "enum" and isinstance(found, str):
            words, known = [found], value
        elif keyword == "type":
            return value_hint(found, _listed(value))
        else:
            return None
        near = [self._near(word, known) for word in words]
        return ", ".join(each for each in near if each) or None

    def _near(self, word: str, known: Any) -> str | None:  # noqa: ANN401 (keys, or values of an enum)
        key = (word, id(known))
        if key not in self._hints and len(self._hints) < _HINTS and len(word) <= _LONGEST_WORD:
            options = [each for each in known if isinstance(each, str)]
            close = difflib.get_close_matches(word, options, n=1, cutoff=0.75)
            self._hints[key] = f"for {word!r}, did you mean {close[0]!r}?" if close else None
        return self._hints.get(key)


def best_match(
    error: ValidationError, schema: Mapping[str, Any], document: Mapping[str, Any]
) -> ValidationError:
    """Return the error to blame: under an ``anyOf``, the one that ``jsonschema`` would."""
    while branches := getattr(error.kind, "context", None):
        depth = len(error.instance_path)
        nested = [each for branch in branches for each in branch]
        ranked = [(_relevance(each, schema, document, depth), each) for each in nested]
        smallest = heapq.nsmallest(2, ranked, key=lambda pair: pair[0])
        if not smallest or (len(smallest) > 1 and smallest[0][0] == smallest[1][0]):
            return error
        error = smallest[0][1]
    return error


def in_published_order(errors: list[ValidationError]) -> list[ValidationError]:
    """Sort errors as ``jsonschema`` finds them: by keyword, in the order of the file."""
    return sorted(errors, key=lambda error: [str(step) for step in error.evaluation_path])


def show(value: object) -> str:
    """Return the value as Python prints it, cut if it is very long."""
    try:
        return _cut(repr(value))
    except (ValueError, RecursionError):  # Python prints neither 5,000 digits nor 5,000 levels
        return f"a very large {type(value).__name__}"


def id_of(document: Mapping[str, Any]) -> str | None:
    """Return the document's id if it has one that is text, cut if it is very long."""
    found = document.get("id")
    return _cut(found) if isinstance(found, str) else None


def _relevance(
    error: ValidationError, schema: Mapping[str, Any], document: Mapping[str, Any], depth: int
) -> tuple[Any, ...]:
    keyword, _, holder = _rule(error, schema)
    value = _value_at(document, error.instance_path)
    path = error.instance_path[depth:]
    types = _listed(holder.get("type", []))
    return (
        -len(path),
        [(isinstance(step, str), step) for step in path],
        keyword not in ("anyOf", "oneOf"),
        not any(_is_type(value, each) for each in types),
    )


def _rule(error: ValidationError, schema: Mapping[str, Any]) -> tuple[str, Any, Any]:
    """Return the keyword that refused, its value, and the schema that holds it."""
    holder: Any = None
    value: Any = schema
    for step in error.schema_path:
        holder, value = value, value[step]
    return str(error.schema_path[-1]), value, holder


def _value_at(document: Any, path: list[str | int]) -> Any:  # noqa: ANN401 (any JSON value)
    for step in path:
        document = document[step]
    return document


def _unexpected(error: ValidationError) -> list[str]:
    return sorted(getattr(error.kind, "unexpected", ()))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 (a keyword's value)
    return value if isinstance(value, list) else [value]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _is_type(value: object, name: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = number and not (isinstance(value, float) and not value.is_integer())
    return {
        "null": value is None,
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
        "number": number,
        "integer": whole,
    }.get(name, False)

"""What one may try, where a problem suggests it; pure guesses, never a part of the verdict."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from nmdc_runtime.schema.ids import typecode_of
from nmdc_runtime.schema.registry import SchemaClass, SchemaRegistry
from nmdc_runtime.schema.report import Problem

_LONGEST_WORD: Final = 60
_LIKENESS: Final = 0.75


def near(word: str, known: Iterable[str]) -> str | None:
    """Return which known word an unknown one may stand for."""
    if len(word) > _LONGEST_WORD:
        return None
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=_LIKENESS)
    return f"did you mean {close[0]!r}?" if close else None


def near_type(type_: object, known: Iterable[str]) -> str | None:
    """Return which ``type`` an unknown one may stand for: one without prefix, or misspelt."""
    if not isinstance(type_, str) or not type_:
        return None
    word = type_.rpartition(":")[2]
    return near(f"nmdc:{word}", known)


def value_hint(found: object, types: Sequence[str]) -> str | None:
    """Return how a value of another JSON type may have been meant."""
    if isinstance(found, str) and {"number", "integer"} & set(types) and _is_number(found):
        return f"write {found.strip()} without quotes"
    if isinstance(found, str) and "boolean" in types and found.lower() in {"true", "false"}:
        return f"write {found.lower()} without quotes"
    if "array" in types and not isinstance(found, list | None):
        return "put it in [brackets], even if it is one value only"
    if isinstance(found, list) and len(found) == 1 and "array" not in types:
        return "give the value without [brackets]"
    if isinstance(found, int | float) and "string" in types:
        return "put it in quotes"
    return "leave it out" if found is None else None


def type_hint(
    problem: Problem, schema_class: SchemaClass, document: Mapping[str, object]
) -> str | None:
    """Return what a document says that lacks its ``type``, or has a strange one."""
    if problem.rule == "enum" and problem.pointer.endswith("/type") and _depth(problem) == 1:
        return near_type(document.get("type"), [schema_class.class_uri])
    if problem.rule == "required" and problem.expected == "'type'" and _depth(problem) == 0:
        return f'say "type": "{schema_class.class_uri}"'
    return None


def id_hint(problem: Problem, schema_class: SchemaClass, registry: SchemaRegistry) -> str | None:
    """Return whose typecode an id has that documents of the class may not have."""
    if problem.rule != "pattern" or not problem.pointer.endswith("/id") or _depth(problem) != 1:
        return None
    typecode = typecode_of(problem.id or "")
    owners = sorted(
        each.name
        for each in registry.classes.values()
        if typecode in each.typecodes and not each.abstract
    )
    if typecode in schema_class.typecodes or not owners or not schema_class.typecodes:
        return None
    own = f"ids of {schema_class.name} begin with nmdc:{schema_class.typecodes[0]}-"
    return f"'{typecode}' is the typecode of {', '.join(owners)}; {own}"


def _depth(problem: Problem) -> int:
    """Return how deep in its document the problem lies."""
    return problem.pointer.count("/") - 2


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""JSON objects of clients' that are stored as they are: MongoDB must be able to."""

from typing import Annotated, Any, Final

import bson
from bson.errors import InvalidDocument
from pydantic import AfterValidator

#: Below MongoDB's 16 MiB, with room for what is stored around the object, twice.
MAX_BYTES: Final = 7_000_000
#: Levels of nesting; MongoDB's own limit is 100, and the object lies within others.
MAX_DEPTH: Final = 80


def check_storable(value: dict[str, Any]) -> dict[str, Any]:
    """Return the object, or raise `ValueError` saying why MongoDB could not keep it."""
    try:
        size = len(bson.encode(value))
    except (InvalidDocument, OverflowError, RecursionError) as error:
        raise ValueError(f"this cannot be stored: {error}") from error
    if size > MAX_BYTES:
        raise ValueError(f"this is too large to be stored: {size} bytes, at most {MAX_BYTES}")
    if _depth(value) > MAX_DEPTH:
        raise ValueError(f"this is nested too deeply to be stored: at most {MAX_DEPTH} levels")
    return value


def _depth(value: object) -> int:
    """Return how many levels of objects and lists there are, without recursion."""
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [
            child for each in level for child in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


StorableObject = Annotated[dict[str, Any], AfterValidator(check_storable)]

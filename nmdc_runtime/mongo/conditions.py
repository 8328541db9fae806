"""Conditions of our own on documents: several at once, and what comes behind a key."""

from collections.abc import Mapping
from typing import Any

from nmdc_runtime.mongo.documents import Document


def all_of(*conditions: Mapping[str, Any]) -> Document:
    """Return one condition that holds where all of them do; empty ones say nothing."""
    parts = [dict(condition) for condition in conditions if condition]
    return parts[0] if len(parts) == 1 else {"$and": parts} if parts else {}


def behind(key: str, value: object, *, direction: int = 1) -> Document:
    """Match what comes behind a value of a unique key, in MongoDB's order of values.

    ``$gt`` compares within one type only. That is enough for ids, which are text, and lets an
    index alone answer; for anything else ``$expr`` compares across types, also by the index.
    """
    if key != "_id" and direction > 0 and isinstance(value, str):
        return {key: {"$gt": value}}
    # What is missing comes before null here, as before everything; a unique key has one of both.
    return {"$expr": {"$gt" if direction > 0 else "$lt": [f"${key}", {"$literal": value}]}}

"""Documents as MongoDB has them, and how they become JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from bson import Decimal128, ObjectId

Document = dict[str, Any]

#: Projection that leaves MongoDB's own key out of an answer.
NO_OBJECT_ID: Final[Mapping[str, int]] = {"_id": 0}


def _default(value: object) -> object:
    if isinstance(value, ObjectId | Decimal128):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def published_time(moment: datetime) -> str:
    """Write a stored moment as published routes do: UTC without a zone designator.

    Clients of the published routes parse this form; new routes use `kernel.clock.as_text`.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _published_default(value: object) -> object:
    return published_time(value) if isinstance(value, datetime) else _default(value)


def to_json(value: object, *, zoned: bool = False, sort_keys: bool = False) -> bytes:
    """Return compact JSON; ObjectIds, Decimal128 and dates as text, NaN and infinities as null.

    Dates are written as published routes do, or ``zoned``, in UTC with ``Z``, as new routes do.
    """
    option = orjson.OPT_SORT_KEYS if sort_keys else 0
    if zoned:
        option |= orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
        return orjson.dumps(value, default=_default, option=option)
    option |= orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps(value, default=_published_default, option=option)

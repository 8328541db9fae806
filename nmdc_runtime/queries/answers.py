"""What commands answer, as bytes: relaxed Extended JSON, as MongoDB's own tools write it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from bson import json_util
from bson.codec_options import CodecOptions, DatetimeConversion

from nmdc_runtime.mongo.documents import Document

#: Pipelines can make dates that Python has no name for; those come as milliseconds.
ANY_DATE: Final[CodecOptions[Document]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
#: An answer has at most about so many bytes of documents, as MongoDB's own batches do.
BATCH_BYTES: Final = 16 << 20
_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents, each as its JSON, and the continuation, if there is more."""

    rows: list[bytes]
    continuation: str | None
    is_first: bool

    def to_json(self) -> bytes:
        """Return the published body."""
        rows = b"[" + b",".join(self.rows) + b"]"
        # Older clients know the first batch by MongoDB's own name (spec/clients.md, 1.4).
        first = b'"firstBatch":' + rows + b"," if self.is_first else b""
        id_ = orjson.dumps(self.continuation)
        return b'{"ok":1,"cursor":{"batch":' + rows + b"," + first + b'"id":' + id_ + b"}}"


def extended(value: object) -> bytes:
    """Return relaxed Extended JSON of a document."""
    text = orjson.dumps(value, default=_default, option=_OPTIONS)
    if b"null" in text and _has_non_finite(value):
        return json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS).encode()
    return text


def as_json_values(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the document as plain JSON values; what JSON has no type for as Extended JSON."""
    return orjson.loads(extended(dict(document)))


def _default(value: object) -> object:
    return json_util.default(value, json_util.RELAXED_JSON_OPTIONS)


def _has_non_finite(value: object) -> bool:
    """Say whether a float is NaN or infinite, which JSON would make null."""
    todo: list[object] = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, float) and not math.isfinite(each):
            return True
        if isinstance(each, Mapping):
            todo.extend(each.values())
        elif isinstance(each, list):
            todo.extend(each)
    return False

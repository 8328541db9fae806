"""The shape of what queries keep: results for further batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import bson
from bson import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index

CONTINUATIONS: Final = "_runtime.query_continuations"
RESULTS: Final = "_runtime.query_results"
#: How long a result is kept that nobody asks for, and how old a use may be before it is noted.
IDLE_FOR: Final = timedelta(hours=1)
NOTED_EVERY: Final = timedelta(minutes=10)
INDEXES: Final = (
    Index(collection=CONTINUATIONS, keys=("last_modified",), expire_after=IDLE_FOR),
    Index(collection=RESULTS, keys=("last_modified",), expire_after=IDLE_FOR),
    Index(collection=RESULTS, keys=("result", "end"), unique=True),
)
#: Rows lie together in documents of about this size: one for each row would cost far more.
CHUNK_BYTES: Final = 1_000_000
#: Rows pass through as they come: nothing of them is looked at.
RAW: Final = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True)
class KeptResult:
    """The rest of a result, whose rows have ordinals from 0 on."""

    id: str
    collections: tuple[str, ...]


class ResultStore:
    """Keeps what an aggregation found until nobody has asked for it for an hour."""

    def __init__(self, database: Database[Document]) -> None:
        self._heads = database[CONTINUATIONS]
        self._chunks = database[RESULTS]

    def add(self, kept: KeptResult, *, now: datetime) -> None:
        """Note that a result is kept whole: only now its rows are found."""
        head = {"_id": kept.id, "collections": list(kept.collections), "last_modified": now}
        self._heads.insert_one(head)

    def add_rows(self, result_id: str, rows: Iterable[RawBSONDocument], *, now: datetime) -> None:
        """Keep rows, in their order; `add` comes after them."""
        end = size = 0
        data: list[bytes] = []
        for row in rows:
            data.append(bytes(row.raw))
            size += len(row.raw)
            end += 1
            if size >= CHUNK_BYTES:
                self._add_chunk(result_id, data, end, now=now)
                data, size = [], 0
        if data:
            self._add_chunk(result_id, data, end, now=now)

    def _add_chunk(self, result_id: str, data: list[bytes], end: int, *, now: datetime) -> None:
        chunk = {"result": result_id, "first": end - len(data), "end": end, "last_modified": now}
        self._chunks.insert_one({**chunk, "rows": b"".join(data)})

    def remove_rows(self, result_id: str) -> None:
        """Forget the rows of a result that came to nothing."""
        self._chunks.delete_many({"result": result_id})

    def find(self, result_id: str, *, now: datetime) -> KeptResult | None:
        """Return the result, if it is still there, and keep it for another while."""
        head = self._heads.find_one({"_id": result_id})
        if head is None or head["last_modified"] <= now - IDLE_FOR:
            return None
        if head["last_modified"] <= now - NOTED_EVERY:
            used = {"$set": {"last_modified": now}}
            self._chunks.update_many({"result": result_id}, used)
            self._heads.update_one({"_id": result_id}, used)
        return KeptResult(id=result_id, collections=tuple(head["collections"]))

    def read_rows(self, result_id: str, *, first: int) -> Iterator[RawBSONDocument]:
        """Yield the rows from an ordinal on."""
        chunks = self._chunks.find({"result": result_id, "end": {"$gt": first}}).sort("end", 1)
        with chunks:
            for chunk in chunks:
                rows = bson.decode_iter(chunk["rows"], RAW)
                for ordinal, row in enumerate(rows, chunk["first"]):
                    if ordinal >= first:
                        yield row

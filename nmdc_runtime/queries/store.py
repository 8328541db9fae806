"""The shape of what queries keep: results for further batches, and before images."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import bson
from bson import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import CollectionInvalid

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction

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
#: Before images in one insert.
IMAGES_AT_ONCE: Final = 1_000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContext:
    """Who changed what, kept with each before image."""

    time_key: str  # published: deleted_at, updated_at
    time: datetime
    by: str
    request_id: str | None
    expires_at: datetime | None


class BeforeImageStore:
    """Keeps documents as they were before a command, in a database of their own."""

    def __init__(self, client: MongoClient[Document], database_name: str) -> None:
        self._database = client[database_name]

    def prepare(self, collection: str) -> None:
        """Make the collection if it is missing: inside a transaction it would be too late."""
        if collection not in self._database.list_collection_names(filter={"name": collection}):
            try:
                self._database.create_collection(collection)
            except CollectionInvalid:
                return  # somebody else did
            self._database[collection].create_index("doc.id")
            self._database[collection].create_index("expires_at", expireAfterSeconds=0)

    def add(
        self,
        collection: str,
        documents: Iterable[Mapping[str, Any]],
        context: ImageContext,
        *,
        tx: Transaction,
    ) -> None:
        """Keep the documents."""
        facts: Document = {context.time_key: context.time, "by": context.by}
        if context.request_id:
            facts["request_id"] = context.request_id
        if context.expires_at:
            facts["expires_at"] = context.expires_at
        images = [{"doc": document, **facts} for document in documents]
        for start in range(0, len(images), IMAGES_AT_ONCE):
            self._database[collection].insert_many(
                images[start : start + IMAGES_AT_ONCE], session=tx.session
            )

"""Documents of schema collections, as commands choose and change them, in a transaction."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.queries.store import RAW

#: Keys in one query.
CHUNK: Final = 5_000
#: How BSON begins of which the first value is an object id called ``_id``, behind its length.
AT_FIRST: Final = 4
OBJECT_ID: Final = b"\x07_id\0"
OBJECT_ID_BYTES: Final = 12
Query = Mapping[str, Any]
Hint = list[tuple[str, int]] | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it came from the server: decoded, many of them would fill the memory."""

    raw: RawBSONDocument
    data: bytes

    @property
    def key(self) -> Any:  # noqa: ANN401 (any BSON value)
        """Its ``_id``, for which nothing else of it is decoded where that can be."""
        if self.data.startswith(OBJECT_ID, AT_FIRST):
            start = AT_FIRST + len(OBJECT_ID)
            return ObjectId(self.data[start : start + OBJECT_ID_BYTES])
        return self.raw["_id"]


class CommandTargets:
    """Chooses documents by a client's query, and changes those chosen."""

    def __init__(self, database: Database[Document], *, time_limit_ms: int) -> None:
        self._database = database
        self._limit_ms = time_limit_ms

    def is_empty(self, collection: str) -> bool:
        """Say whether there is no document."""
        return self._database[collection].find_one({}, {"_id": 1}) is None

    def choose(
        self,
        collection: str,
        query: Query,
        *,
        hint: Hint,
        only_first: bool,
        at_most: int,
        besides: Container[bytes] = (),
        tx: Transaction,
    ) -> Iterator[Any]:
        """Yield the ``_id`` of the documents that the query matches, in the server's order.

        Parameters
        ----------
        besides
            What `key_of` returns for those to pass over.
        """
        with (
            of_client(),
            self._database[collection].find(
                query,
                {"_id": 1},
                hint=hint,
                session=tx.session,
                max_time_ms=self._limit_ms,
                batch_size=CHUNK,
            ) as found,
        ):
            fresh = (each["_id"] for each in found if key_of(each["_id"]) not in besides)
            yield from islice(fresh, 1 if only_first else at_most)

    def read(self, collection: str, keys: Iterable[Any], *, tx: Transaction) -> Iterator[Stored]:
        """Yield the documents that have these ``_id``."""
        source = self._database.get_collection(collection, codec_options=RAW)
        for chunk in _chunks(keys):
            found = source.find({"_id": {"$in": chunk}}, session=tx.session)
            for raw in cast("Iterable[RawBSONDocument]", found):
                yield Stored(raw, bytes(raw.raw))

    def decode(self, data: bytes) -> Document:
        """Return the document that is in these bytes."""
        return bson.decode(data, codec_options=self._database.codec_options)

    def remove(self, collection: str, keys: Iterable[Any], *, tx: Transaction) -> None:
        """Delete the documents that have these ``_id``."""
        for chunk in _chunks(keys):
            self._database[collection].delete_many({"_id": {"$in": chunk}}, session=tx.session)

    def update(self, collection: str, statement: Document, *, tx: Transaction) -> Document:
        """Run one update statement as MongoDB's own command; return its answer."""
        command = {"update": collection, "updates": [statement], "maxTimeMS": self._limit_ms}
        with of_client():
            answer: Document = self._database.command(command, session=tx.session)
        return answer


def key_of(key: Any) -> bytes:  # noqa: ANN401 (any BSON value)
    """Return what is equal for equal ``_id`` of documents, be they of a type Python cannot hash."""
    return bson.encode({"": key})


def _chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(keys)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk

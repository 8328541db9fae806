"""How much collections hold, told from what MongoDB keeps count of: no document is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bson import ObjectId
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from nmdc_runtime.mongo.documents import Document

#: MongoDB's codes: there is no such collection; it is a view, which has no size of its own.
NOT_THERE: Final = frozenset({26, 166})
#: A sharded cluster answers with a row for each shard.
_STAGES: Final[list[Document]] = [
    {"$collStats": {"storageStats": {}}},
    {
        "$group": {
            "_id": None,
            "documents": {"$sum": "$storageStats.count"},
            "size_bytes": {"$sum": "$storageStats.size"},
            "stored_bytes": {"$sum": "$storageStats.totalSize"},
        }
    },
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSize:
    """How much a collection holds.

    Parameters
    ----------
    documents
        How many, as MongoDB keeps count; after a crash of its own this may be a little off.
    size_bytes
        Of the documents, uncompressed.
    stored_bytes
        What documents and indexes take on disk.
    newest_at
        When the newest document was inserted, as its ``_id`` tells; None if that does not.
    """

    name: str
    documents: int = 0
    size_bytes: int = 0
    stored_bytes: int = 0
    newest_at: datetime | None = None


def sizes_of(database: Database[Document], names: Iterable[str]) -> list[CollectionSize]:
    """Return the sizes of collections in the order of their names; of one that is not there, 0."""
    return [_size_of(database[name]) for name in names]


def _size_of(collection: Collection[Document]) -> CollectionSize:
    # Statistics are of this server: MongoDB takes them with no other read concern.
    local = collection.with_options(read_concern=ReadConcern("local"))
    try:
        rows = list(local.aggregate(_STAGES))
    except OperationFailure as error:
        if error.code not in NOT_THERE:
            raise
        rows = []
    if not rows:
        return CollectionSize(name=collection.name)
    (row,) = rows
    newest = local.find_one({}, {"_id": 1}, sort=[("_id", -1)]) or {}
    key = newest.get("_id")
    return CollectionSize(
        name=collection.name,
        documents=int(row["documents"]),
        size_bytes=int(row["size_bytes"]),
        stored_bytes=int(row["stored_bytes"]),
        newest_at=key.generation_time if isinstance(key, ObjectId) else None,
    )

"""Reads of whole collections, whatever they hold; it writes nothing."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

#: Documents read and written at a time: memory is bounded by this.
BATCH: Final = 1_000
#: Scale of `statistics`: sizes in KiB.
KIBIBYTE: Final = 1024


class ExportStore:
    """Reads collections from the first document to the last."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    @property
    def database_name(self) -> str:
        """What the database is called."""
        return self._database.name

    def list_all(self) -> list[str]:
        """Return the collections and views that hold documents, but MongoDB's own."""
        names = self._database.list_collection_names()
        return self.list_filled(name for name in names if not name.startswith("system."))

    def list_filled(self, names: Iterable[str]) -> list[str]:
        """Return those of the collections that hold a document, sorted."""
        return sorted(
            name for name in names if self._database[name].find_one({}, {"_id": 1}) is not None
        )

    def batches(self, collection: str, *, by: str) -> Iterator[list[Document]]:
        """Yield the documents without MongoDB's own key, sorted by an indexed attribute."""
        cursor = self._database[collection].find({}, {"_id": 0}, sort=[(by, 1)], batch_size=BATCH)
        with cursor:
            # Not the server's own batches: the files shall depend on the documents alone.
            while batch := list(islice(cursor, BATCH)):
                yield batch

    def whole_documents(self, collection: str) -> Iterator[Document]:
        """Yield the documents as they are, in no order."""
        with self._database[collection].find({}, batch_size=BATCH) as cursor:
            yield from cursor

    def statistics(self) -> list[dict[str, Any]]:
        """Return sizes of the collections ``*_set`` that hold documents; in KiB, as published."""
        existing = self._database.list_collection_names(filter={"type": "collection"})
        told = []
        for name in self.list_filled(each for each in existing if each.endswith("_set")):
            stats = self._database.command("collStats", name, scale=KIBIBYTE)
            facts = {key: stats.get(key) for key in ("size", "count", "avgObjSize", "scaleFactor")}
            told.append({**facts, "collection": name})
        return told

"""Bytes in GridFS that nothing leads to: files without a record, chunks without a file.

None should be: the hub notes an upload before its first byte, and sweeps up after dead ones. Older
Runtimes, and people who delete records by hand, leave such bytes all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.store import CHUNKS, FILES, OBJECTS, UPLOADS

#: Ids that are looked up at once.
AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Orphan:
    """Bytes that nothing leads to.

    ``id`` is what the file or its chunks go by, whatever its type. ``is_file``: there is a file,
    and no record; else there are only chunks.
    """

    id: object
    is_file: bool
    size_bytes: int


class OrphanStore:
    """Finds and removes such bytes."""

    def __init__(self, database: Database[Document], *, transactions: Transactions) -> None:
        self._files = database[FILES]
        self._chunks = database[CHUNKS]
        self._objects = database[OBJECTS]
        self._uploads = database[UPLOADS]
        self._transactions = transactions

    def find(self, *, before: datetime) -> Iterator[Orphan]:
        """Yield the orphans that have been there since before this moment.

        Chunks whose keys do not tell their age are left alone: nobody knows who writes them.
        """
        yield from self._files_without_record(before)
        yield from self._chunks_without_file(before)

    def remove(self, orphan: Orphan) -> bool:
        """Remove the bytes, unless something leads to them by now.

        The file goes first, in one transaction with the look for its record. Chunks that are left
        if this process dies are found again.
        """

        def forget(tx: Transaction) -> bool:
            if self._objects.find_one({"id": orphan.id}, {"_id": 1}, session=tx.session):
                return False
            if self._uploads.find_one({"_id": orphan.id}, {"_id": 1}, session=tx.session):
                return False
            found = self._files.delete_one({"_id": orphan.id}, session=tx.session).deleted_count
            return orphan.is_file or not found

        if not self._transactions.run(forget):
            return False
        self._chunks.delete_many({"files_id": orphan.id})
        return True

    def _files_without_record(self, before: datetime) -> Iterator[Orphan]:
        old = self._files.find({"uploadDate": {"$lt": before}}, {"length": 1})
        with old:
            while some := {each["_id"]: each.get("length", 0) for each in islice(old, AT_ONCE)}:
                known = self._known(some)
                for id_, length in some.items():
                    if id_ not in known:
                        yield Orphan(id_, is_file=True, size_bytes=int(length))

    def _chunks_without_file(self, before: datetime) -> Iterator[Orphan]:
        # Sorted and grouped by the index: it skips from one file's first chunk to the next.
        firsts = self._chunks.aggregate(
            [
                {"$sort": {"files_id": 1, "n": 1}},
                {"$group": {"_id": "$files_id", "first": {"$first": "$_id"}}},
            ],
            allowDiskUse=True,
        )
        with firsts:
            while some := list(islice(firsts, AT_ONCE)):
                old = {each["_id"] for each in some if _is_older(each["first"], before)}
                known = self._uploading(old) | {
                    each["_id"] for each in self._files.find({"_id": {"$in": [*old]}}, {"_id": 1})
                }
                for id_ in old - known:
                    yield Orphan(id_, is_file=False, size_bytes=self._size_of(id_))

    def _known(self, ids: Iterable[object]) -> set[object]:
        """Return those of the ids that records or notes of uploads have."""
        listed = [*ids]
        records = self._objects.find({"id": {"$in": listed}}, {"_id": 0, "id": 1})
        return {each["id"] for each in records} | self._uploading(listed)

    def _uploading(self, ids: Iterable[object]) -> set[object]:
        found = self._uploads.find({"_id": {"$in": [*ids]}}, {"_id": 1})
        return {each["_id"] for each in found}

    def _size_of(self, id_: object) -> int:
        size: list[dict[str, Any]] = list(
            self._chunks.aggregate(
                [
                    {"$match": {"files_id": id_}},
                    {"$group": {"_id": None, "bytes": {"$sum": {"$binarySize": "$data"}}}},
                ]
            )
        )
        return int(size[0]["bytes"]) if size else 0


def _is_older(key: object, before: datetime) -> bool:
    return isinstance(key, ObjectId) and key.generation_time < before

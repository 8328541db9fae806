"""Puts a dump into a database, and sees whether it is what was dumped."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bson import json_util
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure

from nmdc_runtime.backups.models import DumpedCollection, Manifest
from nmdc_runtime.backups.store import BACKUPS, BackupStore
from nmdc_runtime.clients.object_storage import StoredBytesNotFound
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.packing import Content, by_key, documents_of, unpacked

#: Documents of one insert, and about how many bytes.
AT_ONCE: Final = 1_000
BYTES_AT_ONCE: Final = 8_000_000
#: In `BACKUPS` of the database that is filled: while it is there, not all is.
MARK: Final = "restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """Fills a database from a dump.

    Parameters
    ----------
    check
        Called now and then; raises if the work is no longer ours.
    """

    store: BackupStore
    manifest: Manifest
    into: Database[Document]
    check: Callable[[], None]

    def begin(self) -> None:
        """Note in the database that it is being filled."""
        self.into[BACKUPS].insert_one({"_id": MARK, "backup": self.manifest.id})

    def restore(self, dumped: DumpedCollection) -> list[str]:
        """Fill a collection; return what is wrong with it afterwards, in sentences."""
        told = json_util.loads(dumped.about)
        digest = hashlib.sha256()
        try:
            self.into.create_collection(dumped.name, check_exists=False, **told["options"])
            parts = _digested(self.store.read(self.manifest, dumped), digest)
            for some in _groups(documents_of(unpacked(parts))):
                self.check()
                self.into[dumped.name].insert_many(some, ordered=False)
        except StoredBytesNotFound:
            return ["its file is missing"]
        except (zlib.error, EOFError, ValueError, InvalidBSON):
            return ["its file is damaged"]
        except BulkWriteError as error:
            codes = sorted({each["code"] for each in error.details["writeErrors"]})
            return [f"MongoDB does not take some of its documents (errors {codes})"]
        problems = []
        if digest.hexdigest() != dumped.sha256:
            problems.append("its file is not the one that was stored: the checksum differs")
        return problems + self._compare(dumped) + self._make_indexes(dumped.name, told["indexes"])

    def end(self) -> list[str]:
        """Make the views, and note that all is there; return what went wrong."""
        problems = []
        for each in self.manifest.views:
            view: Document = json_util.loads(each)
            try:
                self.into.command({"create": view.pop("name"), **view})
            except OperationFailure as error:
                problems.append(f"a view cannot be made: MongoDB's error {error.code}")
        self.into[BACKUPS].delete_one({"_id": MARK})
        return problems

    def _compare(self, dumped: DumpedCollection) -> list[str]:
        """Read back what was stored: so many documents, and the same ones."""
        content = Content()
        for _ in content.passing(by_key(self.into[dumped.name])):
            self.check()
        if content.documents != dumped.documents:
            return [f"{dumped.documents} documents were dumped, {content.documents} are restored"]
        if content.sha256 != dumped.content_sha256:
            return ["the restored documents are not those that were dumped: the checksum differs"]
        return []

    def _make_indexes(self, collection: str, indexes: list[Document]) -> list[str]:
        wanted = [
            {key: value for key, value in each.items() if key not in {"v", "ns"}}
            for each in indexes
            if each["name"] != "_id_" and not each.get("clustered")
        ]
        if wanted:
            try:
                self.into.command(
                    {"createIndexes": collection, "indexes": wanted, "commitQuorum": "majority"}
                )
            except OperationFailure as error:
                return [f"its indexes cannot be made: MongoDB's error {error.code}"]
        return []


def is_broken_off(database: Database[Document]) -> bool:
    """Say whether a restore into this database began and did not end."""
    return database[BACKUPS].find_one({"_id": MARK}) is not None


def _digested(parts: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for part in parts:
        digest.update(part)
        yield part


def _groups(documents: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    group: list[RawBSONDocument] = []
    size = 0
    for each in documents:
        group.append(each)
        size += len(each.raw)
        if len(group) >= AT_ONCE or size >= BYTES_AT_ONCE:
            yield group
            group, size = [], 0
    if group:
        yield group

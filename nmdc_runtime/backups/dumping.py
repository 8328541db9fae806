"""Dumps the database into object storage: each collection as a stream, never on a disk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import json_util
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure

from nmdc_runtime.backups.models import DumpedCollection, Manifest
from nmdc_runtime.backups.rules import chosen
from nmdc_runtime.backups.store import BackupStore
from nmdc_runtime.graph.lease import Hold
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.packing import Content, by_key, metadata_of, packed, packed_text

#: MongoDB keeps the past for some minutes only (``minSnapshotHistoryWindowInSeconds``), of
#: capped collections nothing, and of others nothing from before they were made.
SNAPSHOT_GONE: Final = frozenset({239, 246})
CANONICAL: Final = json_util.CANONICAL_JSON_OPTIONS


@dataclass(slots=True, kw_only=True)
class Dumper:
    """Makes one dump.

    Parameters
    ----------
    left_out
        See `rules.chosen`.
    """

    database: Database[Document]
    store: BackupStore
    left_out: Sequence[str]
    clock: Clock
    hold: Hold
    tell: Callable[[str], None]
    is_snapshot: bool = True

    def dump(self, backup_id: str, *, schema_version: str) -> Manifest:
        """Store all collections, then the manifest; return that.

        All are read as of one moment, as long as MongoDB remembers it. A collection that comes
        later than that, was made anew meanwhile, or is capped, is read as it is then, and the
        manifest says so.
        """
        began = self.clock()
        listed = list(self.database.list_collections())
        there = {each["name"] for each in listed if each["type"] == "collection"}
        names = chosen(there, left_out=self.left_out)
        options = {each["name"]: each.get("options") or {} for each in listed}
        with self.database.client.start_session(snapshot=True) as session:
            # The first read fixes the moment.
            self.database[names[0] if names else "_"].find_one({}, {"_id": 1}, session=session)
            collections = [
                self._dump_one(backup_id, each, options[each], session) for each in names
            ]
        manifest = Manifest(
            id=backup_id,
            database=self.database.name,
            schema_version=schema_version,
            began_at=began,
            ended_at=self.clock(),
            is_snapshot=self.is_snapshot,
            collections=collections,
            views=[_view(each) for each in listed if each["type"] == "view"],
            left_out=sorted(there.difference(names)),
        )
        self.hold.check()
        self.store.complete(manifest)
        return manifest

    def _dump_one(
        self, backup_id: str, name: str, options: Document, session: ClientSession
    ) -> DumpedCollection:
        try:
            return self._store_one(backup_id, name, options, session)
        except OperationFailure as error:
            if error.code not in SNAPSHOT_GONE:
                raise
            self.is_snapshot = False
            self.tell(f"{name}: MongoDB has no snapshot of it any more, so it is read as it is now")
            return self._store_one(backup_id, name, options, None)

    def _store_one(
        self, backup_id: str, name: str, options: Document, session: ClientSession | None
    ) -> DumpedCollection:
        collection = self.database[name]
        content = Content()
        file = f"{self.database.name}/{name}.bson.gz"
        batches = self._held(by_key(collection, session=session))
        stored = self.store.put(backup_id, file, packed(content.passing(batches)))
        about = metadata_of(collection, options)
        self.store.put(
            backup_id, f"{self.database.name}/{name}.metadata.json.gz", [packed_text(about)]
        )
        self.tell(f"{name}: {content.documents} documents")
        return DumpedCollection(
            name=name,
            file=file,
            documents=content.documents,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            content_sha256=content.sha256,
            about=about,
        )

    def _held(self, batches: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the batches for as long as the work is ours."""
        for batch in batches:
            self.hold.check()
            yield batch
        self.hold.check()


def _view(listed: Mapping[str, Any]) -> str:
    told = {"name": listed["name"], **(listed.get("options") or {})}
    return json_util.dumps(told, json_options=CANONICAL)

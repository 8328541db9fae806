"""Where dumps lie in the bucket, and who is at work on them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import ValidationError
from pymongo.database import Database

from nmdc_runtime.backups.models import FORMAT, Dump, DumpedCollection, Manifest
from nmdc_runtime.backups.rules import PREFIX, time_of
from nmdc_runtime.clients.object_storage import UNENDED, ObjectStorage, StoredBytesNotFound
from nmdc_runtime.graph.lease import Lease
from nmdc_runtime.mongo.documents import Document

#: Leases: one process at a time makes, removes or tries dumps of a database.
BACKUPS: Final = "_runtime.backups"
MANIFEST: Final = "manifest.json"
LASTS: Final = timedelta(seconds=30)
FILE_TYPE: Final = "application/gzip"


@dataclass(slots=True)
class Stored:
    """How many bytes were stored, and their digest."""

    size_bytes: int = 0
    sha256: str = ""


class BackupStore:
    """Keeps dumps below `PREFIX`: the files of mongodump, and a manifest."""

    def __init__(self, storage: ObjectStorage, database: Database[Document]) -> None:
        self._storage = storage
        self._database = database

    def lease(self) -> Lease:
        """Return what lets one process at a time work on dumps."""
        return Lease(self._database[BACKUPS], "backup", lasts=LASTS)

    def is_free(self, backup_id: str) -> bool:
        """Say whether nothing lies in the place of a dump."""
        return next(iter(self._storage.list_keys(f"{PREFIX}/{backup_id}/")), None) is None

    def put(self, backup_id: str, file: str, parts: Iterable[bytes]) -> Stored:
        """Store a file of a dump, whatever its size."""
        stored, digest = Stored(), hashlib.sha256()

        def passing() -> Iterator[bytes]:
            for part in parts:
                digest.update(part)
                stored.size_bytes += len(part)
                yield part

        self._storage.upload(_key(backup_id, file), passing(), content_type=FILE_TYPE)
        stored.sha256 = digest.hexdigest()
        return stored

    def complete(self, manifest: Manifest) -> None:
        """Let the dump be a whole one."""
        text = manifest.model_dump_json(indent=1).encode()
        self._storage.upload(_key(manifest.id, MANIFEST), [text], content_type="application/json")

    def read(self, manifest: Manifest, collection: DumpedCollection) -> Iterator[bytes]:
        """Yield the bytes of a collection's file, or raise `StoredBytesNotFound`."""
        return self._storage.read(_key(manifest.id, collection.file))

    def list_dumps(self) -> list[Dump]:
        """Return all that lies in the place of a dump, oldest first.

        One whose manifest or any of whose files is missing, or of another size, is not whole.
        """
        sizes: dict[str, dict[str, int]] = {}
        for key, size in self._storage.list_keys(f"{PREFIX}/"):
            backup_id, _, file = key.removeprefix(f"{PREFIX}/").partition("/")
            if time_of(backup_id) is not None:
                sizes.setdefault(backup_id, {})[file] = size
        return [self._dump(id_, sizes[id_]) for id_ in sorted(sizes)]

    def remove(self, backup_id: str) -> None:
        """Remove a dump: the manifest first, so that half of one is none."""
        self._storage.delete(_key(backup_id, MANIFEST))
        for key, _ in list(self._storage.list_keys(f"{PREFIX}/{backup_id}/")):
            self._storage.delete(key)

    def _dump(self, backup_id: str, sizes: dict[str, int]) -> Dump:
        if sizes.get(MANIFEST, UNENDED) == UNENDED:
            return Dump(backup_id)
        try:
            text = b"".join(self._storage.read(_key(backup_id, MANIFEST)))
            manifest = Manifest.model_validate_json(text)
        except StoredBytesNotFound:  # somebody removes it
            return Dump(backup_id)
        except ValidationError:
            return Dump(backup_id, is_strange=True)
        is_whole = (
            manifest.format == FORMAT
            and manifest.id == backup_id
            and all(sizes.get(each.file) == each.size_bytes for each in manifest.collections)
        )
        return Dump(backup_id, manifest) if is_whole else Dump(backup_id, is_strange=True)


def _key(backup_id: str, file: str) -> str:
    return f"{PREFIX}/{backup_id}/{file}"

"""A dump of collections in the layout of mongodump, so that mongorestore reads it."""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from pymongo.collection import Collection
from pymongo.database import Database

from nmdc_runtime.migration.errors import DumpRefused, NoRoom
from nmdc_runtime.migration.models import Dumped
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.packing import BATCH, LEVEL, count_documents, metadata_of, packed_text

MANIFEST: Final = "manifest.json"


class _Digesting:
    """Passes what is written on to a file, and knows its checksum."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size_bytes += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()


def check_folder(folder: Path, *, needed_bytes: int) -> None:
    """Raise `DumpRefused` unless the folder is empty or new, `NoRoom` if its disk is too small."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DumpRefused(f"{folder} is there already: name a folder that is empty, or not there")
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes:
        raise NoRoom(f"the dump in {folder}", needed=needed_bytes, free=free)


def dump(
    database: Database[Document],
    collections: Sequence[str],
    folder: Path,
    *,
    tell: Callable[[str], None],
    while_written: bool = False,
) -> list[Dumped]:
    """Write the collections to ``folder/<database>/<collection>.bson.gz``, and a manifest.

    Everything is on the disk when this returns. Raise `DumpRefused` if documents are missing;
    ``while_written``, that cannot be told: others may write, and each file has what it met.
    """
    place = folder / database.name
    place.mkdir(parents=True)
    folder.chmod(0o700)
    files = []
    for name in collections:
        dumped = _dump_one(database[name], place, while_written=while_written)
        tell(f"{name}: {dumped.documents} documents")
        files.append(dumped)
    manifest = {
        "database": database.name,
        "collections": [
            {
                "name": each.name,
                "file": f"{database.name}/{each.name}.bson.gz",
                "documents": each.documents,
                "size_bytes": each.size_bytes,
                "sha256": each.sha256,
            }
            for each in files
        ],
    }
    _write(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    _sync_folder(place)
    _sync_folder(folder)
    return files


def _dump_one(collection: Collection[Document], place: Path, *, while_written: bool) -> Dumped:
    expected = None if while_written else collection.count_documents({})
    count = 0
    with (place / f"{collection.name}.bson.gz").open("xb") as stream:
        digesting = _Digesting(stream)
        # Reproducible: neither a name nor a time inside.
        with gzip.GzipFile("", "wb", LEVEL, digesting, mtime=0) as packed:
            # The driver's types call a batch a document; it is the bytes of many.
            batches: Iterator[Any] = collection.find_raw_batches({}, batch_size=BATCH)
            for batch in batches:
                packed.write(batch)
                count += count_documents(batch)
        stream.flush()
        os.fsync(stream.fileno())
    if expected is not None and count != expected:
        raise DumpRefused(f"{collection.name} has {expected} documents, the dump {count}")
    indexes = [dict(each) for each in collection.list_indexes()]
    _write(place / f"{collection.name}.metadata.json.gz", packed_text(metadata_of(collection)))
    return Dumped(
        name=collection.name,
        documents=count,
        size_bytes=digesting.size_bytes,
        sha256=digesting.digest.hexdigest(),
        indexes=indexes,
    )


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

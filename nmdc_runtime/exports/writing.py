"""Documents as files on disk: JSON lines, packed, and Parquet beside them, in one pass.

The same documents give the same bytes, so that a checksum tells whether anything has changed.
"""

import gzip
import hashlib
import math
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from nmdc_runtime.metadata.parquet import ParquetFile
from nmdc_runtime.metadata.tables import Table
from nmdc_runtime.mongo.documents import Document, to_json

#: zlib's level. Packing goes on beside what takes seven times as long.
LEVEL: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that is complete."""

    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCollection:
    """The files of a collection."""

    documents: int
    lines: Written
    parquet: Written


class DigestingFile:
    """A file that is written from the first byte to the last, and knows its checksum."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO = path.open("xb")
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self._digest.update(data)
        self._size_bytes += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._stream.flush()

    def close(self) -> Written:
        """Complete the file and tell what it has become."""
        self._stream.close()
        return Written(
            path=self._path, size_bytes=self._size_bytes, sha256=self._digest.hexdigest()
        )

    def abandon(self) -> None:
        """Close the file, whatever it holds."""
        self._stream.close()


def write_collection(
    batches: Iterable[list[Document]], *, table: Table, lines: Path, parquet: Path
) -> WrittenCollection:
    """Write documents to two new files.

    Packing needs no interpreter: it happens in a thread, at most one batch behind.
    """
    documents = 0
    lines_file, parquet_file = DigestingFile(lines), DigestingFile(parquet)
    try:
        rows = ParquetFile(table, group_s=math.inf)
        # Reproducible: neither a name nor a time inside.
        with (
            gzip.GzipFile("", "wb", LEVEL, lines_file, mtime=0) as packed,
            ThreadPoolExecutor(1) as packer,
        ):
            behind: Future[int] | None = None
            for batch in batches:
                together = b"".join([to_json(each, zoned=True) + b"\n" for each in batch])
                if behind is not None:
                    behind.result()
                behind = packer.submit(packed.write, together)
                parquet_file.write(rows.add(batch))
                documents += len(batch)
            if behind is not None:
                behind.result()
        parquet_file.write(rows.end())
        return WrittenCollection(
            documents=documents, lines=lines_file.close(), parquet=parquet_file.close()
        )
    finally:
        lines_file.abandon()
        parquet_file.abandon()

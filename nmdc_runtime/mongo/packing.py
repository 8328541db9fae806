"""Collections as the files of a dump, and back: BSON, packed, in the layout of mongodump."""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bson import json_util
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from nmdc_runtime.mongo.documents import Document

LEVEL: Final = 1  # zlib's fastest: a dump is made while others wait
BATCH: Final = 2_000
BITE: Final = 1 << 20
#: A packed file, as zlib says it.
_GZIP: Final = 16 + zlib.MAX_WBITS
#: The least that a document of BSON can be.
_LEAST_BYTES: Final = 5


def count_documents(batch: bytes) -> int:
    """Count the documents in a batch: each begins with its length."""
    at = count = 0
    while at < len(batch):
        at += struct.unpack_from("<i", batch, at)[0]
        count += 1
    return count


def metadata_of(collection: Collection[Document], options: Document | None = None) -> str:
    """Return what mongodump says of a collection: its options and indexes."""
    told = {
        "options": options or {},
        "indexes": [dict(each) for each in collection.list_indexes()],
        "collectionName": collection.name,
        "type": "collection",
    }
    return json_util.dumps(told, json_options=json_util.CANONICAL_JSON_OPTIONS)


def packed_text(text: str) -> bytes:
    """Return a gzip file of a text."""
    return gzip.compress(text.encode(), mtime=0)


@dataclass(slots=True)
class Content:
    """How many documents passed by, and the digest of their BSON one after the other."""

    documents: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """The digest of all that passed."""
        return self._digest.hexdigest()

    def passing(self, batches: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the batches on."""
        for batch in batches:
            self._digest.update(batch)
            self.documents += count_documents(batch)
            yield batch


def by_key(
    collection: Collection[Document], *, session: ClientSession | None = None
) -> Iterator[bytes]:
    """Yield the BSON of all documents in the order of ``_id``: of equal collections it is equal."""
    # The driver's types call a batch a document; it is the bytes of many.
    batches: Any = collection.find_raw_batches(
        {}, sort=[("_id", 1)], batch_size=BATCH, session=session
    )
    with batches:
        yield from batches


def packed(batches: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a gzip file; reproducible: neither a name nor a time inside."""
    packer = zlib.compressobj(LEVEL, wbits=_GZIP)
    for batch in batches:
        if part := packer.compress(batch):
            yield part
    yield packer.flush()


def unpacked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a gzip file holds; raise `EOFError` if its end is missing, `zlib.error`."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    for part in parts:
        rest = part
        while rest:  # in bites: a part may hold a thousand times its size
            yield unpacker.decompress(rest, BITE)
            rest = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError("the file ends in the middle")


def documents_of(parts: Iterable[bytes]) -> Iterator[RawBSONDocument]:
    """Yield the documents, wherever the parts are cut; raise `ValueError` if they are none."""
    rest = b""
    for part in parts:
        data = rest + part
        at = 0
        while len(data) - at >= _LEAST_BYTES:
            length = struct.unpack_from("<i", data, at)[0]
            if length < _LEAST_BYTES:
                raise ValueError("these bytes are no documents")
            if len(data) - at < length:
                break
            yield RawBSONDocument(data[at : at + length])
            at += length
        rest = data[at:]
    if rest:
        raise ValueError("a document ends in the middle")

"""The bytes that the hub keeps itself, in GridFS: its chunks first, then the file, in one go."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Final

from bson import Binary
from gridfs import GridFS, NoFile
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.objects.errors import StoredFileNotFound
from nmdc_runtime.objects.models import FileFacts, StoredFile
from nmdc_runtime.objects.store import CHUNKS, FILES

#: Bytes in one chunk: GridFS's own default.
CHUNK_SIZE: Final = 255 * 1024
#: Chunks that are sent to MongoDB, or read from it, at once.
BATCH: Final = 16
UNKNOWN_TYPE: Final = "application/octet-stream"


class FileStore:
    """Writes and reads whole files in GridFS.

    The driver's own upload writes the chunks and then the file's document, and takes part in no
    transaction. Here the file's document is written in that of the record, so that both are there
    or neither is; chunks without one are seen by nobody, and swept away.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._files = GridFS(database)
        self._facts = database[FILES]
        self._chunks = database[CHUNKS]

    def put_chunks(self, object_id: str, content: bytes) -> None:
        """Store the bytes, which nobody can see yet."""
        for first in range(0, len(content), BATCH * CHUNK_SIZE):
            batch = content[first : first + BATCH * CHUNK_SIZE]
            self._chunks.insert_many(
                {
                    "files_id": object_id,
                    "n": (first + at) // CHUNK_SIZE,
                    "data": Binary(batch[at : at + CHUNK_SIZE]),
                }
                for at in range(0, len(batch), CHUNK_SIZE)
            )

    def add(self, facts: FileFacts, *, at: datetime, tx: Transaction) -> None:
        """Make a file of the chunks."""
        self._facts.insert_one(
            {
                "_id": facts.object_id,
                "filename": facts.name,
                "contentType": facts.content_type,
                "encoding": "utf-8",
                "chunkSize": facts.chunk_size,
                "length": facts.length,
                "uploadDate": at,
            },
            session=tx.session,
        )

    def get(self, object_id: str) -> StoredFile:
        """Return the bytes, or raise `StoredFileNotFound`."""
        facts = _facts_of(self._facts.find_one({"_id": object_id}), object_id)
        try:
            content = self._files.get(object_id).read()
        except NoFile as absent:
            raise StoredFileNotFound(object_id) from absent
        return StoredFile(name=facts.name, content_type=facts.content_type, content=content)

    def has(self, object_id: str) -> bool:
        """Say whether bytes are kept under this id."""
        return self._facts.find_one({"_id": object_id}, {"_id": 1}) is not None

    def read(self, object_id: str) -> Iterator[bytes]:
        """Yield the bytes in parts, or raise `StoredFileNotFound`."""
        try:
            stream = self._files.get(object_id)
        except NoFile as absent:
            raise StoredFileNotFound(object_id) from absent
        while part := stream.readchunk():
            yield part

    def delete(self, object_id: str) -> None:
        """Forget the bytes; nothing happens if there are none."""
        self._files.delete(object_id)


class FileReads:
    """Reads parts of files, for the hub only."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._facts = database[FILES]
        self._chunks = database[CHUNKS]

    async def get_facts(self, object_id: str) -> FileFacts:
        """Return what is known of the file, or raise `StoredFileNotFound`."""
        return _facts_of(await self._facts.find_one({"_id": object_id}), object_id)

    async def read(self, facts: FileFacts, part: range) -> AsyncIterator[bytes]:
        """Yield these bytes of the file, a few chunks in memory at a time."""
        first = part.start // facts.chunk_size
        cursor = self._chunks.find(
            {
                "files_id": facts.object_id,
                "n": {"$gte": first, "$lte": (part.stop - 1) // facts.chunk_size},
            },
            {"_id": 0, "n": 1, "data": 1},
            sort=[("n", 1)],
            batch_size=BATCH,
        )
        async with cursor:
            async for chunk in cursor:
                begins = chunk["n"] * facts.chunk_size
                yield bytes(chunk["data"][max(0, part.start - begins) : max(0, part.stop - begins)])


def _facts_of(document: Document | None, object_id: str) -> FileFacts:
    if document is None:
        raise StoredFileNotFound(object_id)
    # Read as a document: the driver's own property for the published field is deprecated.
    return FileFacts(
        object_id=object_id,
        name=document.get("filename") or object_id,
        content_type=document.get("contentType") or UNKNOWN_TYPE,
        length=document["length"],
        chunk_size=document["chunkSize"],
    )

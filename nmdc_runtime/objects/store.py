"""The only module that knows the shape of ``objects`` and of the files that the hub keeps."""

from gridfs import GridFS, NoFile
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.objects.errors import ObjectNotFound, StoredFileNotFound
from nmdc_runtime.objects.models import Checksum, DrsObject, StoredFile

OBJECTS = "objects"
FILES = "fs.files"
INDEXES = (
    Index(collection=OBJECTS, keys=("id",), unique=True),
    Index(collection=OBJECTS, keys=("checksums.type", "checksums.checksum"), unique=True),
    Index(collection=OBJECTS, keys=("types",)),
    Index(collection=FILES, keys=("filename", "uploadDate")),
    Index(collection="fs.chunks", keys=("files_id", "n"), unique=True),
)


class ObjectStore:
    """Reads and writes DRS records and stored files."""

    def __init__(self, database: Database[Document]) -> None:
        self._objects = database[OBJECTS]
        self._files = GridFS(database)
        self._file_facts = database[FILES]

    def get(self, object_id: str) -> DrsObject:
        """Return the object, or raise `ObjectNotFound`."""
        document = self._objects.find_one({"id": object_id}, NO_OBJECT_ID)
        if document is None:
            raise ObjectNotFound(object_id)
        return DrsObject.model_validate(document)

    def find_by_checksum(self, checksum: Checksum) -> DrsObject | None:
        """Return the object that has this digest, if there is one."""
        document = self._objects.find_one(
            {"checksums": {"$elemMatch": checksum.model_dump()}}, NO_OBJECT_ID
        )
        return DrsObject.model_validate(document) if document else None

    def add(self, record: DrsObject, *, managed_by: str) -> bool:
        """Store the record; False if an object with this digest is there already."""
        document = record.model_dump(exclude_none=True) | {"_mgr_site": managed_by}
        try:
            self._objects.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def put_file(self, object_id: str, file: StoredFile) -> None:
        """Keep the bytes under the object's id."""
        self._files.put(
            file.content,
            _id=object_id,
            filename=file.name,
            contentType=file.content_type,
            encoding="utf-8",
        )

    def has_file(self, object_id: str) -> bool:
        """Say whether bytes are kept under this id."""
        return self._files.exists(object_id)

    def get_file(self, object_id: str) -> StoredFile:
        """Return the bytes, or raise `StoredFileNotFound`."""
        try:
            stream = self._files.get(object_id)
        except NoFile as absent:
            raise StoredFileNotFound(object_id) from absent
        # Read as a document: the driver's own property for the published field is deprecated.
        facts = self._file_facts.find_one({"_id": object_id}) or {}
        return StoredFile(
            name=stream.filename or object_id,
            content_type=facts.get("contentType") or "application/octet-stream",
            content=stream.read(),
        )

    def delete_file(self, object_id: str) -> None:
        """Forget the bytes; nothing happens if there are none."""
        self._files.delete(object_id)

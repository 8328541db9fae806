"""The only module that knows the shape of ``objects`` and of the notes on uploads under way."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.objects.errors import ChecksumTaken, ObjectNotFound
from nmdc_runtime.objects.models import Checksum, DrsObject, DrsObjectIn, Upload
from nmdc_runtime.objects.rules import KEPT, MANAGER, SAME_AS, TYPES

OBJECTS: Final = "objects"
UPLOADS: Final = "_runtime.uploads"
FILES: Final = "fs.files"
CHUNKS: Final = "fs.chunks"
#: When an object's types were last set: by this, what is new is looked at alone.
TYPED_AT: Final = "_typed_at"
CHECKSUM_INDEX: Final = "checksums.type_1_checksums.checksum_1"
INDEXES: Final = (
    Index(collection=OBJECTS, keys=("id",), unique=True),
    # Among registered objects, and among those whose bytes the hub keeps: whoever registers the
    # checksum of bytes before the hub gets them must not be able to keep it from keeping them.
    Index(
        collection=OBJECTS,
        keys=("checksums.type", "checksums.checksum", KEPT),
        unique=True,
        name=CHECKSUM_INDEX,
    ),
    Index(collection=OBJECTS, keys=(SAME_AS,), partial={SAME_AS: {"$exists": True}}),
    Index(collection=OBJECTS, keys=(TYPES,)),
    Index(collection=OBJECTS, keys=(TYPES, TYPED_AT)),
    Index(collection=UPLOADS, keys=("started_at",)),
    Index(collection=FILES, keys=("filename", "uploadDate")),
    Index(collection=CHUNKS, keys=("files_id", "n"), unique=True),
)


class ObjectStore:
    """Reads and writes DRS records, and notes of uploads."""

    def __init__(self, database: Database[Document]) -> None:
        self._objects = database[OBJECTS]
        self._uploads = database[UPLOADS]

    def get(self, object_id: str, *, tx: Transaction | None = None) -> Document:
        """Return the object as it is stored, or raise `ObjectNotFound`."""
        document = self._objects.find_one({"id": object_id}, NO_OBJECT_ID, session=session_of(tx))
        if document is None:
            raise ObjectNotFound(object_id)
        return document

    def list_of(self, ids: Iterable[str], *, tx: Transaction | None = None) -> list[Document]:
        """Return those of the objects that there are."""
        found = self._objects.find({"id": {"$in": list(ids)}}, NO_OBJECT_ID, session=session_of(tx))
        return list(found)

    def find_kept(self, checksum: Checksum) -> Document | None:
        """Return the object of this digest whose bytes the hub keeps, if there is one."""
        return self._objects.find_one(
            {"checksums": {"$elemMatch": checksum.model_dump()}, KEPT: True}, NO_OBJECT_ID
        )

    def find_same(self, same_as: str) -> Document | None:
        """Return the first object that was kept as the same in what matters, if there is one."""
        return self._objects.find_one(
            {SAME_AS: same_as, KEPT: True}, NO_OBJECT_ID, sort=[("created_time", 1), ("id", 1)]
        )

    def check_new(
        self, record: DrsObjectIn, *, besides: str | None = None, tx: Transaction
    ) -> None:
        """Raise `ChecksumTaken` if another object, kept or registered, has one of its checksums.

        Of two that are registered at once, the unique index decides.
        """
        for checksum in record.checksums:
            taken = self._objects.find_one(
                {
                    "checksums": {"$elemMatch": checksum.model_dump()},
                    "id": {"$ne": besides},
                },
                {"_id": 0, "id": 1},
                session=tx.session,
            )
            if taken is not None:
                raise ChecksumTaken(checksum.model_dump(), object_id=taken["id"])

    def add(
        self,
        record: DrsObject,
        *,
        managed_by: str,
        is_kept: bool = False,
        same_as: str | None = None,
        tx: Transaction,
    ) -> Document:
        """Store the record and return its document; raise `ChecksumTaken`."""
        document = _document(record) | {MANAGER: managed_by} | ({KEPT: True} if is_kept else {})
        if same_as is not None:
            document[SAME_AS] = same_as
        try:
            self._objects.insert_one(document, session=tx.session)
        except DuplicateKeyError as error:
            raise _taken(error) from error
        document.pop("_id", None)
        return document

    def replace(self, record: DrsObject, *, before: Document, tx: Transaction) -> Document:
        """Store the record in place of the document, whose own fields stay; return the new one."""
        own = {
            name: value for name, value in before.items() if name.startswith("_") or name == TYPES
        }
        after = _document(record) | own
        try:
            self._objects.replace_one({"id": record.id}, dict(after), session=tx.session)
        except DuplicateKeyError as error:
            raise _taken(error) from error
        return after

    def set_types(
        self, object_id: str, types: Iterable[str], *, at: datetime, tx: Transaction
    ) -> Document:
        """Tag the object with these types and no others; return it, or raise `ObjectNotFound`."""
        document = self._objects.find_one_and_update(
            {"id": object_id},
            {"$set": {TYPES: list(types), TYPED_AT: at}},
            NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        if document is None:
            raise ObjectNotFound(object_id)
        return document

    def note_upload(self, upload: Upload, *, tx: Transaction | None = None) -> None:
        """Note that bytes are on their way."""
        self._uploads.insert_one(
            {
                "_id": upload.object_id,
                "place": upload.place,
                "started_at": upload.started_at,
                "site_id": upload.site_id,
                "operation_id": upload.operation_id,
            },
            session=session_of(tx),
        )

    def find_upload(self, object_id: str, *, tx: Transaction | None = None) -> Upload | None:
        """Return what was noted of this upload, if it has not ended."""
        note = self._uploads.find_one({"_id": object_id}, session=session_of(tx))
        return None if note is None else _upload(note)

    def end_upload(self, object_id: str, *, tx: Transaction | None = None) -> bool:
        """Forget the upload; False if it has ended, or was given up."""
        live = {"_id": object_id, "given_up": {"$ne": True}}
        return self._uploads.delete_one(live, session=session_of(tx)).deleted_count == 1

    def give_up(self, object_id: str) -> bool:
        """Let the upload never end well: its bytes may be deleted. False if it has ended."""
        result = self._uploads.update_one({"_id": object_id}, {"$set": {"given_up": True}})
        return result.matched_count == 1

    def forget_upload(self, object_id: str) -> None:
        """Forget an upload that was given up, when its bytes are gone."""
        self._uploads.delete_one({"_id": object_id, "given_up": True})

    def list_uploads(self, *, before: datetime) -> list[Upload]:
        """Return the uploads of the hub's own that began before this moment and have not ended."""
        own = {"started_at": {"$lt": before}, "place": {"$ne": "site"}}
        return [_upload(note) for note in self._uploads.find(own)]

    def forget_issued(self, *, before: datetime) -> None:
        """Forget the ids that sites were given before this moment, and did not use."""
        self._uploads.delete_many({"started_at": {"$lt": before}, "place": "site"})


def _document(record: DrsObject) -> Document:
    """Return what is stored: only what is set."""
    return record.model_dump(exclude_none=True)


def _upload(note: Mapping[str, Any]) -> Upload:
    return Upload(
        object_id=note["_id"],
        place=note["place"],
        started_at=note["started_at"],
        site_id=note.get("site_id"),
        operation_id=note.get("operation_id"),
    )


def _taken(error: DuplicateKeyError) -> Exception:
    """Tell a checksum that another object has from an id that is taken, which stays what it is."""
    values = (error.details or {}).get("keyValue") or {}
    if "checksums.checksum" not in values:
        return error
    return ChecksumTaken(
        {"type": values.get("checksums.type"), "checksum": values["checksums.checksum"]}
    )

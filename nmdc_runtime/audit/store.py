"""The only module that knows the shape of the ``_runtime.audit`` collection."""

from typing import Final

from pymongo import ASCENDING
from pymongo.database import Database

from nmdc_runtime.audit.models import AuditRecord
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

AUDIT: Final = "_runtime.audit"
INDEXES: Final = (
    Index(collection=AUDIT, keys=("id",), unique=True),
    Index(collection=AUDIT, keys=("targets", "id")),
    Index(collection=AUDIT, keys=("username", "id")),
    Index(collection=AUDIT, keys=("action", "id")),
    Index(collection=AUDIT, keys=("request_id",)),
    Index(collection=AUDIT, keys=("at",)),
)


class AuditStore:
    """Writes and reads records; none is ever changed."""

    def __init__(self, database: Database[Document]) -> None:
        self._audit = database[AUDIT]

    def add(self, record: AuditRecord, *, tx: Transaction | None = None) -> None:
        """Keep the record."""
        self._audit.insert_one(record.model_dump(exclude_none=True), session=session_of(tx))

    def list_of(self, target: str) -> list[AuditRecord]:
        """Return the records of one target, oldest first."""
        found = self._audit.find({"targets": target}, NO_OBJECT_ID).sort("id", ASCENDING)
        return [AuditRecord.model_validate(document) for document in found]

"""The only module that knows the shape of the ``operations`` collection."""

from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.operations.errors import OperationNotFound
from nmdc_runtime.operations.models import Operation

OPERATIONS = "operations"
INDEXES = (
    Index(collection=OPERATIONS, keys=("id",), unique=True),
    Index(collection=OPERATIONS, keys=("metadata.job.id", "metadata.site_id", "done")),
    Index(collection=OPERATIONS, keys=("done", "expire_time")),
)


class OperationStore:
    """Reads and writes operations."""

    def __init__(self, database: Database[Document]) -> None:
        self._operations = database[OPERATIONS]

    def get(self, operation_id: str, *, tx: Transaction | None = None) -> Operation:
        """Return the operation, or raise `OperationNotFound`."""
        document = self._operations.find_one(
            {"id": operation_id}, NO_OBJECT_ID, session=session_of(tx)
        )
        if document is None:
            raise OperationNotFound(operation_id)
        return Operation.model_validate(document)

    def add(self, operation: Operation, *, tx: Transaction) -> None:
        """Store a new operation."""
        self._operations.insert_one(operation.model_dump(), session=tx.session)

    def mark_done(
        self,
        operation_id: str,
        *,
        result: dict[str, Any],
        metadata: dict[str, Any],
        tx: Transaction,
    ) -> bool:
        """Close the operation unless it is closed; of two at once, one wins."""
        changes = {f"metadata.{key}": value for key, value in metadata.items()}
        outcome = self._operations.update_one(
            {"id": operation_id, "done": {"$ne": True}},
            {"$set": {"done": True, "result": result, **changes}},
            session=tx.session,
        )
        return outcome.modified_count == 1

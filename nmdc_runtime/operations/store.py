"""The only module that knows the shape of the ``operations`` collection."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.filters import ClientFilter
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.operations.errors import OperationNotFound
from nmdc_runtime.operations.models import (
    EXPIRED,
    JOB_CLAIM_MODEL,
    OBJECT_PUT_MODEL,
    Operation,
)

OPERATIONS = "operations"
#: Operations that were over long ago, as they were.
ARCHIVE = "_runtime.archived_operations"
INDEXES = (
    Index(collection=OPERATIONS, keys=("id",), unique=True),
    Index(collection=OPERATIONS, keys=("metadata.job.id", "metadata.site_id", "done")),
    Index(collection=OPERATIONS, keys=("done", "expire_time")),
    # What a site has promised and not done yet: its sensors look for it all the time.
    Index(
        collection=OPERATIONS,
        keys=("metadata.site_id", "metadata.job.workflow.id"),
        name="open_claims",
        partial={"done": False},
    ),
    # Uploads that are done, of which the objects may have to be registered yet.
    Index(
        collection=OPERATIONS,
        keys=("done", "metadata.settled_at"),
        name="object_puts",
        partial={"metadata.model": OBJECT_PUT_MODEL},
    ),
    Index(collection=ARCHIVE, keys=("id",), unique=True),
)
OPEN: Document = {"done": {"$ne": True}}


class OperationStore:
    """Reads and writes operations."""

    def __init__(self, database: Database[Document]) -> None:
        self._operations = database[OPERATIONS]
        self._archive = database[ARCHIVE]

    def find(self, operation_id: str, *, tx: Transaction | None = None) -> Operation | None:
        """Return the operation of this id."""
        document = self._operations.find_one(
            {"id": operation_id}, NO_OBJECT_ID, session=session_of(tx)
        )
        return None if document is None else Operation.model_validate(document)

    def get(self, operation_id: str, *, tx: Transaction | None = None) -> Operation:
        """Return the operation, or raise `OperationNotFound`."""
        operation = self.find(operation_id, tx=tx)
        if operation is None:
            raise OperationNotFound(operation_id)
        return operation

    def list_cancelled_ids(self, *, job_id: str, site_id: str, tx: Transaction) -> list[str]:
        """Return the operations of a site on a job that came to nothing, in order of id."""
        wanted = {
            "metadata.job.id": job_id,
            "metadata.site_id": site_id,
            "metadata.cancelled": True,
        }
        found = self._operations.find(wanted, {"_id": 0, "id": 1}, session=tx.session)
        return sorted(document["id"] for document in found)

    def list_overdue_ids(self, *, now: datetime, most: int) -> list[str]:
        """Return open operations whose time is over, the oldest first."""
        # `False` and not OPEN: only an equality lets the index give their order.
        overdue = {
            "done": False,
            "expire_time": {"$lte": now},
            "metadata": {"$type": "object"},
        }
        found = self._operations.find(overdue, {"_id": 0, "id": 1})
        return [each["id"] for each in found.sort("expire_time", ASCENDING).limit(most)]

    def iterate_live_claims(
        self, *, site_id: str, workflow_id: str, now: datetime
    ) -> Iterator[Operation]:
        """Yield the operations of claims that the site holds on jobs of the workflow."""
        live = {
            "done": False,  # and not OPEN: only an equality lets the index answer
            "metadata.site_id": site_id,
            "metadata.job.workflow.id": workflow_id,
            "metadata.model": JOB_CLAIM_MODEL,
            "metadata.cancelled": {"$ne": True},
            "expire_time": {"$gt": now},
        }
        for document in self._operations.find(live, NO_OBJECT_ID):
            yield Operation.model_validate(document)

    def list_matching(self, wanted: ClientFilter, *, most: int) -> list[Operation]:
        """Return operations that a filter matches, so many at most."""
        found = self._operations.find(wanted.document, NO_OBJECT_ID).limit(most)
        return [Operation.model_validate(document) for document in found]

    def archive(self, *, ended_before: datetime, most: int, tx: Transaction) -> int:
        """Put expired claims and settled uploads away whose time was over then; return how many.

        They are kept as they are, elsewhere.
        """
        over = {
            "done": True,
            "expire_time": {"$lt": ended_before},
            "$or": [{"result.code": EXPIRED}, {"metadata.settled_at": {"$exists": True}}],
        }
        found = list(self._operations.find(over, session=tx.session).limit(most))
        if found:
            self._archive.insert_many(found, session=tx.session)
            gone = {"_id": {"$in": [each["_id"] for each in found]}}
            self._operations.delete_many(gone, session=tx.session)
        return len(found)

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
        outcome = self._operations.update_one(
            {"id": operation_id, **OPEN}, _closing(result, metadata), session=tx.session
        )
        return outcome.modified_count == 1

    def mark_all_done(
        self,
        *,
        job_id: str,
        site_id: str,
        result: dict[str, Any],
        metadata: dict[str, Any],
        tx: Transaction,
    ) -> int:
        """Close all that the site has open on the job; return how many."""
        outcome = self._operations.update_many(
            {"metadata.job.id": job_id, "metadata.site_id": site_id, **OPEN},
            _closing(result, metadata),
            session=tx.session,
        )
        return outcome.modified_count

    def mark_expired(
        self,
        operation_id: str,
        *,
        now: datetime,
        result: dict[str, Any],
        metadata: dict[str, Any],
        tx: Transaction,
    ) -> bool:
        """Close the operation if it is open and its time is over; of two at once, one wins."""
        outcome = self._operations.update_one(
            {"id": operation_id, **OPEN, "expire_time": {"$lte": now}},
            _closing(result, metadata),
            session=tx.session,
        )
        return outcome.modified_count == 1

    def change(
        self, operation_id: str, changes: Mapping[str, Any], *, tx: Transaction
    ) -> Operation:
        """Set whole attributes, e.g. ``metadata``, and return the operation as it is then.

        What they are made of was read in the same transaction, which anybody else's write to the
        operation would make start again.
        """
        document = self._operations.find_one_and_update(
            {"id": operation_id},
            {"$set": dict(changes)},
            projection=NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        if document is None:
            raise OperationNotFound(operation_id)
        return Operation.model_validate(document)


def _closing(result: Mapping[str, Any], metadata: Mapping[str, Any]) -> Document:
    facts = {f"metadata.{key}": value for key, value in metadata.items()}
    return {"$set": {"done": True, "result": result, **facts}}

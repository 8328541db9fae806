"""The shape of the collections of the catalogue: the models, one document a row.

Rows that an administrator added or changed also have ``managed_by``, which no answer shows: boot
leaves them as they are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from pymongo import ReplaceOne, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from nmdc_runtime.catalog.models import Capability, ObjectType, Trigger, Workflow
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

WORKFLOWS: Final = "workflows"
CAPABILITIES: Final = "capabilities"
OBJECT_TYPES: Final = "object_types"
TRIGGERS: Final = "triggers"
INDEXES: Final = tuple(
    Index(collection=collection, keys=("id",), unique=True)
    for collection in (WORKFLOWS, CAPABILITIES, OBJECT_TYPES, TRIGGERS)
)
DUPLICATE_KEY: Final = 11000
MANAGED: Final = {"managed_by": "administrator"}

Row = Workflow | Capability | ObjectType | Trigger
RowType = TypeVar("RowType", Workflow, Capability, ObjectType, Trigger)
COLLECTIONS: Final[dict[type[BaseModel], str]] = {
    Workflow: WORKFLOWS,
    Capability: CAPABILITIES,
    ObjectType: OBJECT_TYPES,
    Trigger: TRIGGERS,
}


class CatalogStore:
    """Reads and writes the rows of the catalogue; the class of a row says where it lies."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def put_built_in(self, rows: Sequence[Row]) -> None:
        """Write these rows, unless an administrator changed them; leave all others.

        A row that was changed does not match, so that the unique index on ``id`` refuses another
        one. It also lets several processes do so at once.
        """
        by_class: dict[type[Row], list[Row]] = {}
        for row in rows:
            by_class.setdefault(type(row), []).append(row)
        for model, some in by_class.items():
            writes = [
                ReplaceOne(
                    {"id": row.id, "managed_by": {"$exists": False}}, row.model_dump(), upsert=True
                )
                for row in some
            ]
            try:
                self._collection(model).bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                failures = (error.details or {}).get("writeErrors", [])
                if any(failure["code"] != DUPLICATE_KEY for failure in failures):
                    raise

    def add(self, row: Row, *, tx: Transaction) -> bool:
        """Add a row for an administrator; say no if there is one of this id."""
        try:
            self._collection(type(row)).insert_one(
                {**row.model_dump(), **MANAGED}, session=tx.session
            )
        except DuplicateKeyError:
            return False
        return True

    def change(
        self, model: type[RowType], row_id: str, changes: dict[str, Any], *, tx: Transaction
    ) -> RowType | None:
        """Set these fields for an administrator; return the row, or None if there is none."""
        document = self._collection(model).find_one_and_update(
            {"id": row_id},
            {"$set": {**changes, **MANAGED}},
            NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        return None if document is None else model.model_validate(document)

    def remove(self, model: type[Row], row_id: str, *, tx: Transaction) -> bool:
        """Remove the row; say whether there was one."""
        result = self._collection(model).delete_one({"id": row_id}, session=tx.session)
        return result.deleted_count == 1

    def find(
        self, model: type[RowType], row_id: str, *, tx: Transaction | None = None
    ) -> RowType | None:
        """Return the row of this id."""
        document = self._collection(model).find_one(
            {"id": row_id}, NO_OBJECT_ID, session=session_of(tx)
        )
        return None if document is None else model.model_validate(document)

    def list_all(self, model: type[RowType]) -> list[RowType]:
        """Return all rows, in the order in which they came to be."""
        return self._list(model, {})

    def list_ids(self, model: type[Row]) -> list[str]:
        """Return the ids of all rows, sorted."""
        found = self._collection(model).find({}, {"_id": 0, "id": 1})
        return sorted(document["id"] for document in found)

    def find_ids(self, model: type[Row], row_ids: Iterable[str], *, tx: Transaction) -> set[str]:
        """Return those of the ids that there are rows of."""
        found = self._collection(model).find(
            {"id": {"$in": list(row_ids)}}, {"_id": 0, "id": 1}, session=tx.session
        )
        return {document["id"] for document in found}

    def list_of(
        self, model: type[RowType], row_ids: Iterable[str], *, tx: Transaction | None = None
    ) -> list[RowType]:
        """Return the rows of these ids."""
        return self._list(model, {"id": {"$in": list(row_ids)}}, tx=tx)

    def list_triggers_of(
        self, object_type_ids: Iterable[str], *, tx: Transaction | None = None
    ) -> list[Trigger]:
        """Return the triggers that objects of these types set off."""
        return self._list(Trigger, {"object_type_id": {"$in": list(object_type_ids)}}, tx=tx)

    def list_triggers_for(
        self, workflow_id: str, *, tx: Transaction | None = None
    ) -> list[Trigger]:
        """Return the triggers that ask for this workflow."""
        return self._list(Trigger, {"workflow_id": workflow_id}, tx=tx)

    def list_workflow_ids_with(self, capability_id: str, *, tx: Transaction) -> list[str]:
        """Return the ids of the workflows that need this capability, sorted."""
        found = self._list(Workflow, {"capability_ids": capability_id}, tx=tx)
        return sorted(workflow.id for workflow in found)

    def _list(
        self, model: type[RowType], condition: Document, *, tx: Transaction | None = None
    ) -> list[RowType]:
        found = self._collection(model).find(
            condition, NO_OBJECT_ID, sort=[("_id", 1)], session=session_of(tx)
        )
        return [model.model_validate(document) for document in found]

    def _collection(self, model: type[BaseModel]) -> Collection[Document]:
        return self._database[COLLECTIONS[model]]

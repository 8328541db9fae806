"""The shape of the collections of the catalogue: the models, one document a row."""

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from nmdc_runtime.catalog.models import Capability, ObjectType, Trigger, Workflow
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index

WORKFLOWS: Final = "workflows"
CAPABILITIES: Final = "capabilities"
OBJECT_TYPES: Final = "object_types"
TRIGGERS: Final = "triggers"
INDEXES: Final = tuple(
    Index(collection=collection, keys=("id",), unique=True)
    for collection in (WORKFLOWS, CAPABILITIES, OBJECT_TYPES, TRIGGERS)
)


class CatalogStore:
    """Reads and writes the rows of the catalogue."""

    def __init__(self, database: Database[Document]) -> None:
        self._workflows = database[WORKFLOWS]
        self._capabilities = database[CAPABILITIES]
        self._object_types = database[OBJECT_TYPES]
        self._triggers = database[TRIGGERS]

    def put_rows(
        self,
        *,
        workflows: Sequence[Workflow],
        capabilities: Sequence[Capability],
        object_types: Sequence[ObjectType],
        triggers: Sequence[Trigger],
    ) -> None:
        """Write these rows as given, whatever was stored under their ids; leave the others."""
        _put(self._workflows, workflows)
        _put(self._capabilities, capabilities)
        _put(self._object_types, object_types)
        _put(self._triggers, triggers)

    def find_workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow of this id."""
        document = self._workflows.find_one({"id": workflow_id}, NO_OBJECT_ID)
        return None if document is None else Workflow.model_validate(document)

    def list_workflow_ids(self) -> list[str]:
        """Return the ids of all workflows, sorted."""
        found = self._workflows.find({}, {"_id": 0, "id": 1})
        return sorted(document["id"] for document in found)

    def list_object_types_among(self, object_type_ids: Iterable[str]) -> list[ObjectType]:
        """Return those of these object types that there are."""
        found = self._object_types.find({"id": {"$in": list(object_type_ids)}}, NO_OBJECT_ID)
        return [ObjectType.model_validate(document) for document in found]

    def list_triggers(self) -> list[Trigger]:
        """Return all triggers."""
        return [
            Trigger.model_validate(document) for document in self._triggers.find({}, NO_OBJECT_ID)
        ]

    def list_triggers_of(self, object_type_ids: Iterable[str]) -> list[Trigger]:
        """Return the triggers that objects of these types set off."""
        found = self._triggers.find(
            {"object_type_id": {"$in": list(object_type_ids)}}, NO_OBJECT_ID
        )
        return [Trigger.model_validate(document) for document in found]


def _put(collection: Collection[Document], rows: Sequence[BaseModel]) -> None:
    """Replace or insert; the unique index on ``id`` lets several processes do so at once."""
    documents = [row.model_dump() for row in rows]
    collection.bulk_write(
        [ReplaceOne({"id": document["id"]}, document, upsert=True) for document in documents],
        ordered=False,
    )

"""The shape of the collections ``wf_file_staging.*``: the models, with the fields that were set."""

from typing import Final

from pydantic import BaseModel
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.staging.models import GlobusTask, JGISample, JGISequencingProject

GLOBUS_TASKS: Final = "wf_file_staging.globus_tasks"
JGI_SAMPLES: Final = "wf_file_staging.jgi_samples"
JGI_SEQUENCING_PROJECTS: Final = "wf_file_staging.jgi_sequencing_projects"

Record = GlobusTask | JGISample | JGISequencingProject
#: Where the records of a class lie, and what is unique of them.
PLACES: Final[dict[type[BaseModel], tuple[str, str]]] = {
    GlobusTask: (GLOBUS_TASKS, "task_id"),
    JGISample: (JGI_SAMPLES, "jdp_file_id"),
    JGISequencingProject: (JGI_SEQUENCING_PROJECTS, "sequencing_project_name"),
}
INDEXES: Final = tuple(
    Index(collection=collection, keys=(key,), unique=True) for collection, key in PLACES.values()
)


def key_of(record: Record) -> str:
    """Return what tells the record from others of its class."""
    return str(getattr(record, PLACES[type(record)][1]))


class StagingStore:
    """Reads and writes what is staged."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def add(self, record: Record, *, tx: Transaction) -> bool:
        """Add the record; say no if there is one with its key."""
        try:
            self._collection(type(record)).insert_one(_document(record), session=tx.session)
        except DuplicateKeyError:
            return False
        return True

    def change(self, record: Record, *, tx: Transaction) -> tuple[Document, Document] | None:
        """Set the fields of the stored record that are set in this one; return both versions."""
        collection = self._collection(type(record))
        same = {PLACES[type(record)][1]: key_of(record)}
        before = collection.find_one(same, NO_OBJECT_ID, session=tx.session)
        after = collection.find_one_and_update(
            same,
            {"$set": _document(record)},
            NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        return None if before is None or after is None else (before, after)

    def find(self, model: type[Record], key: str) -> Document | None:
        """Return the record of a class with this key."""
        same = {PLACES[model][1]: key}
        return self._collection(model).find_one(same, NO_OBJECT_ID)

    def _collection(self, model: type[BaseModel]) -> Collection[Document]:
        return self._database[PLACES[model][0]]


def _document(record: Record) -> Document:
    return record.model_dump(exclude_unset=True)

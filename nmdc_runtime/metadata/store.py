"""Writes of nmdc-schema documents and the look-ups that checks need; never a private field."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any, Final

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.metadata.errors import DocumentsClash, TransactionTooLarge, WriteRefused
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.schema.registry import SchemaRegistry

TXN_LOG: Final = "txn_log"
#: Ids in one query and writes in one batch: large enough to be few, small enough to be quick.
CHUNK: Final = 5_000

#: MongoDB's codes: a unique index refuses; the transaction outgrows the storage engine.
DUPLICATE_KEY: Final = 11000
TOO_LARGE: Final = frozenset({225, 388})
MOST_TEXT: Final = 300

#: Attribute indexes of schema collections beside those of slots that name other documents; each
#: is named by its path, as published.
ATTRIBUTES: Final = {
    "biosample_set": (
        "alternative_identifiers",
        "gold_biosample_identifiers",
        "env_broad_scale.has_raw_value",
        "env_local_scale.has_raw_value",
        "env_medium.has_raw_value",
        "collection_date.has_raw_value",
        "ecosystem",
        "ecosystem_category",
        "ecosystem_type",
        "ecosystem_subtype",
        "specific_ecosystem",
        "lat_lon.latitude",
        "lat_lon.longitude",
    ),
    "study_set": (
        "ecosystem_category",
        "has_credit_associations.applied_roles",
        "has_credit_associations.applies_to_person.name",
        "has_credit_associations.applies_to_person.orcid",
        "gold_study_identifiers",
    ),
    "data_generation_set": ("gold_sequencing_project_identifiers",),
    "data_object_set": (
        "data_object_type",
        "file_size_bytes",
        "md5_checksum",
        "url",
    ),
}
#: Collections whose names are unique per study: the index decides, checks only say it better.
NAMED_PER_STUDY: Final = ("biosample_set", "organism_sample_set")
#: Collections whose documents carry the dates of their first and last write.
DATED: Final = frozenset({"biosample_set", "data_generation_set", "study_set"})


def indexes(registry: SchemaRegistry) -> Iterator[Index]:
    """Yield every index of the schema's collections.

    Each slot that names documents has one: who names a document is asked before it is deleted.
    """
    naming: dict[str, set[str]] = {}
    for legal in registry.legal_references:
        naming.setdefault(legal.source_collection, set()).add(legal.slot)
    for name in registry.collection_names:
        yield Index(collection=name, keys=("type",))
        if name in registry.collections_with_id:
            yield Index(collection=name, keys=("id",), unique=True)
        for path in (*ATTRIBUTES.get(name, ()), *sorted(naming.get(name, ()))):
            yield Index(collection=name, keys=(path,), name=path)
        if name in NAMED_PER_STUDY:
            yield Index(collection=name, keys=("name", "associated_studies"), unique=True)
    yield Index(collection=TXN_LOG, keys=("tgt.id",))


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


class MetadataStore:
    """Writes schema documents and answers what a check must know of the stored ones."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def find_ids(
        self, collection: str, ids: Iterable[str], *, tx: Transaction | None = None
    ) -> set[str]:
        """Return those of the ids that the collection holds."""
        found: set[str] = set()
        for chunk in _chunks(ids):
            cursor = self._database[collection].find(
                {"id": {"$in": chunk}}, {"_id": 0, "id": 1}, session=session_of(tx)
            )
            found.update(document["id"] for document in cursor)
        return found

    def find_named(
        self,
        collection: str,
        names: Iterable[str],
        studies: Iterable[str],
        *,
        tx: Transaction | None = None,
    ) -> list[Document]:
        """Return ``id``, ``name``, ``associated_studies`` of samples so named in these studies."""
        found: list[Document] = []
        for chunk in _chunks(names):
            cursor = self._database[collection].find(
                {"name": {"$in": chunk}, "associated_studies": {"$in": list(studies)}},
                {"_id": 0, "id": 1, "name": 1, "associated_studies": 1},
                session=session_of(tx),
            )
            found.extend(cursor)
        return found

    def find_referrers(
        self, collection: str, slot: str, ids: Iterable[str], *, tx: Transaction
    ) -> Iterator[Document]:
        """Yield ``id`` ("" if it has none), ``type`` and slot of the documents that name an id."""
        for chunk in _chunks(ids):
            cursor = self._database[collection].find(
                {slot: {"$in": chunk}}, {"_id": 0, "id": 1, "type": 1, slot: 1}, session=tx.session
            )
            for document in cursor:
                yield {"id": "", "type": None, **document}

    def find_documents(
        self, collection: str, ids: Iterable[str], *, tx: Transaction | None = None
    ) -> dict[str, Document]:
        """Return those of the documents that are stored, whole, by id."""
        found: dict[str, Document] = {}
        for chunk in _chunks(ids):
            cursor = self._database[collection].find({"id": {"$in": chunk}}, session=session_of(tx))
            found.update((document["id"], document) for document in cursor)
        return found

    def list_values(self, collection: str, slot: str) -> Iterator[tuple[str, Any]]:
        """Yield the id of each document, in order, with the value of a slot; None without one."""
        fields = {"_id": 0, "id": 1, slot: 1}
        for document in self._database[collection].find({}, fields).sort("id"):
            yield document["id"], document.get(slot)

    def find_by_key(
        self, collection: str, keys: Iterable[Any], *, tx: Transaction | None = None
    ) -> dict[Any, Document]:
        """Return those of the documents that are stored, whole, by MongoDB's own key."""
        found: dict[Any, Document] = {}
        for chunk in _chunks(keys):
            cursor = self._database[collection].find(
                {"_id": {"$in": chunk}}, session=session_of(tx)
            )
            found.update((document["_id"], document) for document in cursor)
        return found

    def find_writes(
        self, collection: str, ids: Iterable[str], *, tx: Transaction | None = None
    ) -> dict[str, list[Document]]:
        """Return what `log_writes` wrote down about each of the documents, oldest first."""
        found: dict[str, list[Document]] = {}
        for chunk in _chunks(ids):
            cursor = self._database[TXN_LOG].find(
                {"tgt.id": {"$in": chunk}, "tgt.c": collection}, session=session_of(tx)
            )
            for entry in cursor.sort({"ts": 1, "_id": 1}):
                found.setdefault(entry["tgt"]["id"], []).append(entry)
        return found

    def find_naming(
        self, collection: str, slot: str, values: Iterable[str], *, tx: Transaction
    ) -> Iterator[Document]:
        """Yield the documents, whole, that have one of the values in an indexed slot."""
        for chunk in _chunks(values):
            yield from self._database[collection].find({slot: {"$in": chunk}}, session=tx.session)

    def has_later_writes(self, ids: Iterable[str], *, than_of: str, since: datetime) -> bool:
        """Say whether another operation than this one has written one of the documents since."""
        for chunk in _chunks(ids):
            later = {
                "tgt.id": {"$in": chunk},
                "ts": {"$gte": since},
                "op_id": {"$ne": than_of},
            }
            if self._database[TXN_LOG].find_one(later, {"_id": 1}) is not None:
                return True
        return False

    def write(
        self,
        collection: str,
        requests: Iterable[InsertOne[Document] | ReplaceOne[Document] | DeleteOne],
        *,
        tx: Transaction,
    ) -> None:
        """Insert, replace and delete documents.

        Raise `DocumentsClash`, `TransactionTooLarge`, `WriteRefused`.
        """
        for chunk in _chunks(requests):
            try:
                self._database[collection].bulk_write(chunk, ordered=False, session=tx.session)
            except BulkWriteError as error:
                # The driver's own text holds whole documents, which no log and no answer may.
                raise refusal_of(error, collection) from None

    def log_writes(
        self,
        collection: str,
        ids: Iterable[str | None],
        *,
        operation_id: str,
        time: datetime,
        kind: str = "upsert",
        facts: Iterable[Mapping[str, Any]] = (),
        tx: Transaction,
    ) -> None:
        """Write down which documents an operation changed: ``upsert``, ``update``, ``delete``.

        Parameters
        ----------
        facts
            Further members of each document's entry, in the order of the ids.
        """
        for chunk in _chunks(zip_longest(ids, facts, fillvalue=None)):
            entries = [
                {
                    "tgt": {"id": document_id, "c": collection},
                    "type": kind,
                    "ts": time,
                    "op_id": operation_id,
                    **(more or {}),
                }
                for document_id, more in chunk
            ]
            try:
                self._database[TXN_LOG].insert_many(entries, ordered=False, session=tx.session)
            except BulkWriteError as error:
                raise refusal_of(error, collection) from None

    def drop_log(self, keys: Iterable[Any], *, tx: Transaction) -> None:
        """Forget entries of the log whose writes were undone as if they had never been."""
        for chunk in _chunks(keys):
            self._database[TXN_LOG].delete_many({"_id": {"$in": chunk}}, session=tx.session)


def refusal_of(error: BulkWriteError, collection: str) -> NmdcError:
    """Say what MongoDB's refusal of a batch means, without the documents in it."""
    refused = error.details.get("writeErrors", [])
    codes = {each.get("code") for each in refused}
    if codes == {DUPLICATE_KEY}:
        values = [
            str(each.get("keyValue") or each.get("errmsg", ""))[:MOST_TEXT] for each in refused
        ]
        return DocumentsClash(collection, values=values)
    if codes & TOO_LARGE:
        return TransactionTooLarge(collection)
    reasons = sorted({str(each.get("errmsg", ""))[:MOST_TEXT] for each in refused})
    return WriteRefused(collection, reasons=reasons or [str(error.code)])

"""The shape of the collections of ontologies.

Terms and relations are published: other programs read them directly. Ids sort as MongoDB's index
does, by code point, so that what is stored and what is wanted can be read side by side.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index, ensure_indexes
from nmdc_runtime.ontology.errors import OntologyWriteRefused
from nmdc_runtime.ontology.models import Counts, LoadState, Relation
from nmdc_runtime.ontology.rules import CLOSURE, relation_document

CLASSES: Final = "ontology_class_set"
RELATIONS: Final = "ontology_relation_set"
STATES: Final = "_runtime.ontologies"

INDEXES: Final = (
    # Not `id_1`: the published name. One unique index does for both.
    Index(collection=CLASSES, keys=("id",), unique=True, name="ontology_class_index"),
    Index(
        collection=RELATIONS,
        keys=("subject", "predicate", "object"),
        unique=True,
        name="ontology_relation_index",
    ),
    # Descendants: from an object back to its subjects, without reading a document.
    Index(collection=RELATIONS, keys=("object", "predicate", "subject")),
)
#: Ids in one query; writes in one batch.
CHUNK: Final = 2_000
DUPLICATE_KEY: Final = 11000
MOST_TEXT: Final = 300

ClassWrite = InsertOne[Document] | UpdateOne | DeleteOne


class OntologyStore:
    """Reads and writes terms, relations, and what is known of loads."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._classes = database[CLASSES]
        self._relations = database[RELATIONS]
        self._states = database[STATES]

    def prepare(self) -> None:
        """Make the indexes that are missing: a load may come before the hub's first start.

        Duplicates of old stand in the way of the unique ones; a load removes them.
        """
        ensure_indexes(self._database, INDEXES)

    def find_state(self, prefix: str) -> LoadState | None:
        """Return what was loaded last, or None."""
        found = self._states.find_one({"_id": prefix})
        if found is None:
            return None
        return LoadState(
            url=found["url"],
            etag=found["etag"],
            sha256=found["sha256"],
            counts=Counts(classes=found["classes"], relations=found["relations"]),
            loaded_at=found["loaded_at"],
        )

    def put_state(self, prefix: str, state: LoadState) -> None:
        """Note what is loaded now."""
        facts = {
            "url": state.url,
            "etag": state.etag,
            "sha256": state.sha256,
            "classes": state.counts.classes,
            "relations": state.counts.relations,
            "loaded_at": state.loaded_at,
        }
        self._states.replace_one({"_id": prefix}, facts, upsert=True)

    def count(self, prefix: str) -> Counts:
        """Count the terms of the ontology, and the relations that begin at one."""
        return Counts(
            classes=self._classes.count_documents({"id": _range(prefix)}),
            relations=self._relations.count_documents({"subject": _range(prefix)}),
        )

    def list_live_ids(self, prefix: str) -> set[str]:
        """Return the ids of the terms that are not obsolete."""
        live = self._classes.find(
            {"id": _range(prefix), "is_obsolete": {"$ne": True}}, {"_id": 0, "id": 1}
        )
        return {found["id"] for found in live}

    def find_obsolete(self, ids: Iterable[str]) -> set[str]:
        """Return those of the ids that are stored as obsolete."""
        found: set[str] = set()
        for chunk in _chunks(ids):
            obsolete = {"id": {"$in": chunk}, "is_obsolete": True}
            found.update(each["id"] for each in self._classes.find(obsolete, {"_id": 0, "id": 1}))
        return found

    def read_classes(self, prefix: str) -> Iterator[Document]:
        """Yield the terms of the ontology with MongoDB's own key, sorted by id."""
        return iter(self._classes.find({"id": _range(prefix)}, sort=[("id", 1)]))

    def read_relations(self, prefix: str) -> Iterator[Relation]:
        """Yield the relations that begin at one of its terms, sorted, from the index alone."""
        found = self._relations.find(
            {"subject": _range(prefix)},
            {"_id": 0, "subject": 1, "predicate": 1, "object": 1},
            sort=[("subject", 1), ("predicate", 1), ("object", 1)],
            batch_size=20_000,
        )
        for each in found:
            # What lacks a part sorts before all texts, and stays.
            yield Relation(each["subject"], each.get("predicate") or "", each.get("object") or "")

    def write_relations(
        self, *, added: Sequence[Relation] = (), removed: Sequence[Relation] = ()
    ) -> None:
        """Add and remove relations; one that somebody else has just added is there, and well."""
        requests: list[InsertOne[Document] | DeleteOne] = [
            DeleteOne(relation._asdict()) for relation in removed
        ]
        requests += [InsertOne(relation_document(relation)) for relation in added]
        self._write(RELATIONS, requests)

    def write_classes(
        self,
        *,
        added: Sequence[Document] = (),
        changed: Sequence[tuple[Any, Document]] = (),
        removed: Sequence[Any] = (),
    ) -> None:
        """Add terms; set fields of terms, and remove terms, by MongoDB's own key."""
        requests: list[ClassWrite] = [DeleteOne({"_id": key}) for key in removed]
        requests += [UpdateOne({"_id": key}, {"$set": fields}) for key, fields in changed]
        requests += [
            UpdateOne({"id": document["id"]}, {"$set": document}, upsert=True) for document in added
        ]
        self._write(CLASSES, requests)

    def detach(self, ids: Iterable[str]) -> int:
        """Remove the relations of other terms to these ones; return how many."""
        removed = 0
        for chunk in _chunks(ids):
            to_them = {"object": {"$in": chunk}}
            subjects = self._relations.distinct("subject", to_them)
            if not subjects:
                continue
            self._classes.update_many(
                {"id": {"$in": subjects}}, {"$pull": {"relations": {"object": {"$in": chunk}}}}
            )
            removed += self._relations.delete_many(to_them).deleted_count
        return removed

    def list_descendants(self, term_id: str) -> list[str]:
        """Return all terms below this one, itself included, by one covered query."""
        below = {"object": term_id, "predicate": CLOSURE}
        found = self._relations.find(below, {"_id": 0, "subject": 1}, sort=[("subject", 1)])
        return [each["subject"] for each in found]

    def list_ancestors(self, term_id: str) -> list[str]:
        """Return all terms above this one, itself included, by one covered query."""
        above = {"subject": term_id, "predicate": CLOSURE}
        found = self._relations.find(above, {"_id": 0, "object": 1}, sort=[("object", 1)])
        return [each["object"] for each in found]

    def find_class(self, term_id: str) -> Document | None:
        """Return the term as it is stored."""
        return self._classes.find_one({"id": term_id}, NO_OBJECT_ID)

    def _write(self, collection: str, requests: Sequence[ClassWrite]) -> None:
        if not requests:
            return
        try:
            self._database[collection].bulk_write(requests, ordered=False)
        except BulkWriteError as error:
            # The driver's own text holds whole documents, which no log may.
            reasons = [
                str(each.get("errmsg", ""))[:MOST_TEXT]
                for each in error.details.get("writeErrors", [])
                if each.get("code") != DUPLICATE_KEY
            ]
            if reasons or error.details.get("writeConcernErrors"):
                raise OntologyWriteRefused(collection, reasons or ["no majority"]) from None


def _range(prefix: str) -> dict[str, str]:
    """Match what begins with the prefix, whose last character is a colon."""
    return {"$gte": prefix, "$lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)}


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk

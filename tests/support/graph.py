"""A small link graph made by hand, in the shape that the builder gives it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.graph.rules import DANGLING_TYPE, DOWNSTREAM, LEFT_OUT, UPSTREAM, GraphRules
from nmdc_runtime.graph.store import ALLDOCS, GRAPH, STATE_ID, index_models
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import load_registry

RULES = GraphRules(load_registry())
BUILT_AT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
FRESH = datetime(2026, 11, 23, 11, 59, 58, 500_000, tzinfo=UTC)


def a_biosample(name: str, study_id: str) -> dict[str, Any]:
    """Return what the graph and the indexes want of a biosample, ``nmdc:bsm-11-<name>``."""
    return {
        "id": f"nmdc:bsm-11-{name}",
        "type": "nmdc:Biosample",
        "name": f"sample {name}",
        "associated_studies": [study_id],
    }


def store(database: Database[Document], documents: Iterable[Document]) -> None:
    """Store documents of the schema in the collections of their types."""
    for document in documents:
        schema_class = RULES.registry.class_for_type(document["type"])
        assert schema_class is not None
        assert schema_class.collection is not None
        database[schema_class.collection].insert_one({"_id": ObjectId(), **document})


def put_graph(
    database: Database[Document],
    documents: list[Document],
    *,
    most_links: int | None = None,
    build_id: str = "build-1",
    fresh_as_of: datetime = FRESH,
) -> None:
    """Put the graph of these documents in place, with its state.

    With ``most_links``, an array with more entries keeps only the document's own, as a builder
    does of many thousands.
    """
    nodes = {each["id"]: RULES.node("any", {**each, "_id": each["id"]}) for each in documents}
    arrays: dict[str, dict[str, dict[str, str]]] = {UPSTREAM: {}, DOWNSTREAM: {}}

    def link(array: str, id_: str, other: str) -> None:
        type_ = nodes[other].type if other in nodes else DANGLING_TYPE
        arrays[array].setdefault(id_, {})[other] = type_

    for node in nodes.values():
        for target in node.up:
            link(UPSTREAM, node.id, target)
            link(DOWNSTREAM, target, node.id)
        for target in node.down:
            link(DOWNSTREAM, node.id, target)
            link(UPSTREAM, target, node.id)
    stored: list[dict[str, Any]] = []
    for node in nodes.values():
        document = RULES.as_stored(node)
        for array, own in ((UPSTREAM, node.up), (DOWNSTREAM, node.down)):
            entries = arrays[array].get(node.id, {})
            if most_links is not None and len(entries) > most_links:
                document.setdefault(LEFT_OUT, []).append(array)
                entries = {id_: type_ for id_, type_ in entries.items() if id_ in own}
            if entries:
                document[array] = [{"id": id_, "type": type_} for id_, type_ in entries.items()]
        stored.append(document)
    database[ALLDOCS].drop()
    if stored:
        database[ALLDOCS].insert_many(stored)
    database[ALLDOCS].create_indexes(index_models())
    put_state(database, build_id=build_id, fresh_as_of=fresh_as_of, documents=len(stored))


def put_state(
    database: Database[Document],
    *,
    build_id: str = "build-1",
    fresh_as_of: datetime = FRESH,
    documents: int = 0,
    changes: int = 0,
) -> None:
    """Say which graph it is, how fresh, and how often it has changed."""
    state = {
        "build_id": build_id,
        "built_at": BUILT_AT,
        "fresh_as_of": fresh_as_of,
        "documents": documents,
        "skipped": [],
        "skipped_count": 0,
        "changes": changes,
    }
    database[GRAPH].replace_one({"_id": STATE_ID}, state, upsert=True)

"""Copies of collections: into a scratch database, and back beside the old ones, with indexes.

MongoDB copies where the data lie; no document passes through this process.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Final

from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from nmdc_runtime.metadata.store import indexes as schema_indexes
from nmdc_runtime.migration.errors import IndexesImpossible, NoRoom
from nmdc_runtime.migration.models import Swap, SwapKind
from nmdc_runtime.migration.store import BEFORE, MIGRATION, TEMPORARY
from nmdc_runtime.mongo.client import durable
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.schema.registry import SchemaRegistry

SCRATCH: Final = "_migration_"
_OLD_SCHEMA: Final = re.compile(r"[a-z][a-z0-9_]*_(set|agg)")
#: Stored beside schema documents, and none of nmdc-schema's.
NOT_SCHEMA: Final = frozenset({"ontology_class_set", "ontology_relation_set"})
#: While a migration runs, a collection may be there four times.
COPIES: Final = 3


def list_concerned(database: Database[Document], registries: Iterable[SchemaRegistry]) -> list[str]:
    """Return the collections to migrate: those the schemas name, or an older one may have named."""
    known = {name for registry in registries for name in registry.collections}
    there = database.list_collection_names(filter={"type": "collection"})
    return sorted(
        name
        for name in there
        if name in known or (_OLD_SCHEMA.fullmatch(name) and name not in NOT_SCHEMA)
    )


def size_of(database: Database[Document], collections: Iterable[str]) -> int:
    """Return how many bytes the collections take on MongoDB's disk."""
    return sum(
        int(database.command("collStats", name).get("storageSize", 0)) for name in collections
    )


def check_room(database: Database[Document], *, size_bytes: int) -> None:
    """Raise `NoRoom` if MongoDB's disk is too small for the copies."""
    stats = database.command("dbStats")
    free = int(stats.get("fsTotalSize", 0) - stats.get("fsUsedSize", 0))
    needed = COPIES * size_bytes
    if stats.get("fsTotalSize") and free < needed:
        raise NoRoom("MongoDB, for the copies,", needed=needed, free=free)


def make_scratch(client: MongoClient[Document], database: str) -> Database[Document]:
    """Return a new database for copies, marked as ours."""
    scratch = durable(client[f"{database}{SCRATCH}{str(ObjectId())[-10:]}"])
    scratch[MIGRATION].insert_one({"_id": "scratch", "of": database})
    return scratch


def drop_scratch(client: MongoClient[Document], database: str) -> None:
    """Drop all databases that migrations of this database have made."""
    wanted = {"name": {"$regex": f"^{re.escape(database + SCRATCH)}"}}
    for found in client.list_databases(nameOnly=True, filter=wanted):
        if client[found["name"]][MIGRATION].find_one({"_id": "scratch", "of": database}):
            client.drop_database(found["name"])


def copy_to_scratch(
    database: Database[Document], scratch: Database[Document], collection: str
) -> None:
    """Copy a collection, with the one index that migrators need to find documents."""
    copy(database, collection, into=collection, of=scratch)
    scratch[collection].create_index("id")


def copy(
    database: Database[Document], collection: str, *, into: str, of: Database[Document]
) -> None:
    """Copy the documents of a collection into one of the same or another database."""
    database[collection].aggregate([{"$out": {"db": of.name, "coll": into}}])


def temporary_of(collection: str) -> str:
    """Return where the new documents wait."""
    return f"{TEMPORARY}{collection}"


def before_of(collection: str) -> str:
    """Return where the old documents are kept."""
    return f"{BEFORE}{collection}"


def index_specs(database: Database[Document], collection: str) -> list[Document]:
    """Return the indexes of a collection, as they are to be made again."""
    return [
        {key: value for key, value in dict(each).items() if key not in ("v", "ns")}
        for each in database[collection].list_indexes()
        if each["name"] != "_id_"
    ]


def make_indexes(database: Database[Document], collection: str, specs: Sequence[Document]) -> None:
    """Make indexes; raise `IndexesImpossible` if documents do not satisfy them."""
    if specs:
        try:
            database.command(
                {"createIndexes": collection, "indexes": list(specs), "commitQuorum": "majority"}
            )
        except OperationFailure as error:
            # The whole text would hold values of documents.
            raise IndexesImpossible([f"{collection}: MongoDB's error {error.code}"]) from error


def ensure_schema_indexes(
    database: Database[Document], registry: SchemaRegistry, collection: str, *, on: str
) -> None:
    """Make the indexes that a schema asks for on a collection, which may have another name."""
    wanted = [
        dataclasses.replace(each, collection=on)
        for each in schema_indexes(registry)
        if each.collection == collection
    ]
    problems = ensure_indexes(database, wanted)
    if problems:
        raise IndexesImpossible(problems)


def prepare(
    database: Database[Document],
    scratch: Database[Document],
    swap: Swap,
    registry: SchemaRegistry,
) -> None:
    """Put the new documents beside the old ones, with indexes; and keep a copy of the old ones.

    The old ones are copied, not renamed: so there is no moment at which the collection is missing.
    """
    if swap.kind is SwapKind.REMOVE:
        return
    waiting = temporary_of(swap.collection)
    copy(scratch, swap.collection, into=waiting, of=database)
    make_indexes(database, waiting, swap.indexes)
    ensure_schema_indexes(database, registry, swap.collection, on=waiting)
    if swap.kind is SwapKind.REPLACE:
        copy(database, swap.collection, into=before_of(swap.collection), of=database)


def drop_temporaries(database: Database[Document], *, prefixes: Sequence[str]) -> None:
    """Drop what migrations have left in the database."""
    for name in database.list_collection_names():
        if name.startswith(tuple(prefixes)):
            database.drop_collection(name)

"""Reads of nmdc-schema documents, which the hub serves as the database has them."""

import re
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.metadata.errors import (
    NO_CLASS,
    NO_COLLECTION,
    NO_DOCUMENT,
    TYPECODE_INVALID,
    DocumentNotFound,
    IdNotFound,
    UnknownCollection,
)
from nmdc_runtime.metadata.tables import Column, schema_columns
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.projections import WHOLE, Projection
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.schema.load import load_json_schema
from nmdc_runtime.schema.registry import SchemaRegistry

#: The part of an NMDC id that tells its class; older ids may be odd behind it.
TYPECODE: Final = re.compile(r"nmdc:([a-z]+)-")
#: The same as the route that names a document's collection has published it: any letters.
_PUBLISHED_TYPECODE: Final = re.compile(r"nmdc:(\w+)?-")

_ADDED_UP: Final = ("size", "count", "storageSize", "totalIndexSize", "totalSize")
#: Stages that turn the sizes of shards into the published rows; an empty collection has no average.
_SIZES: Final[list[Document]] = [
    {
        "$group": {
            "_id": "$ns",
            **{name: {"$sum": f"$storageStats.{name}"} for name in _ADDED_UP},
            "scaleFactor": {"$first": "$storageStats.scaleFactor"},
        }
    },
    {"$sort": {"_id": 1}},
    {
        "$project": {
            "_id": 0,
            "ns": "$_id",
            "storageStats": {
                **{name: f"${name}" for name in _ADDED_UP},
                "avgObjSize": {
                    "$cond": [
                        {"$gt": ["$count", 0]},
                        {"$toLong": {"$floor": {"$divide": ["$size", "$count"]}}},
                        "$$REMOVE",
                    ]
                },
                "scaleFactor": "$scaleFactor",
            },
        }
    },
]


class MetadataReads:
    """Finds documents by id and lists collections; never writes."""

    def __init__(
        self, database: AsyncDatabase[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._registry = registry
        self._time_limit_ms = time_limit_ms
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._typecodes = frozenset(
            code for each in registry.classes.values() for code in each.typecodes
        )

    def listing(self, collection_name: str) -> Listing:
        """Return what the list of a collection reads, or raise `UnknownCollection`."""
        self._check_known(collection_name)
        has_id = self._registry.collections[collection_name].has_id
        return Listing(
            collection=self._database[collection_name],
            time_limit_ms=self._time_limit_ms,
            key="id" if has_id else "_id",
        )

    async def get(
        self, collection_name: str, document_id: str, projection: Projection | None = None
    ) -> Document:
        """Return the document of a collection that has this id.

        Raises
        ------
        UnknownCollection
            The schema has no such collection.
        DocumentNotFound
            The collection holds no such document.
        QueryRefused
            MongoDB refuses the projection.
        """
        self._check_known(collection_name)
        if not self._registry.collections[collection_name].has_id:
            raise DocumentNotFound(document_id)  # without looking at millions of documents
        with of_client():
            document = await self._database[collection_name].find_one(
                {"id": document_id}, (projection or WHOLE).document()
            )
        if document is None:
            raise DocumentNotFound(document_id)
        return _published(document)

    async def get_anywhere(self, document_id: str) -> Document:
        """Return the document that has this id, in whichever collection, or `DocumentNotFound`.

        The id's typecode tells where to look first; an id of any other form is found too.
        """
        typecode = TYPECODE.match(document_id)
        likely = self._registry.collections_for_typecode(typecode[1]) if typecode else ()
        for name in likely:
            document = await self._database[name].find_one({"id": document_id})
            if document is not None:
                return _published(document)
        others = [name for name in self._registry.collections_with_id if name not in likely]
        document = await self._find_in(others, document_id)
        if document is None:
            raise DocumentNotFound(document_id)
        return _published(document)

    async def collection_name_of(self, document_id: str) -> str:
        """Return the name of the collection that holds a document, going by the id's typecode.

        Any typecode in a class's pattern counts, also those that new ids do not get.

        Raises
        ------
        IdNotFound
            In the words for the step at which the search ended.
        """
        typecode = _PUBLISHED_TYPECODE.match(document_id)
        if typecode is None or not typecode[1]:
            raise IdNotFound(document_id, because=TYPECODE_INVALID)
        if typecode[1] not in self._typecodes:
            raise IdNotFound(document_id, because=NO_CLASS)
        names = self._registry.collections_for_typecode(typecode[1])
        if not names:
            raise IdNotFound(document_id, because=NO_COLLECTION)
        for name in names:
            if await self._database[name].find_one({"id": document_id}, {"_id": 0, "id": 1}):
                return name
        raise IdNotFound(document_id, because=NO_DOCUMENT)

    async def collection_stats(self) -> list[Document]:
        """Return sizes of the schema's collections that exist, sorted by namespace: one query.

        In a sharded cluster the sizes of a collection's shards are added up.
        """
        existing = await self._database.list_collection_names(filter={"type": "collection"})
        names = sorted(set(existing).intersection(self._registry.collections))
        if not names:
            return []
        stage: Document = {"$collStats": {"storageStats": {}}}
        first, *more = names
        unions = [{"$unionWith": {"coll": name, "pipeline": [stage]}} for name in more]
        cursor = await self._database[first].aggregate(
            [stage, *unions, *_SIZES], maxTimeMS=self._time_limit_ms
        )
        async with cursor:
            return await cursor.to_list(None)

    def columns(self, collection_name: str) -> tuple[Column, ...]:
        """Return the columns of a table of the collection's documents."""
        known = self._columns.get(collection_name)
        if known is None:
            definitions = load_json_schema()["$defs"]
            classes = self._registry.collections[collection_name].class_names
            known = self._columns[collection_name] = schema_columns(definitions, classes)
        return known

    async def _find_in(self, collection_names: list[str], document_id: str) -> Document | None:
        """Ask all collections at once: one query, one index look-up in each."""
        match = [{"$match": {"id": document_id}}]
        first, *more = collection_names
        unions = [{"$unionWith": {"coll": name, "pipeline": match}} for name in more]
        cursor = await self._database[first].aggregate([*match, *unions, {"$limit": 1}])
        async with cursor:
            found = await cursor.to_list(1)
        return found[0] if found else None

    def _check_known(self, collection_name: str) -> None:
        if collection_name not in self._registry.collections:
            raise UnknownCollection(collection_name, known=self._registry.collection_names)


def _published(document: Document) -> Document:
    document.pop("_id", None)
    return document

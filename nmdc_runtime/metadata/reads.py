"""Reads of nmdc-schema documents, which the hub serves as the database has them."""

import re
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.metadata.errors import DocumentNotFound, UnknownCollection
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.projections import WHOLE, Projection
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.schema.registry import SchemaRegistry

#: The part of an NMDC id that tells its class; older ids may be odd behind it.
TYPECODE: Final = re.compile(r"nmdc:([a-z]+)-")


class MetadataReads:
    """Finds documents by id and lists collections; never writes."""

    def __init__(
        self, database: AsyncDatabase[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._registry = registry
        self._time_limit_ms = time_limit_ms

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

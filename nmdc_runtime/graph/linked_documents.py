"""Documents of the schema by their ids, for what is linked; and those the graph lacks yet."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.graph.rules import DOWNSTREAM, UPSTREAM, GraphRules
from nmdc_runtime.graph.walking import Known
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document

#: Ids in one query.
CHUNK: Final = 5_000


class LinkedDocuments:
    """Fetches documents of the schema, without ``_id``."""

    def __init__(
        self, database: AsyncDatabase[Document], rules: GraphRules, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._rules = rules
        self._time_limit_ms = time_limit_ms

    async def fetch(
        self,
        collection: str,
        ids: Iterable[str],
        projection: Mapping[str, int] = NO_OBJECT_ID,
    ) -> dict[str, Document]:
        """Return those of the documents that a collection has, by id."""
        wanted = sorted(set(ids))
        found: dict[str, Document] = {}
        for first in range(0, len(wanted), CHUNK):
            chunk = wanted[first : first + CHUNK]
            cursor = self._database[collection].find(
                {"id": {"$in": chunk}},
                projection,
                batch_size=len(chunk),
                max_time_ms=self._time_limit_ms,
            )
            async with cursor:
                async for document in cursor:
                    found[document["id"]] = document
        return found

    async def fetch_by_type(self, types: Mapping[str, str]) -> dict[str, Document]:
        """Return those of the documents that there are; each id is given with its ``type``."""
        homes: dict[str, list[str]] = {}
        for id_, type_ in types.items():
            schema_class = self._rules.registry.class_for_type(type_)
            if schema_class is not None and schema_class.collection is not None:
                homes.setdefault(schema_class.collection, []).append(id_)
        parts = await asyncio.gather(*(self.fetch(name, ids) for name, ids in homes.items()))
        return {id_: document for part in parts for id_, document in part.items()}

    async def fetch_known(self, ids: Iterable[str]) -> dict[str, Known]:
        """Return what documents that the graph lacks say themselves, as far as there are any."""
        wanted = list(ids)
        projection = dict(self._rules.projection)
        parts = await asyncio.gather(
            *(self.fetch(name, wanted, projection) for name in self._rules.collections)
        )
        return {
            id_: self._known(collection, document)
            for collection, part in zip(self._rules.collections, parts, strict=True)
            for id_, document in part.items()
        }

    def _known(self, collection: str, document: Document) -> Known:
        if self._rules.reason_to_skip(document) is not None:
            return Known(type=str(document.get("type", "")), links=_NO_LINKS)
        node = self._rules.node(collection, document)
        return Known(type=node.type, links={UPSTREAM: node.up, DOWNSTREAM: node.down})


_NO_LINKS: Final[Mapping[str, frozenset[str]]] = {UPSTREAM: frozenset(), DOWNSTREAM: frozenset()}

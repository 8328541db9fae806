"""Reads of what is found: pages, counts, documents by id. Asynchronous and read-only."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.find.merging import read_merged
from nmdc_runtime.metadata.errors import DocumentNotFound
from nmdc_runtime.metadata.visibility import omission
from nmdc_runtime.mongo.conditions import all_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.mongo.sorting import SortedPage, SortedQuery, read_sorted
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.web.visibility import Visibility

#: The class whose descendants `/planned_processes` is about.
PLANNED_PROCESS: Final = "PlannedProcess"
#: Data objects looked at in one query of the report of URLs.
URL_CHUNK: Final = 5_000


class FindReads:
    """Finds documents by filter, sort and id; never writes."""

    def __init__(
        self, database: AsyncDatabase[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._registry = registry
        self.time_limit_ms = time_limit_ms
        self.planned_process_collections = registry.collections_holding(PLANNED_PROCESS)

    async def count(self, names: Sequence[str], condition: Document, visibility: Visibility) -> int:
        """Return how many documents of the collections match; see `_count`."""
        counting = [self._count(name, condition, visibility) for name in names]
        return sum(await asyncio.gather(*counting)) if len(names) > 1 else await counting[0]

    async def _count(self, name: str, condition: Document, visibility: Visibility) -> int:
        """Count exactly by a filter; without one take the count that the server keeps.

        That one costs nothing. It is right on a replica set that was shut down cleanly, and can be
        a little off after a crash, or on a sharded cluster while documents move.
        """
        asked = all_of(condition, omission(name, visibility))
        collection = self._database[name]
        if not asked:
            return await collection.estimated_document_count(maxTimeMS=self.time_limit_ms)
        with of_client():
            return await collection.count_documents(asked, maxTimeMS=self.time_limit_ms)

    async def page(
        self, names: Sequence[str], query: SortedQuery, visibility: Visibility
    ) -> SortedPage:
        """Return one page of one collection, or of several merged into one order.

        Raises
        ------
        QueryRefused
            MongoDB refuses the client's filter, sort or projection.
        pymongo.errors.ExecutionTimeout
            A query took longer than its time limit.
        """
        conditions = {name: omission(name, visibility) for name in names}
        if len(names) > 1:
            return await read_merged(self._database, conditions, query)
        ((name, condition),) = conditions.items()
        if condition:
            query = replace(query, condition=all_of(query.condition, condition))
        return await read_sorted(self._database[name], query)

    async def get_planned_process(self, process_id: str) -> Document:
        """Return the planned process that has this id, or raise `DocumentNotFound`.

        The typecode of the id tells where it should be; an id of any other form is found too.
        """
        typecode = process_id.removeprefix("nmdc:").partition("-")[0]
        likely = self._registry.collections_for_typecode(typecode)
        names = sorted(self.planned_process_collections, key=lambda name: name not in likely)
        for name in names:
            document = await self._database[name].find_one({"id": process_id})
            if document is not None:
                document.pop("_id", None)
                return document
        raise DocumentNotFound(process_id)

    async def data_object_urls(
        self, prefix: str, *, chunk: int = URL_CHUNK
    ) -> AsyncGenerator[list[str], None]:
        """Yield the URLs of data objects that workflow executions have put out, sorted, each once.

        The index on URLs is walked from the prefix on, a chunk in memory at a time; those that
        share the last URL of a chunk are looked at by themselves, however many they are.
        """
        bound = {"$gte": prefix}
        is_text = {"$eq": [{"$type": "$url"}, "string"]}
        while True:
            with of_client():
                found = (
                    await self._database["data_object_set"]
                    .find({"url": bound, "$expr": is_text}, {"_id": 0, "id": 1, "url": 1})
                    .sort("url", ASCENDING)
                    .limit(chunk)
                    .max_time_ms(self.time_limit_ms)
                    .to_list(None)
                )
            matching = [each for each in found if each["url"].startswith(prefix)]
            is_last = len(matching) < chunk  # fewer than asked for, or others behind them
            last_url = None if is_last else matching[-1]["url"]
            whole = [each for each in matching if each["url"] != last_url]
            outputs = await self._outputs_among([each.get("id") for each in whole])
            urls = list(dict.fromkeys(each["url"] for each in whole if each.get("id") in outputs))
            if last_url is not None and await self._has_output_at(last_url, chunk=chunk):
                urls.append(last_url)
            if urls:
                yield urls
            if last_url is None:
                return
            bound = {"$gt": last_url}

    async def _has_output_at(self, url: str, *, chunk: int) -> bool:
        """Say whether one of the data objects with this URL was put out."""
        cursor = (
            self._database["data_object_set"]
            .find({"url": url}, {"_id": 0, "id": 1})
            .batch_size(chunk)
            .max_time_ms(self.time_limit_ms)
        )
        async with cursor:
            while batch := await cursor.to_list(chunk):
                if await self._outputs_among([each.get("id") for each in batch]):
                    return True
        return False

    async def _outputs_among(self, data_object_ids: list[Any]) -> set[str]:
        """Return those of the ids that workflow executions have put out."""
        if not data_object_ids:
            return set()
        wanted = set(data_object_ids)
        cursor = self._database["workflow_execution_set"].find(
            {"has_output": {"$in": data_object_ids}},
            {"_id": 0, "has_output": 1},
            max_time_ms=self.time_limit_ms,
        )
        found: set[str] = set()
        async with cursor:
            async for execution in cursor:
                outputs = execution["has_output"]
                found.update(wanted.intersection(outputs if isinstance(outputs, list) else ()))
        return found

"""Pages of several collections as one ordered stream; asynchronous and read-only.

MongoDB orders and merges narrow keys, each collection by its own indexes; only the documents of
the page are fetched.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.conditions import all_of, behind
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.mongo.sorting import (
    IS_BEHIND,
    RANKED,
    SORT_KEY,
    Place,
    SortedPage,
    SortedQuery,
    comes_after,
    maybe_after,
)

#: Which collection a key is from.
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class _Key:
    """Where a document stands, and where it is found."""

    values: tuple[Any, ...]
    source: str

    @property
    def document_id(self) -> Any:  # noqa: ANN401 (ids are text, but nothing makes sure)
        return self.values[-1]


async def read_merged(
    database: AsyncDatabase[Document], conditions: Mapping[str, Document], query: SortedQuery
) -> SortedPage:
    """Return one page of what the collections hold together, in one order.

    Parameters
    ----------
    conditions
        Collection → what its documents must meet, besides the condition of the query.
    query
        Its sort ends with ``id``, which is unique over all of the collections.

    Raises
    ------
    QueryRefused
        MongoDB refuses the client's filter, sort or projection.
    pymongo.errors.ExecutionTimeout
        A query took longer than its time limit.
    """
    found = await _run(database, conditions, query, is_exact=False)
    if not all(each.get(IS_BEHIND, True) for each in found):
        found = await _run(database, conditions, query, is_exact=True)
    has_more = len(found) > query.size
    keys = [_Key(tuple(each[SORT_KEY]), each[SOURCE]) for each in found[: query.size]]
    documents = await _fetch(database, keys, query)
    return SortedPage(documents, Place(keys[-1].values) if has_more else None)


async def _run(
    database: AsyncDatabase[Document],
    conditions: Mapping[str, Document],
    query: SortedQuery,
    *,
    is_exact: bool,
) -> list[Document]:
    branches = {
        name: _branch(name, all_of(query.condition, condition), query, is_exact=is_exact)
        for name, condition in conditions.items()
    }
    (first, pipeline), *others = branches.items()
    width = len(query.sort) * 2 if len(query.sort) > 1 else 1
    directions = [query.sort[index * len(query.sort) // width][1] for index in range(width)]
    # A value in an object is compared as it is; a list by itself would be by its least element.
    compared = {
        f"key{index}": {"value": {"$arrayElemAt": [f"${SORT_KEY}", index]}}
        for index in range(width)
    }
    merged: list[Document] = [
        *pipeline,
        *({"$unionWith": {"coll": name, "pipeline": branch}} for name, branch in others),
        {"$set": compared},
        {"$sort": {f"key{index}": each for index, each in enumerate(directions)}},
        *([{"$skip": query.skip}] if query.skip else []),
        {"$limit": query.size + 1},
        {"$project": {SORT_KEY: 1, SOURCE: 1, IS_BEHIND: 1}},
    ]
    with of_client():
        cursor = await database[first].aggregate(
            merged,
            allowDiskUse=True,
            batchSize=query.size + 1,
            maxTimeMS=query.time_limit_ms,
        )
        async with cursor:
            return await cursor.to_list(None)


def _branch(
    name: str, condition: Mapping[str, Any], query: SortedQuery, *, is_exact: bool
) -> list[Document]:
    """Return the stages that find the first keys of one collection."""
    most = {"$limit": query.skip + query.size + 1}
    order = {"$sort": dict(query.sort)}
    if len(query.sort) == 1:
        ((key, direction),) = query.sort
        bound = behind(key, *query.after.values, direction=direction) if query.after else {}
        return [
            {"$match": all_of(condition, bound)},
            order,
            most,
            {"$project": {"_id": 0, SORT_KEY: ["$id"], SOURCE: {"$literal": name}}},
        ]
    keyed: list[Document] = [
        {"$project": {"_id": 0, SORT_KEY: {"$meta": "sortKey"}, SOURCE: {"$literal": name}}},
        {"$set": {SORT_KEY: RANKED}},
    ]
    is_behind = comes_after(query.after, query.sort)
    if is_exact:
        behind_it = {"$match": {"$expr": is_behind}}
        return [{"$match": condition}, order, *keyed, behind_it, most]
    maybe = maybe_after(query.after, query.sort) if query.after else {}
    return [
        {"$match": all_of(condition, maybe)},
        order,
        most,
        *keyed,
        {"$set": {IS_BEHIND: is_behind}},
    ]


async def _fetch(
    database: AsyncDatabase[Document], keys: list[_Key], query: SortedQuery
) -> list[Document]:
    """Return the documents in the order of their keys, but for those deleted just now."""
    ids: dict[str, list[Any]] = {}
    for key in keys:
        ids.setdefault(key.source, []).append(key.document_id)
    parts = await asyncio.gather(
        *(_fetch_from(database, name, some, query) for name, some in ids.items())
    )
    found = {
        (name, each.get("id")): each for name, part in zip(ids, parts, strict=True) for each in part
    }
    places = ((key.source, key.document_id) for key in keys)
    return [found[place] for place in places if place in found]


async def _fetch_from(
    database: AsyncDatabase[Document], name: str, ids: list[Any], query: SortedQuery
) -> list[Document]:
    with of_client():
        return await (
            database[name]
            .find(
                {"id": {"$in": ids}},
                query.projection,
                batch_size=len(ids),
                max_time_ms=query.time_limit_ms,
            )
            .to_list(None)
        )

"""Pages of a query under any sort: each document once, whatever its values, by keyset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import bson
from bson import MinKey, json_util
from pymongo.asynchronous.collection import AsyncCollection

from nmdc_runtime.mongo.conditions import all_of, behind
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client

#: Attributes and directions, 1 or -1; the last one is unique in its collection: a total order.
SortKeys = tuple[tuple[str, int], ...]

#: Where the server's own sort key of a document is put while a page is found.
SORT_KEY: Final = "__sort_key"
#: Says whether a document comes behind the place where the page before ended.
IS_BEHIND: Final = "__is_behind"
#: An empty list sorts as ``undefined``, below null and above MinKey; the driver reads it as null.
#: So each value of a sort key is preceded by what tells these apart.
_RANK_OF_UNDEFINED: Final = 1
_RANK: Final = {
    "$switch": {
        "branches": [
            {"case": {"$eq": [{"$type": "$$this"}, "minKey"]}, "then": 0},
            {
                "case": {"$eq": [{"$type": "$$this"}, "undefined"]},
                "then": _RANK_OF_UNDEFINED,
            },
        ],
        "default": 2,
    }
}
RANKED: Final = {
    "$reduce": {
        "input": f"${SORT_KEY}",
        "initialValue": [],
        "in": {"$concatArrays": ["$$value", [_RANK, {"$ifNull": ["$$this", None]}]]},
    }
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the server's sort key of its last document.

    Of a sort by the unique key alone that is its value; of any other sort a rank (see `_RANK`) and
    a value for each key.
    """

    values: tuple[Any, ...]

    def to_text(self) -> str:
        """Return it as text for a token, with the BSON types of its values."""
        return json_util.dumps(list(self.values), json_options=json_util.CANONICAL_JSON_OPTIONS)

    @classmethod
    def from_text(cls, text: str) -> "Place":
        """Return what `to_text` wrote."""
        return cls(tuple(json_util.loads(text, json_options=json_util.CANONICAL_JSON_OPTIONS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedQuery:
    """One page to read.

    Parameters
    ----------
    sort
        At least one key; the last one is ``id`` or ``_id`` and has a unique index.
    size
        How many documents at most, above 0.
    after
        Where the page before ended; None is the beginning.
    skip
        How many more to pass over first, for pages by number.
    projection
        As MongoDB takes it; None is all there is.
    time_limit_ms
        How long each of at most two queries may take.
    """

    sort: SortKeys
    size: int
    condition: Mapping[str, Any] = field(default_factory=dict)
    after: Place | None = None
    skip: int = 0
    projection: Document | None = None
    time_limit_ms: int


@dataclass(frozen=True, slots=True)
class SortedPage:
    """The documents of a page, and where it ended if more follow."""

    documents: list[Document]
    next: Place | None


async def read_sorted(collection: AsyncCollection[Document], query: SortedQuery) -> SortedPage:
    """Return one page of a query.

    A page under the unique key alone is one range of its index. Under any other sort the next page
    is bound by the server's own sort key of the last document (of lists, missing and mixed values
    alike), so none is lost and none comes twice.

    Raises
    ------
    QueryRefused
        MongoDB refuses the client's filter, sort or projection.
    pymongo.errors.ExecutionTimeout
        A query took longer than its time limit.
    """
    if len(query.sort) == 1:
        return await _read_range(collection, query)
    shown = _Shown(query.projection, query.sort[-1][0])
    documents = await _read_first(collection, query, shown)
    if not all(each.pop(IS_BEHIND) for each in documents):
        documents = await _read_all_sorted(collection, query, shown)
    has_more = len(documents) > query.size
    documents = documents[: query.size]
    keys = [each.pop(SORT_KEY) for each in documents]
    # Of a document that was deleted just now only the key is left.
    kept = [each for each in documents if each]
    return SortedPage(shown.publish(kept), Place(tuple(keys[-1])) if has_more else None)


async def _read_first(
    collection: AsyncCollection[Document], query: SortedQuery, shown: "_Shown"
) -> list[Document]:
    """Return the first documents of those that may lie behind the place, each saying if it does.

    Of plain values a filter can tell; documents with a list on the way to a value it lets pass.
    """
    maybe = maybe_after(query.after, query.sort) if query.after else {}
    pipeline: list[Document] = [
        {"$match": all_of(query.condition, maybe)},
        {"$sort": dict(query.sort)},
        *([{"$skip": query.skip}] if query.skip else []),
        {"$limit": query.size + 1},
        {"$set": {SORT_KEY: {"$meta": "sortKey"}}},
        {"$set": {SORT_KEY: RANKED}},
        {"$set": {IS_BEHIND: comes_after(query.after, query.sort)}},
        *shown.stages(SORT_KEY, IS_BEHIND),
    ]
    return await _aggregate(collection, pipeline, query)


async def _read_all_sorted(
    collection: AsyncCollection[Document], query: SortedQuery, shown: "_Shown"
) -> list[Document]:
    """Return the documents of the page and one more, having sorted all there are.

    The server knows the sort key of a list only after sorting. Documents of the page are fetched
    by their unique key, so that only keys are carried along.
    """
    pipeline: list[Document] = [
        {"$match": query.condition},
        {"$sort": dict(query.sort)},
        {"$project": {"_id": 0, SORT_KEY: {"$meta": "sortKey"}}},
        {"$set": {SORT_KEY: RANKED}},
        {"$match": {"$expr": comes_after(query.after, query.sort)}},
        *([{"$skip": query.skip}] if query.skip else []),
        {"$limit": query.size + 1},
    ]
    keys = [each[SORT_KEY] for each in await _aggregate(collection, pipeline, query)]
    found = await _fetch(collection, [each[-1] for each in keys], query, shown)
    return [{**found.get(_name(key[-1]), {}), SORT_KEY: key} for key in keys]


async def _aggregate(
    collection: AsyncCollection[Document], pipeline: list[Document], query: SortedQuery
) -> list[Document]:
    with of_client():
        cursor = await collection.aggregate(
            pipeline,
            allowDiskUse=True,
            batchSize=query.size + 1,
            maxTimeMS=query.time_limit_ms,
        )
        async with cursor:
            return await cursor.to_list(None)


async def _read_range(collection: AsyncCollection[Document], query: SortedQuery) -> SortedPage:
    ((unique, direction),) = query.sort
    shown = _Shown(query.projection, unique)
    bound = behind(unique, *query.after.values, direction=direction) if query.after else {}
    with of_client():
        documents = await collection.find(
            all_of(query.condition, bound),
            shown.projection,
            sort=[(unique, direction)],
            skip=query.skip,
            limit=query.size + 1,
            batch_size=query.size + 1,
            max_time_ms=query.time_limit_ms,
            allow_disk_use=True,
        ).to_list(None)
    has_more = len(documents) > query.size
    documents = documents[: query.size]
    place = Place((documents[-1].get(unique),)) if has_more else None
    return SortedPage(shown.publish(documents), place)


def maybe_after(after: Place, sort: SortKeys) -> Document:
    """Match what comes after a place, and all that has a list where it is sorted by."""
    condition: object = False
    for index in reversed(range(len(sort))):
        path, direction = sort[index]
        rank, bound = after.values[2 * index : 2 * index + 2]
        value: Document = {"$ifNull": [f"${path}", None]}
        if rank == _RANK_OF_UNDEFINED:  # an empty list: no plain value is the same
            is_least: Document = {"$eq": [value, {"$literal": MinKey()}]}
            condition = {"$not": is_least} if direction > 0 else is_least
            continue
        literal: Document = {"$literal": bound}
        beyond: Document = {"$gt" if direction > 0 else "$lt": [value, literal]}
        condition = {"$or": [beyond, {"$and": [{"$eq": [value, literal]}, condition]}]}
    paths = {
        ".".join(parts[:length])
        for parts in (path.split(".") for path, _ in sort[:-1])
        for length in range(1, len(parts) + 1)
    }
    lists: list[Document] = [{path: {"$type": "array"}} for path in sorted(paths)]
    return {"$or": [{"$expr": condition}, *lists]}


def comes_after(after: Place | None, sort: SortKeys) -> object:
    """Compare sort keys from the first value on; each direction counts for a rank and a value."""
    directions = [direction for _, direction in sort for _ in range(2)]
    values = after.values if after else ()
    condition: object = not values
    for index in reversed(range(len(values))):
        value: Document = {"$arrayElemAt": [f"${SORT_KEY}", index]}
        bound: Document = {"$literal": values[index]}
        beyond: Document = {"$gt" if directions[index] > 0 else "$lt": [value, bound]}
        condition = {"$or": [beyond, {"$and": [{"$eq": [value, bound]}, condition]}]}
    return condition


async def _fetch(
    collection: AsyncCollection[Document], uniques: list[Any], query: SortedQuery, shown: "_Shown"
) -> dict[bytes, Document]:
    """Return the documents by the names of their unique keys."""
    if not uniques:
        return {}
    unique = query.sort[-1][0]
    with of_client():
        documents = await collection.find(
            {unique: {"$in": uniques}},
            shown.projection,
            batch_size=len(uniques),
            max_time_ms=query.time_limit_ms,
        ).to_list(None)
    return {_name(each.get(unique)): each for each in documents}


def _name(value: object) -> bytes:
    """Return what a value of any type can be found by in a dictionary."""
    return bson.encode({"": value})


class _Shown:
    """What the client sees of a document, and the unique key, which we must see in any case."""

    def __init__(self, projection: Document | None, unique: str) -> None:
        self._unique = unique
        wanted = dict(projection or {})
        includes = any(flag not in (0, False) for name, flag in wanted.items() if name != "_id")
        shows_unique = wanted.get(unique, unique == "_id" or not includes)
        self._hides_unique = bool(wanted) and not shows_unique
        if self._hides_unique:
            wanted.pop(unique, None)
            if includes:
                wanted[unique] = 1
        self.projection = wanted or None

    def stages(self, *extra: str) -> list[Document]:
        """Return the projection as a stage of a pipeline that lets these names through."""
        if self.projection is None:
            return []
        if any(flag not in (0, False) for flag in self.projection.values()):
            return [{"$project": {**self.projection, **dict.fromkeys(extra, 1)}}]
        return [{"$project": self.projection}]

    def publish(self, documents: list[Document]) -> list[Document]:
        """Remove the unique key again where the client did not ask for it."""
        if self._hides_unique:
            for each in documents:
                each.pop(self._unique, None)
        return documents

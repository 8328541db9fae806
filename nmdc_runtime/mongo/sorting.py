"""Pages of a query under any sort: each document once, whatever its values, by keyset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bson import json_util
from pymongo.asynchronous.collection import AsyncCollection

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client

#: Attributes and directions, 1 or -1; the last one is unique in its collection: a total order.
SortKeys = tuple[tuple[str, int], ...]

#: Where the server's own sort key of a document is put while a page is found.
_KEY: Final = "__sort_key"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the server's sort key of its last document, a value for each key."""

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

    A page under the unique key alone is one range of its index. Under any other sort the server
    orders what the documents are sorted by, narrow as it is, and the documents of the page are
    fetched by their unique key: its own sort keys (of arrays, missing and mixed values) are what
    the next page is bound by, so no document is lost or comes twice.

    Raises
    ------
    QueryRefused
        MongoDB refuses the client's filter, sort or projection.
    pymongo.errors.ExecutionTimeout
        A query took longer than its time limit.
    """
    unique = query.sort[-1][0]
    if len(query.sort) == 1 and _is_plain(query.after):
        return await _read_range(collection, query)
    narrow = await _find_keys(collection, query)
    has_more = len(narrow) > query.size
    narrow = narrow[: query.size]
    place = Place(tuple(narrow[-1][_KEY])) if has_more and narrow else None
    order = [each[_KEY][-1] for each in narrow]
    found = await _fetch(collection, unique, order, query)
    return SortedPage([found[each] for each in map(_hashable, order) if each in found], place)

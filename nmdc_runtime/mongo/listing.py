"""Pages of a collection in the order of its key, read as they are sent: any size, little memory."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import AutoReconnect, CursorNotFound

from nmdc_runtime.mongo.conditions import all_of, behind
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.filters import ClientFilter
from nmdc_runtime.mongo.projections import WHOLE, Projection
from nmdc_runtime.mongo.queries import of_client

#: Documents held in memory at once, of a page that is larger than `WHOLE_PAGE`.
BATCH: Final = 500
#: A page up to this size is read at once: each further batch is another trip to the server.
WHOLE_PAGE: Final = 2_000
#: Documents of one query, which is what the time limit is for; the next goes on from its last key.
CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list route reads: a collection, the key that orders it, and what it never shows.

    Parameters
    ----------
    time_limit_ms
        How long one query may take; a page of any size is read by as many as it needs.
    key
        ``id`` where an index makes it unique, else ``_id``.
    condition
        The route's own filter, on top of the client's.
    unless_filtered
        A further one, which holds only where the client sends no filter at all.
    hidden
        Dotted paths that no answer holds and no client's filter may ask about.
    implied
        Tells of a client's filter a condition that every document it matches meets anyhow, in
        words for which there is an index; empty if there is none.
    """

    collection: AsyncCollection[Document]
    time_limit_ms: int
    key: str = "id"
    condition: Document = field(default_factory=dict)
    unless_filtered: Document = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    implied: Callable[[Document], Document] = lambda _: {}


@dataclass(frozen=True, slots=True)
class After:
    """The key of the last document of a page: the next page begins behind it."""

    key: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """Which page of a list to read; a size below 1 means all that is left."""

    size: int
    filter: ClientFilter | None = None
    projection: Projection = WHOLE
    after: After | None = None
    batch: int | None = None
    chunk: int = CHUNK

    @property
    def at_once(self) -> int:
        """How many documents to read at once; of a sized page one more tells if others follow."""
        if self.batch is not None:
            return self.batch
        return self.size + 1 if 0 < self.size <= WHOLE_PAGE else BATCH

    def condition(self, listing: Listing, *more: Document) -> Document:
        """Return what the documents of the list are like, whichever page they are on."""
        asked = listing.unless_filtered if self.filter is None else self.filter.document
        return all_of(listing.condition, asked, listing.implied(asked), *more)


class Page:
    """One page of a list; `read_page` makes it.

    ``is_small`` says that the first batch is all of it. ``next`` tells where the next page begins,
    and is known when all batches were read: None if this was the last page.
    """

    def __init__(self, listing: Listing, spec: PageSpec) -> None:
        self.next: After | None = None
        self.is_small = False
        self._key = listing.key
        self._publish = publisher(listing)
        self._spec = spec
        self._found = _found(listing, spec)
        self._first: list[Document] = []
        self._last: After | None = spec.after
        self._left = spec.size

    async def open(self) -> None:
        """Read the first batch, so that what is wrong with the query is known before any answer."""
        found: list[Document] = await anext(self._found, [])
        is_whole_page = 0 < self._spec.size < len(found)
        self.is_small = is_whole_page or len(found) < self._spec.at_once
        self._first = self._published(found)

    async def batches(self) -> AsyncGenerator[list[Document], None]:
        """Yield the documents, without ``_id`` and hidden attributes; at most once."""
        async with aclosing(self._found):
            yield self._first
            if self.is_small:
                return
            async for found in self._found:
                if batch := self._published(found):
                    yield batch

    def _published(self, found: list[Document]) -> list[Document]:
        """Take what belongs to the page, and note where it ends if there is more."""
        batch = found if self._spec.size < 1 else found[: self._left]
        self._left -= len(batch)
        if batch:
            self._last = After(batch[-1].get(self._key))
        if len(batch) < len(found):
            self.next = self._last
        return self._publish(batch)


def publisher(listing: Listing) -> Callable[[list[Document]], list[Document]]:
    """Return what removes from documents of the list whatever it never shows."""
    hidden = [path.split(".") for path in sorted(listing.hidden)]

    def publish(batch: list[Document]) -> list[Document]:
        for document in batch:
            document.pop("_id", None)
            for path in hidden:
                _remove(document, path)
        return batch

    return publish


async def read_page(listing: Listing, spec: PageSpec) -> Page:
    """Return the page, its first batch read.

    Raises
    ------
    QueryRefused
        MongoDB refuses the client's filter or projection.
    pymongo.errors.ExecutionTimeout
        The query took longer than its time limit.
    """
    page = Page(listing, spec)
    await page.open()
    return page


async def _found(listing: Listing, spec: PageSpec) -> AsyncGenerator[list[Document], None]:
    """Yield batches in the order of the key: of a sized page, one document more if there is one.

    A query whose cursor the server lost (it restarted, or the reader was slow) is asked again from
    the last key, unless it had given nothing yet.
    """
    after = spec.after
    left = spec.size + 1 if spec.size > 0 else None
    while left != 0:
        limit = spec.chunk if left is None else min(spec.chunk, left)
        read, lost = 0, False
        async with _find(listing, spec, after, limit) as cursor:
            while not lost:
                try:
                    with of_client():
                        batch = await cursor.to_list(spec.at_once)
                except (AutoReconnect, CursorNotFound):
                    if read == 0:
                        raise
                    lost = True
                    continue
                if not batch:
                    break
                read += len(batch)
                after = After(batch[-1].get(listing.key))
                yield batch
        left = None if left is None else left - read
        if read < limit and not lost:
            return


def _find(
    listing: Listing, spec: PageSpec, after: After | None, limit: int
) -> AsyncCursor[Document]:
    bound = behind(listing.key, after.key) if after else {}
    return listing.collection.find(
        spec.condition(listing, bound),
        spec.projection.keyed(listing.key),
        sort=[(listing.key, ASCENDING)],
        limit=limit,
        batch_size=spec.at_once,
        max_time_ms=listing.time_limit_ms,
        allow_disk_use=True,
    )


def _remove(node: object, path: list[str]) -> None:
    """Remove an attribute, in each element where a list lies on the way."""
    if isinstance(node, list):
        for each in node:
            _remove(each, path)
    elif isinstance(node, dict):
        if len(path) == 1:
            node.pop(path[0], None)
        else:
            _remove(node.get(path[0]), path[1:])

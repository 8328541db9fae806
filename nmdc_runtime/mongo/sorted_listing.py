"""Pages of a list in the order that a client chose, read as they are sent."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing, PageSpec, publisher
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.mongo.sorting import Place, SortedQuery, SortKeys, read_sorted

#: Documents of one query of a page; each sorts anew, so there should be few of them.
CHUNK: Final = 5_000


class SortedListPage:
    """One page of a sorted list; it is used like `nmdc_runtime.mongo.listing.Page`.

    A page with a size is read by keyset, so that its ``next`` leads on. All that is left is read
    by one query, which sorts once; its time limit holds for the whole of it.
    """

    def __init__(
        self, listing: Listing, spec: PageSpec, sort: SortKeys, place: Place | None
    ) -> None:
        self.next: Place | None = place
        self.is_small = False
        self._listing = listing
        self._spec = spec
        self._sort = sort
        self._publish = publisher(listing)
        is_sized = spec.size > 0 or place is not None
        self._found = self._by_keyset() if is_sized else self._at_once()
        self._first: list[Document] = []

    async def open(self) -> None:
        """Read the first batch, so that what is wrong with the query is known before any answer."""
        self._first = await anext(self._found, [])
        self.is_small = 0 < self._spec.size <= self._spec.at_once

    async def batches(self) -> AsyncGenerator[list[Document], None]:
        """Yield the documents, without ``_id`` and hidden attributes; at most once."""
        async with aclosing(self._found):
            yield self._publish(self._first)
            async for found in self._found:
                yield self._publish(found)

    async def _by_keyset(self) -> AsyncGenerator[list[Document], None]:
        left = self._spec.size if self._spec.size > 0 else None
        while left != 0:
            size = CHUNK if left is None else min(left, CHUNK)
            page = await read_sorted(
                self._listing.collection,
                SortedQuery(
                    sort=self._sort,
                    size=size,
                    condition=self._spec.condition(self._listing),
                    after=self.next,
                    projection=self._spec.projection.keyed(self._listing.key),
                    time_limit_ms=self._listing.time_limit_ms,
                ),
            )
            self.next = page.next
            for start in range(0, len(page.documents), self._spec.at_once):
                yield page.documents[start : start + self._spec.at_once]
            if page.next is None:
                return
            left = None if left is None else left - size

    async def _at_once(self) -> AsyncGenerator[list[Document], None]:
        async with self._listing.collection.find(
            self._spec.condition(self._listing),
            self._spec.projection.keyed(self._listing.key),
            sort=list(self._sort),
            batch_size=self._spec.at_once,
            max_time_ms=self._listing.time_limit_ms,
            allow_disk_use=True,
        ) as cursor:
            while True:
                with of_client():
                    batch = await cursor.to_list(self._spec.at_once)
                if not batch:
                    return
                yield batch


async def read_sorted_page(
    listing: Listing, spec: PageSpec, *, sort: SortKeys, place: Place | None
) -> SortedListPage:
    """Return the page, its first batch read.

    Parameters
    ----------
    spec
        Its ``after`` is not used: under a sort a page begins behind a place.
    sort
        Its last key is the listing's own.

    Raises
    ------
    QueryRefused
        MongoDB refuses the client's filter, sort or projection.
    pymongo.errors.ExecutionTimeout
        The query took longer than its time limit.
    """
    page = SortedListPage(listing, spec, sort, place)
    await page.open()
    return page

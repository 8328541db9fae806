"""Reads by commands: find in any order, count, and how large a collection is."""

from dataclasses import dataclass
from typing import Any, Final

from anyio import to_thread
from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.mongo.sorting import Place, SortedQuery, SortKeys, read_sorted
from nmdc_runtime.queries.answers import ANY_DATE, BATCH_BYTES, extended
from nmdc_runtime.queries.rules import remaining_after

#: Documents in the first query of a batch; what they weigh says how many more may come at once.
FIRST_PART: Final = 101
MOST_AT_ONCE: Final = 2**31 - 2
_SIZES: Final = (
    *("size", "count", "avgObjSize", "storageSize", "totalIndexSize", "totalSize", "scaleFactor"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One batch to read.

    Parameters
    ----------
    left
        How many documents of the client's limit are left; None is no limit.
    """

    collection: str
    condition: Document
    projection: dict[str, int] | None
    sort: SortKeys
    size: int
    left: int | None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The JSON of documents, and what the next batch begins with, if there may be one.

    ``is_at_end`` says of a full batch that nothing follows: the next one will be empty.
    """

    texts: list[bytes]
    next: Place | None
    left: int | None
    is_at_end: bool


class QueryReads:
    """Reads on the asynchronous driver, each within the time limit."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._database = database
        self._limit_ms = time_limit_ms

    async def find(self, wanted: Find) -> Found:
        """Return a batch: so many documents as asked for, or as fit into an answer."""
        collection = self._database.get_collection(wanted.collection, codec_options=ANY_DATE)
        size = min(wanted.size, wanted.left if wanted.left is not None else wanted.size)
        texts: list[bytes] = []
        total = 0
        place = wanted.after
        part = FIRST_PART
        while len(texts) < size and total < BATCH_BYTES:
            page = await read_sorted(
                collection,
                SortedQuery(
                    sort=wanted.sort,
                    size=min(part, size - len(texts), MOST_AT_ONCE),
                    condition=wanted.condition,
                    after=place,
                    projection=wanted.projection,
                    time_limit_ms=self._limit_ms,
                ),
            )
            texts += await _texts(page.documents)
            total = sum(map(len, texts))
            place = page.next
            if place is None:
                break
            part = max(1, (BATCH_BYTES - total) * len(texts) // max(1, total))
        left = remaining_after(wanted.left, len(texts))
        if left == 0:  # of a limit, the end is known
            return Found(texts, None, 0, is_at_end=False)
        is_at_end = place is None and len(texts) == size
        return Found(texts, place, left, is_at_end=is_at_end)

    async def count(self, collection: str, condition: Document) -> int:
        """Return how many documents there are, of all by what the server knows already."""
        command: dict[str, Any] = {"count": collection, "maxTimeMS": self._limit_ms}
        if condition:
            command["query"] = condition
        with of_client():
            answer = await self._database.command(command)
        return int(answer["n"])

    async def collection_stats(self, collection: str, *, scale: int) -> dict[str, Any]:
        """Return the published members of MongoDB's answer, as floats."""
        with of_client():
            answer = await self._database.command({"collStats": collection, "scale": scale})
        sizes: dict[str, Any] = {name: float(answer[name]) for name in _SIZES if name in answer}
        return {"ok": 1, "ns": answer["ns"], **sizes}


async def _texts(documents: list[Document]) -> list[bytes]:
    """Write documents as JSON; many of them in a thread, not to hold up other requests."""

    def write() -> list[bytes]:
        return [extended(each) for each in documents]

    return await to_thread.run_sync(write) if len(documents) > FIRST_PART else write()

"""Aggregations: run once, in the order that the pipeline gives; what does not fit is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, cast
from uuid import uuid4

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.queries import of_client
from nmdc_runtime.queries.answers import ANY_DATE, BATCH_BYTES, extended
from nmdc_runtime.queries.errors import CommandRefused, ContinuationUnknown, ResultTooLarge
from nmdc_runtime.queries.pipelines import ClientPipeline
from nmdc_runtime.queries.store import RAW, KeptResult, ResultStore

#: MongoDB's own first batch, where a client says nothing of its size.
DEFAULT_BATCH: Final = 101
MOST_ROWS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a batch as JSON, and where it ended in a kept result if there may be more."""

    texts: list[bytes]
    result_id: str | None
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregations:
    """Runs pipelines. No cursor stays open in the server: the rest of a result is kept instead.

    Parameters
    ----------
    most_bytes
        How large a rest is kept.
    """

    database: Database[Document]
    results: ResultStore
    clock: Clock
    time_limit_ms: int
    most_bytes: int

    def run(self, collection: str, pipeline: ClientPipeline, *, size: int) -> Rows:
        """Return the first rows.

        If one of them has no ``_id``, they are all there is, as published: clients that ask on
        for such rows were never given any, and there are those that rely on the null.

        Raises
        ------
        ResultTooLarge
            More is left than is kept.
        QueryRefused
            MongoDB refuses the pipeline.
        """
        source = self.database.get_collection(collection, codec_options=RAW)
        with (
            of_client(),
            source.aggregate(
                pipeline.stages, allowDiskUse=True, maxTimeMS=self.time_limit_ms
            ) as cursor,
        ):
            rows = iter(cast("Iterable[RawBSONDocument]", cursor))
            texts, overflow, are_all_named = _take(rows, size)
            if not are_all_named:
                return Rows(texts, None, None)
            more = list(islice(chain(overflow, rows), 1))
            if not more:
                # A full batch says there may be more, as MongoDB does: it cannot know.
                return Rows(texts, None, 0 if len(texts) == size else None)
            result_id = uuid4().hex
            read = frozenset({collection}) | pipeline.collections
            kept = KeptResult(result_id, tuple(sorted(read)))
            self._keep(kept, chain(more, rows))
        return Rows(texts, result_id, 0)

    def find(self, result_id: str) -> KeptResult:
        """Return what is kept, or raise `ContinuationUnknown`."""
        kept = self.results.find(result_id, now=self.clock())
        if kept is None:
            raise ContinuationUnknown
        return kept

    def read_on(self, kept: KeptResult, *, first: int, size: int) -> Rows:
        """Return rows of a kept result from an ordinal on."""
        rows = self.results.read_rows(kept.id, first=first)
        texts, overflow, _ = _take(rows, size)
        may_go_on = len(texts) == size or overflow
        return Rows(texts, kept.id, first + len(texts) if may_go_on else None)

    def _keep(self, kept: KeptResult, rows: Iterator[RawBSONDocument]) -> None:
        now = self.clock()
        size = 0

        def counted() -> Iterator[RawBSONDocument]:
            nonlocal size
            for row in rows:
                size += len(row.raw)
                if size > self.most_bytes:
                    raise ResultTooLarge(limit_bytes=self.most_bytes)
                yield row

        try:
            self.results.add_rows(kept.id, counted(), now=now)
        except BaseException as error:
            self.results.remove_rows(kept.id)
            if isinstance(error, DocumentTooLarge):  # one row that fills MongoDB's largest
                raise ResultTooLarge(limit_bytes=self.most_bytes) from error
            raise
        self.results.add(kept, now=now)


def batch_size(cursor: dict[str, Any] | None) -> int:
    """Return how many rows the client wants in a batch, or raise `CommandRefused`."""
    wanted = (cursor or {}).get("batchSize", DEFAULT_BATCH)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
        raise CommandRefused("`cursor.batchSize` is not a whole number from 0 on.")
    return min(wanted, MOST_ROWS)


def _take(
    rows: Iterator[RawBSONDocument], size: int
) -> tuple[list[bytes], list[RawBSONDocument], bool]:
    """Return the JSON of so many rows as fit into an answer, the one that did not, if any.

    The third value says whether all rows have an ``_id``.
    """
    texts: list[bytes] = []
    total = 0
    are_all_named = True
    for raw in islice(rows, size):
        document = bson.decode(raw.raw, ANY_DATE)
        text = extended(document)
        total += len(text)
        if texts and total > BATCH_BYTES:
            return texts, [raw], are_all_named
        texts.append(text)
        are_all_named = are_all_named and "_id" in document
    return texts, [], are_all_named

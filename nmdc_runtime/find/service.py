"""What is found, a page at a time, and how it is told; asynchronous, as all of it is read."""

import time
from dataclasses import dataclass, replace
from typing import Any, Final

from nmdc_runtime.find.cursors import Walk, read_cursor, write_cursor
from nmdc_runtime.find.errors import BadCursorValue, NotOffered, PageNumberInvalid
from nmdc_runtime.find.models import Finding, FindParameters
from nmdc_runtime.find.reads import FindReads
from nmdc_runtime.find.rules import Sort, parse_filter, parse_sort, total
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.projections import WHOLE, parse_projection
from nmdc_runtime.mongo.sorting import SortedPage, SortedQuery
from nmdc_runtime.web.tokens import SignedTokens
from nmdc_runtime.web.visibility import Visibility

DEFAULT_SIZE: Final = 25
#: MongoDB passes over less than 2**63 documents.
LAST_PAGE: Final = 10**15


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query as MongoDB is asked."""

    condition: Document
    sort: Sort
    projection: Document


def _understand(filter: str | None, sort: str | None, fields: str | None) -> _Asked:
    return _Asked(
        parse_filter(filter),
        parse_sort(sort),
        (parse_projection(fields) or WHOLE).keyed("id"),
    )


@dataclass(frozen=True, slots=True)
class FindService:
    """Finds documents by the short languages of ``filter``, ``sort`` and ``fields``."""

    reads: FindReads
    documents: MetadataReads
    tokens: SignedTokens

    async def find(self, finding: Finding, sent: FindParameters) -> bytes:
        """Return the answer as JSON.

        Raises
        ------
        NotOffered
            ``group_by`` or ``search`` was sent.
        FindFilterMalformed, FindSortMalformed, ProjectionRefused
            A text cannot be read.
        BadCursorValue, CursorOfAnotherQuery, FilterMissing, PageNumberInvalid
            There is no such page.
        """
        if sent.group_by:
            raise NotOffered("`group_by` is not offered: group what you get by yourself")
        if sent.search:
            raise NotOffered(
                "`search` is not offered: search in an attribute, with "
                "`filter=<attribute>.search:<regular expression>`"
            )
        asked = _understand(sent.filter, sent.sort, sent.fields)
        if sent.cursor is None:
            return await self._by_number(finding, sent, asked)
        return await self._by_cursor(finding, sent)

    async def _by_number(self, finding: Finding, sent: FindParameters, asked: _Asked) -> bytes:
        page = 1 if sent.page is None else sent.page
        if page == 0:
            raise BadCursorValue("`page` is 0: pages are counted from 1")
        size = sent.per_page or DEFAULT_SIZE
        if not 0 < page <= LAST_PAGE:
            raise PageNumberInvalid(page, last=LAST_PAGE)
        began = time.perf_counter()
        query = self._query(asked, size=size, skip=(page - 1) * size)
        found = await self.reads.page(finding.collections, query, finding.visibility)
        count = await self._count(finding, asked, found, query, finding.visibility)
        meta = self._meta(finding, asked, count=count, began=began)
        meta |= {"page": page, "per_page": size}
        if sent.fields and len(finding.collections) == 1:
            meta["fields"] = sent.fields
        return to_json({"meta": meta, "results": found.documents, "group_by": []})

    async def _by_cursor(self, finding: Finding, sent: FindParameters) -> bytes:
        walk = read_cursor(sent, finding, self.tokens, default_size=DEFAULT_SIZE)
        asked = _understand(walk.filter, walk.sort, walk.fields)
        asked = replace(asked, sort=total(asked.sort))
        began = time.perf_counter()
        query = self._query(asked, size=walk.per_page, walk=walk)
        found = await self.reads.page(finding.collections, query, walk.visibility)
        count = walk.count
        if count is None:
            count = await self._count(finding, asked, found, query, walk.visibility)
        meta = self._meta(finding, asked, count=count, began=began)
        meta |= {"page": None, "per_page": walk.per_page}
        if walk.fields:
            meta["fields"] = walk.fields
        meta["next_cursor"] = None
        if found.next is not None:
            ahead = replace(walk, after=found.next, count=count)
            meta["next_cursor"] = write_cursor(ahead, finding, self.tokens)
        return to_json({"meta": meta, "results": found.documents, "group_by": []})

    async def _count(
        self,
        finding: Finding,
        asked: _Asked,
        found: SortedPage,
        query: SortedQuery,
        visibility: Visibility,
    ) -> int:
        """Return how many match: the last page tells, if there is something on it."""
        if found.next is None and query.after is None and (found.documents or not query.skip):
            return query.skip + len(found.documents)
        return await self.reads.count(finding.collections, asked.condition, visibility)

    def _query(
        self, asked: _Asked, *, size: int, skip: int = 0, walk: Walk | None = None
    ) -> SortedQuery:
        return SortedQuery(
            sort=total(asked.sort),
            size=size,
            condition=asked.condition,
            after=walk.after if walk else None,
            skip=skip,
            projection=asked.projection,
            time_limit_ms=self.reads.time_limit_ms,
        )

    def _meta(self, finding: Finding, asked: _Asked, *, count: int, began: float) -> dict[str, Any]:
        meta: dict[str, Any] = {"mongo_filter_dict": asked.condition}
        if len(finding.collections) == 1:
            meta["mongo_sort_list"] = [list(key) for key in asked.sort] or None
        taken_ms = int((time.perf_counter() - began) * 1_000)
        return meta | {"count": count, "db_response_time_ms": taken_ms}

"""Reports of checks, for the hub only."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.checks.errors import CheckNotFound
from nmdc_runtime.checks.store import DETAILS, REPORTS
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.sorting import SortKeys

#: Newest first; an index gives this order.
NEWEST_FIRST: Final[SortKeys] = (("id", -1),)


class CheckReads:
    """Reads reports, and tells what a list of them reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._reports = database[REPORTS]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all reports, without their details."""
        return Listing(collection=self._reports, time_limit_ms=self._time_limit_ms, hidden=DETAILS)

    async def get(self, check_id: str) -> Document:
        """Return a report with all details, or raise `CheckNotFound`."""
        found = await self._reports.find_one(
            {"id": check_id}, NO_OBJECT_ID, max_time_ms=self._time_limit_ms
        )
        if found is None:
            raise CheckNotFound(check_id)
        return found

"""Lists of submissions, for the hub only."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.sorting import SortKeys
from nmdc_runtime.plans.store import PLANS

#: Newest first; an index gives this order.
NEWEST_FIRST: Final[SortKeys] = (("created_at", -1), ("id", -1))


class PlanReads:
    """Tells what a list of submissions reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._plans = database[PLANS]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all submissions."""
        return Listing(collection=self._plans, time_limit_ms=self._time_limit_ms)

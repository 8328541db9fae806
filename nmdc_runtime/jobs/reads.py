"""Lists of jobs, for the hub only."""

from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.jobs.store import JOBS, not_taken_by
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing

#: How clients ask for jobs that nobody has claimed yet.
NO_CLAIMS: Final = {"$size": 0}


class JobReads:
    """Tells what a list of jobs reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._jobs = database[JOBS]
        self._time_limit_ms = time_limit_ms

    def listing(self, *, not_taken_by_site: str | None = None) -> Listing:
        """Return all jobs, or to a site that gives no filter those it has not taken."""
        return Listing(
            collection=self._jobs,
            time_limit_ms=self._time_limit_ms,
            unless_filtered=not_taken_by(not_taken_by_site) if not_taken_by_site else {},
            implied=unclaimed,
        )


def unclaimed(filter: dict[str, Any]) -> Document:
    """Return what a filter implies that asks for jobs without claims, so that an index serves it.

    ``$size`` uses no index. That ``claims`` is an empty list is the same, and has one, which holds
    only such jobs: however many there are that have been claimed.
    """
    parts = filter.get("$and")
    asked = [filter, *(parts if isinstance(parts, list) else ())]
    is_asked = any(isinstance(each, dict) and each.get("claims") == NO_CLAIMS for each in asked)
    return {"claims": []} if is_asked else {}

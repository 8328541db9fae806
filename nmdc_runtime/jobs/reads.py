"""Lists of jobs, for the hub only."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.jobs.store import JOBS, no_live_claim_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing


class JobReads:
    """Tells what a list of jobs reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._jobs = database[JOBS]
        self._time_limit_ms = time_limit_ms

    def listing(self, *, not_held_by: str | None = None) -> Listing:
        """Return all jobs, or to a site that gives no filter those it holds no live claim on."""
        return Listing(
            collection=self._jobs,
            time_limit_ms=self._time_limit_ms,
            unless_filtered=no_live_claim_of(not_held_by) if not_held_by else {},
        )

"""Lists of sites, for the hub only."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.sites.store import COLLECTION

#: Older Runtimes keep hashes of secrets in there.
HIDDEN: Final = frozenset({"clients"})


class SiteReads:
    """Tells what a list of sites reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._sites = database[COLLECTION]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all sites, without their clients."""
        return Listing(collection=self._sites, time_limit_ms=self._time_limit_ms, hidden=HIDDEN)

"""Lists of audit records, for the hub only."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.audit.store import AUDIT
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing


class AuditReads:
    """Tells what a list of audit records reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._audit = database[AUDIT]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all records, oldest first."""
        return Listing(collection=self._audit, time_limit_ms=self._time_limit_ms)

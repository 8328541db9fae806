"""Lists of operations, for the hub only."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.operations.store import OPERATIONS


class OperationReads:
    """Tells what a list of operations reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._operations = database[OPERATIONS]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all operations."""
        return Listing(collection=self._operations, time_limit_ms=self._time_limit_ms)

"""Lists of what is staged, for the hub only."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.staging.store import PLACES, Record


class StagingReads:
    """Tells what a list of staged records reads."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._database = database
        self._time_limit_ms = time_limit_ms

    def listing(self, model: type[Record]) -> Listing:
        """Return all records of a class, in the order in which they came: they have no ``id``."""
        return Listing(
            collection=self._database[PLACES[model][0]],
            time_limit_ms=self._time_limit_ms,
            key="_id",
        )

"""Lists of sites, and clients by their id, for the hub only."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.sites.models import SiteClient
from nmdc_runtime.sites.store import CLIENTS, COLLECTION, client_of

#: Older Runtimes keep hashes of secrets in there.
HIDDEN: Final = frozenset({"clients"})


class SiteReads:
    """Tells what a list of sites reads; finds clients."""

    def __init__(self, database: AsyncDatabase[Document], *, time_limit_ms: int) -> None:
        self._sites = database[COLLECTION]
        self._clients = database[CLIENTS]
        self._time_limit_ms = time_limit_ms

    def listing(self) -> Listing:
        """Return all sites, without their clients."""
        return Listing(collection=self._sites, time_limit_ms=self._time_limit_ms, hidden=HIDDEN)

    async def find_client(self, client_id: str) -> SiteClient | None:
        """Return the client of this id unless it is revoked, or still stands in its site."""
        document = await self._clients.find_one({"id": client_id}, NO_OBJECT_ID)
        client = None if document is None else client_of(document)
        return None if client is None or client.revoked_at is not None else client

"""Site clients and withdrawn tokens in memory, as MongoDB has them: asked before each request."""

import asyncio
import logging
import time
from collections.abc import Collection
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.login.store import COLLECTION as WITHDRAWN
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.sites.models import SiteClient
from nmdc_runtime.sites.store import CLIENTS, client_of

logger = logging.getLogger(__name__)

#: How long MongoDB is asked to wait for a change before it says that there was none.
PATIENCE_MS: Final = 1_000
#: A directory that has heard nothing for so long is not asked.
TRUSTED_FOR_S: Final = 3.0
PAUSE_S: Final = 1.0
LONG_PAUSE_S: Final = 300.0
#: More tokens than this are withdrawn by nobody; then MongoDB is asked.
MOST: Final = 100_000


class _TooMany(Exception):
    """There is more than memory is for."""


class ClientDirectory:
    """Follows both collections by a change stream; says itself when it cannot be relied on.

    It is behind MongoDB by the time a change takes through the stream, which is milliseconds, and
    never by more than `TRUSTED_FOR_S`. What this process changes itself it does not answer for
    until the change has come back, so that whoever withdraws a token here is refused here at once.

    Parameters
    ----------
    database
        Of a client whose pool has a connection to spare for the stream.
    changes
        What this process has changed lately.
    most
        Withdrawn tokens that are kept; of more, MongoDB is asked.
    """

    def __init__(
        self, database: AsyncDatabase[Document], *, changes: RecentChanges, most: int = MOST
    ) -> None:
        self._database = database
        self._most = most
        self._changes = changes
        self._clients: dict[Any, SiteClient] = {}
        self._by_id: dict[str, SiteClient] = {}
        self._withdrawn: set[Any] = set()
        self._heard_at = float("-inf")

    def is_current(self, *names: str) -> bool:
        """Say whether what is here of clients and tokens with these names can be relied on."""
        in_touch = time.monotonic() - self._heard_at < TRUSTED_FOR_S
        return in_touch and not self._changes.include(*names)

    def find_client(self, client_id: str) -> SiteClient | None:
        """Return the client of this id unless it is revoked."""
        client = self._by_id.get(client_id)
        return None if client is None or client.revoked_at is not None else client

    def is_any_withdrawn(self, names: Collection[str]) -> bool:
        """Say whether a token with one of these names was withdrawn."""
        return not self._withdrawn.isdisjoint(names)

    async def follow(self) -> None:
        """Keep the directory current until cancelled."""
        while True:
            pause_s = PAUSE_S
            try:
                await self._follow_once()
            except PyMongoError as error:
                reason = f"{type(error).__name__}: {str(error)[:200]}"
                logger.info("site clients are looked up one by one", extra={"reason": reason})
            except Exception:
                # Reading everything again at once would end the same way.
                logger.exception("site clients are looked up one by one")
                pause_s = LONG_PAUSE_S
            self._heard_at = float("-inf")
            await asyncio.sleep(pause_s)

    async def _follow_once(self) -> None:
        stream = await self._database.watch(
            [{"$match": {"ns.coll": {"$in": [CLIENTS, WITHDRAWN]}}}],
            full_document="updateLookup",
            max_await_time_ms=PATIENCE_MS,
        )
        async with stream:
            await self._load()
            is_caught_up = False
            while stream.alive:
                change = await stream.try_next()
                if change is None:
                    is_caught_up = True
                elif not self._apply(change):
                    return
                if is_caught_up:
                    self._heard_at = time.monotonic()

    async def _load(self) -> None:
        self._clients, self._by_id = {}, {}
        async for document in self._database[CLIENTS].find():
            self._put(document)
        found = self._database[WITHDRAWN].find({}, {"_id": 1}).limit(self._most + 1)
        self._withdrawn = {document["_id"] async for document in found}
        if len(self._withdrawn) > self._most:
            raise _TooMany(f"more than {self._most} tokens are withdrawn")

    def _apply(self, change: Any) -> bool:  # noqa: ANN401 (as the driver gives it)
        """Take a change in; say no if everything must be read anew."""
        if "documentKey" not in change:
            return False
        key = change["documentKey"]["_id"]
        document = change.get("fullDocument")
        if change["ns"]["coll"] == WITHDRAWN:
            if document is None:
                self._withdrawn.discard(key)
            else:
                self._withdrawn.add(key)
        elif document is None:
            gone = self._clients.pop(key, None)
            if gone is not None:
                self._by_id.pop(gone.id, None)
        else:
            self._put(document)
        return True

    def _put(self, document: Document) -> None:
        client = client_of(document)
        self._clients[document["_id"]] = client
        self._by_id[client.id] = client

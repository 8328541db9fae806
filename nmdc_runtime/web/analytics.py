"""Who uses the API how: one record a request in ``_runtime.analytics``, written behind its back."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import ObjectId
from bson.errors import BSONError
from pymongo import timeout
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.web.context import Served, header_of

logger = logging.getLogger(__name__)

ANALYTICS: Final = "_runtime.analytics"
INDEXES: Final = (
    Index(collection=ANALYTICS, keys=("at",)),
    Index(collection=ANALYTICS, keys=("expires_at",), expire_after=timedelta(seconds=0)),
)
SOURCE: Final = "FastAPI"
#: Records that wait for the database, at most; some 10 MB. More are dropped, and counted.
MOST_WAITING: Final = 10_000
#: Records written at once, at most.
BATCH: Final = 1_000
#: How long a record waits at most, in s; and how long a write may take, also the last one.
FLUSH_EVERY_S: Final = 10.0
WRITE_WITHIN_S: Final = 5.0
#: Clients make up paths and names of themselves: what is kept of each, in characters.
PATH_LETTERS: Final = 2_000
AGENT_LETTERS: Final = 500
_DUPLICATE_KEY: Final = 11_000


class Analytics:
    """Takes a note of each request, and writes the notes down every few seconds.

    A request is never held up: it only adds to a queue in this process. The queue is written when
    the process ends, too. While the database is away the notes wait; when there are too many, the
    oldest are dropped.

    Parameters
    ----------
    clock
        Tells the time.
    lifetime
        How long a record is kept; MongoDB then removes it.
    flush_every_s
        How long a record waits at most.

    Attributes
    ----------
    written, dropped, failures
        Records written, records dropped, and writes that failed, since the process began.
    """

    def __init__(
        self, *, clock: Clock, lifetime: timedelta, flush_every_s: float = FLUSH_EVERY_S
    ) -> None:
        self._clock = clock
        self._flush_every_s = flush_every_s
        self._lifetime = lifetime
        self._waiting: deque[Document] = deque()
        self._told_dropped = 0
        self.written = 0
        self.dropped = 0
        self.failures = 0

    @property
    def waiting(self) -> int:
        """How many records wait to be written."""
        return len(self._waiting)

    def began(self) -> None:
        """Do nothing: a record is about how a request ended."""

    def ended(self, served: Served) -> None:
        """Put a record of the request into the queue."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(self._record(served, self._clock()))

    def _record(self, served: Served, now: datetime) -> Document:
        scope = served.scope
        client = scope.get("client")
        return {
            # Given here, so that a batch of which only a part was written can be sent again.
            "_id": ObjectId(),
            "hostname": _host_of(header_of(scope, b"host")),
            "ip_address": client[0] if client else "",
            "path": scope["path"][:PATH_LETTERS],
            "route": served.route,
            "user_agent": header_of(scope, b"user-agent")[:AGENT_LETTERS],
            "method": served.method,
            "status": served.status,
            "response_time": round(served.duration_s * 1000),
            "created_at": now.astimezone(UTC)
            .replace(tzinfo=None)
            .isoformat(timespec="microseconds"),
            "source": SOURCE,
            "at": now,
            "expires_at": now + self._lifetime,
        }

    @asynccontextmanager
    async def writing_to(self, database: AsyncDatabase[Document]) -> AsyncIterator[None]:
        """Write what comes in while the block runs, and what is left when it ends."""
        writer = asyncio.create_task(self._write_for_ever(database))
        try:
            yield
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
            await self.flush(database)
            if self._waiting:
                logger.warning(
                    "analytics not written at the end", extra={"records": len(self._waiting)}
                )
                self.dropped += len(self._waiting)
                self._waiting.clear()

    async def _write_for_ever(self, database: AsyncDatabase[Document]) -> None:
        while True:
            await asyncio.sleep(self._flush_every_s)
            await self.flush(database)
            if self.dropped > self._told_dropped:
                logger.warning(
                    "analytics dropped", extra={"records": self.dropped - self._told_dropped}
                )
                self._told_dropped = self.dropped

    async def flush(self, database: AsyncDatabase[Document]) -> None:
        """Write what waits; where that fails for now, leave it waiting."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._write(database, batch)
            except BaseException as error:
                # Also when the task is cancelled: what was written already is not written twice.
                room = max(0, MOST_WAITING - len(self._waiting))
                self.dropped += len(batch) - len(batch[-room:] if room else [])
                self._waiting.extendleft(reversed(batch[-room:] if room else []))
                if not isinstance(error, PyMongoError):
                    raise
                self.failures += 1
                logger.warning("analytics not written", extra={"reason": type(error).__name__})
                return

    async def _write(self, database: AsyncDatabase[Document], batch: list[Document]) -> None:
        """Write a batch; raise `PyMongoError` only where it may be written later."""
        try:
            with timeout(WRITE_WITHIN_S):
                await database[ANALYTICS].insert_many(batch, ordered=False)
            self.written += len(batch)
        except BulkWriteError as error:
            refused = [
                each for each in error.details["writeErrors"] if each["code"] != _DUPLICATE_KEY
            ]
            if error.details.get("writeConcernErrors") and not refused:
                raise
            self.written += len(batch) - len(refused)
            self._give_up(len(refused), "refused")
        except (BSONError, UnicodeError) as error:
            self._give_up(len(batch), type(error).__name__)

    def _give_up(self, records: int, reason: str) -> None:
        """Drop records that no later write could take."""
        if records:
            self.failures += 1
            self.dropped += records
            logger.error("analytics refused", extra={"records": records, "reason": reason})


def _host_of(host: str) -> str:
    """Return the name of the host alone, in lower case, as in the address that was asked for."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()

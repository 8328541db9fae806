"""Who uses the API how: one record a request in ``_runtime.analytics``, written behind its back."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from bson import ObjectId
from bson.errors import BSONError
from pymongo import timeout
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.web.context import Served

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
#: Clients make up paths and names of themselves: what is kept of each.
PATH_LETTERS: Final = 2_000
AGENT_BYTES: Final = 500
HOST_BYTES: Final = 255
_DUPLICATE_KEY: Final = 11_000


class _Note(NamedTuple):
    """What is kept of a request until it is written; of the request itself nothing is."""

    at: datetime
    ip_address: str
    host: bytes
    agent: bytes
    path: str
    route: str
    method: str
    status: int
    duration_s: float


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
        self._waiting: deque[_Note] = deque()
        #: Records being written, or to be written again.
        self._unwritten: list[Document] = []
        self._told_dropped = 0
        self.written = 0
        self.dropped = 0
        self.failures = 0

    @property
    def waiting(self) -> int:
        """How many records wait to be written."""
        return len(self._waiting) + len(self._unwritten)

    def began(self) -> None:
        """Do nothing: a record is about how a request ended."""

    def ended(self, served: Served) -> None:
        """Put a note of the request into the queue; what it costs, every request costs."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        scope = served.scope
        host = agent = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"user-agent":
                agent = value
        client = scope.get("client")
        self._waiting.append(
            _Note(
                self._clock(),
                client[0] if client else "",
                host[:HOST_BYTES],
                agent[:AGENT_BYTES],
                scope["path"][:PATH_LETTERS],
                served.route,
                served.method,
                served.status,
                served.duration_s,
            )
        )

    def _record(self, note: _Note) -> Document:
        return {
            # Given here, so that a batch of which only a part was written can be sent again.
            "_id": ObjectId(),
            "hostname": _host_of(note.host.decode("latin-1")),
            "ip_address": note.ip_address,
            "path": note.path,
            "route": note.route,
            "user_agent": note.agent.decode("latin-1"),
            "method": note.method,
            "status": note.status,
            "response_time": round(note.duration_s * 1000),
            "created_at": note.at.astimezone(UTC)
            .replace(tzinfo=None)
            .isoformat(timespec="microseconds"),
            "source": SOURCE,
            "at": note.at,
            "expires_at": note.at + self._lifetime,
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
            if self.waiting:
                logger.warning("analytics not written at the end", extra={"records": self.waiting})
                self.dropped += self.waiting
                self._waiting.clear()
                self._unwritten = []

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
        while self._unwritten or self._waiting:
            if not self._unwritten:
                notes = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                self._unwritten = [self._record(note) for note in notes]
            try:
                await self._write(database, self._unwritten)
            except PyMongoError as error:
                self.failures += 1
                logger.warning("analytics not written", extra={"reason": type(error).__name__})
                return
            self._unwritten = []

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

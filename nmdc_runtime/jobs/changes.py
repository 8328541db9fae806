"""The stream of changes to jobs, read from MongoDB's change stream; for the hub only."""

import logging
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, OperationFailure

from nmdc_runtime.jobs.errors import TooManyWatchers, WatchNotResumable
from nmdc_runtime.jobs.store import JOBS
from nmdc_runtime.mongo.documents import Document

logger = logging.getLogger(__name__)

#: How long MongoDB is asked to wait for a change before it says that there was none.
PATIENCE_MS: Final = 1_000

_RESUME_TOKEN: Final = re.compile(r"[0-9A-Fa-f]{8,4096}")


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job as it is after a change, or no job: nothing happened for a while.

    ``position`` is where a stream goes on that begins behind it.
    """

    position: str
    job: Document | None = None
    is_new: bool = False


class JobChanges:
    """Opens streams of changes, so many at once.

    Parameters
    ----------
    database
        Of a client whose pool has a connection for each stream.
    most
        How many streams may be open.
    """

    def __init__(self, database: AsyncDatabase[Document], *, most: int) -> None:
        self._jobs = database[JOBS]
        self._most = most
        self._open = 0

    async def open(
        self, *, workflow_ids: Sequence[str], site_id: str | None, after: str | None
    ) -> "JobStream":
        """Return a stream that has begun, here or behind a position; it must be closed.

        Parameters
        ----------
        workflow_ids
            Of whose jobs; none: of all.
        site_id
            Only jobs on which this site has, or had, a claim.
        after
            The position of the last change that is known.

        Raises
        ------
        TooManyWatchers
            As many streams are open as may be.
        WatchNotResumable
            The position is none, or is of a stream that asked for something else, or MongoDB no
            longer knows what came behind it.
        """
        if self._open >= self._most:
            raise TooManyWatchers(self._most)
        if after is not None and not _RESUME_TOKEN.fullmatch(after):
            raise WatchNotResumable
        wanted: Document = {"operationType": {"$in": ["insert", "update", "replace"]}}
        if workflow_ids:
            wanted["fullDocument.workflow.id"] = {"$in": list(workflow_ids)}
        if site_id is not None:
            wanted["fullDocument.claims.site_id"] = site_id
        self._open += 1
        try:
            stream = await self._jobs.watch(
                [{"$match": wanted}],
                full_document="updateLookup",
                resume_after={"_data": after} if after is not None else None,
                max_await_time_ms=PATIENCE_MS,
            )
        except BaseException as error:
            self._open -= 1
            if after is not None and isinstance(error, OperationFailure):
                raise WatchNotResumable from error
            raise
        return JobStream(stream, self._closed)

    def _closed(self) -> None:
        self._open -= 1


class JobStream:
    """One open stream of changes."""

    def __init__(self, stream: AsyncChangeStream[Document], closed: Callable[[], None]) -> None:
        self._stream = stream
        self._closed = closed

    @property
    def position(self) -> str:
        """Where the stream stands."""
        token = self._stream.resume_token
        return str(token["_data"]) if token else ""

    async def changes(self) -> AsyncGenerator[JobChange, None]:
        """Yield changes, and every second or so that there was none, until MongoDB goes away."""
        while True:
            try:
                event = await self._stream.try_next()
            except (ConnectionFailure, OperationFailure) as error:
                logger.warning("watching jobs broke off", extra={"reason": str(error)[:200]})
                return
            if event is None:
                yield JobChange(self.position)
            elif (job := event.get("fullDocument")) is not None:  # None: it is gone by now
                job.pop("_id", None)
                yield JobChange(
                    str(event["_id"]["_data"]), job=job, is_new=event["operationType"] == "insert"
                )

    async def close(self) -> None:
        """End the stream; safe to call again."""
        closed, self._closed = self._closed, lambda: None
        closed()
        await self._stream.close()

"""The changes of schema documents, in batches, with where to go on and whether that was all.

Not the driver's own change stream: that hands out one change at a time, and does not tell whether
the server had more, which is what says how fresh the graph is.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from bson import Timestamp
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from nmdc_runtime.graph.errors import ChangesLost
from nmdc_runtime.graph.store import Token
from nmdc_runtime.mongo.documents import Document

#: Changes in one batch, and so in one transaction.
BATCH: Final = 1_000
#: How long the server waits for a change before it says that there is none.
PATIENCE_MS: Final = 250

WRITES: Final = ("insert", "update", "replace", "delete")
#: What changes documents without saying which.
UPHEAVALS: Final = ("drop", "rename", "dropDatabase", "invalidate")

#: The server no longer knows, or cannot tell, what came behind the token.
LOST: Final = frozenset({136, 222, 260, 280, 286, 10334})


@dataclass(frozen=True, slots=True)
class Key:
    """Which schema document was written."""

    collection: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some changes: of which documents, where to go on, and whether there were no more."""

    keys: tuple[Key, ...]
    token: Token
    is_last: bool
    #: When the last of them was, on the server's logical clock.
    time: Timestamp | None


class Changes:
    """An open stream."""

    def __init__(
        self, database: Database[Document], session: ClientSession, cursor: Document
    ) -> None:
        self._database = database
        self._session = session
        self._cursor = cursor

    @property
    def token(self) -> Token:
        """Where the stream begins, until the first batch is read."""
        token: Token = self._cursor["postBatchResumeToken"]
        return token

    def next_batch(self) -> Batch:
        """Return the next changes, waiting a moment if there are none yet."""
        with _telling_what_is_lost():
            answer = self._database.command(
                {
                    "getMore": self._cursor["id"],
                    "collection": self._cursor["ns"].partition(".")[2],
                    "batchSize": BATCH,
                    "maxTimeMS": PATIENCE_MS,
                },
                session=self._session,
            )["cursor"]
        events = answer["nextBatch"]
        for event in events:
            if event["operationType"] in UPHEAVALS:
                raise ChangesLost(f"a collection was changed as a whole: {event['operationType']}")
        keys = {
            (event["ns"]["coll"], repr(event["documentKey"]["_id"])): Key(
                event["ns"]["coll"], event["documentKey"]["_id"]
            )
            for event in events
        }
        return Batch(
            keys=tuple(keys.values()),
            token=answer["postBatchResumeToken"],
            is_last=len(events) < BATCH,
            time=events[-1]["clusterTime"] if events else None,
        )

    def close(self) -> None:
        """End the stream on the server; if that is gone, so is the stream."""
        try:
            self._database.command(
                {
                    "killCursors": self._cursor["ns"].partition(".")[2],
                    "cursors": [self._cursor["id"]],
                },
                session=self._session,
            )
        except PyMongoError:
            return


class Gathering:
    """Reads a stream on, in a thread, while its owner does something that takes long.

    MongoDB remembers changes only up to a size, which a build of the graph alone may exceed.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._keys: dict[tuple[str, str], Key] = {}
        self._time: Timestamp | None = None
        self._error: Exception | None = None
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no further; the stream is the owner's again."""
        self._enough.set()
        self._thread.join()

    def batches(self) -> Iterator[tuple[Sequence[Key], Timestamp | None]]:
        """Stop, and yield what was written, each document once; raise what broke the reading."""
        self.close()
        if self._error is not None:
            raise self._error
        keys = iter(self._keys.values())
        while some := list(islice(keys, BATCH)):
            yield some, self._time

    def _gather(self) -> None:
        while not self._enough.is_set():
            try:
                batch = self._changes.next_batch()
            except Exception as error:  # the owner's to handle, when it asks
                self._error = error
                return
            self._keys.update({(key.collection, repr(key.value)): key for key in batch.keys})
            self._time = batch.time or self._time


@contextmanager
def open_changes(
    database: Database[Document], collections: Sequence[str], *, after: Token | None
) -> Iterator[Changes]:
    """Yield the stream of changes of these collections, from now on or behind a token.

    Raise `ChangesLost` if the server no longer has what came behind it.
    """
    begin: Document = {} if after is None else {"startAfter": after}
    concerned = {"ns.coll": {"$in": list(collections)}}
    pipeline: list[Document] = [
        {"$changeStream": begin},
        {
            "$match": {
                "$or": [
                    {"operationType": {"$in": list(WRITES)}, **concerned},
                    {"operationType": {"$in": ["drop", "rename"]}, **concerned},
                    {"operationType": "rename", "to.coll": {"$in": list(collections)}},
                    {"operationType": {"$in": ["dropDatabase", "invalidate"]}},
                ]
            }
        },
        {"$project": {"operationType": 1, "ns": 1, "documentKey": 1, "clusterTime": 1}},
    ]
    with database.client.start_session() as session:
        with _telling_what_is_lost():
            cursor = database.command(
                {
                    "aggregate": 1,
                    "pipeline": pipeline,
                    "cursor": {"batchSize": 0},
                    # Only what a majority has: it cannot be undone.
                    "readConcern": {"level": "majority"},
                },
                session=session,
            )["cursor"]
        changes = Changes(database, session, cursor)
        try:
            yield changes
        finally:
            changes.close()


@contextmanager
def _telling_what_is_lost() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code in LOST or error.has_error_label("NonResumableChangeStreamError"):
            raise ChangesLost(f"MongoDB cannot tell what has changed: code {error.code}") from error
        raise

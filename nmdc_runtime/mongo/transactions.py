"""Several collections at once: both writes or neither."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from nmdc_runtime.mongo.client import APP_NAME
from nmdc_runtime.mongo.documents import Document

logger = logging.getLogger(__name__)

MICROSECOND: Final = timedelta(microseconds=1)
#: No step of a transaction of ours takes as long as this.
ABANDONED_AFTER: Final = timedelta(seconds=15)
#: How long a transaction is tried that others keep from committing.
CONFLICT_LIMIT_S: Final = 120
#: How long one is tried while MongoDB has no primary; then the request is answered with 503.
NO_PRIMARY_LIMIT_S: Final = 6
FIRST_PAUSE_S: Final = 0.005
#: The driver's label of errors after which a transaction may begin again.
TRANSIENT: Final = "TransientTransactionError"
#: The server's word for what `Transactions.end` does to a transaction that is at work.
INTERRUPTED: Final = 11601
LONGEST_PAUSE_S: Final = 0.5

Result = TypeVar("Result")
#: A logical session id, as documents keep it.
Writer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One open transaction, handed to the store methods that take part in it."""

    session: ClientSession

    @property
    def writer(self) -> Writer:
        """What names this transaction's session to the server, for `Transactions.end`."""
        return dict(self.session.session_id)


class Transactions:
    """Runs work in transactions; MongoDB's transient conflicts are retried."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._client = client

    def end(self, writer: Writer) -> None:
        """End a session of a process that died: its open transaction no longer blocks others.

        The server would keep the transaction, and what it has locked, until its time limit.
        """
        self._client.admin.command({"killSessions": [dict(writer)]})

    def end_abandoned(self, *, idle_for: timedelta = ABANDONED_AFTER) -> int:
        """End the transactions that a process left open when it died; return how many.

        They would keep what they have written to from everybody else, until the server's time
        limit. Nothing is lost if one is ended whose process only slept: it starts again.
        """
        abandoned: list[Document] = [
            {"$currentOp": {"idleSessions": True, "allUsers": False}},
            {
                "$match": {
                    "type": "idleSession",
                    "appName": APP_NAME,
                    "transaction.timeInactiveMicros": {"$gt": idle_for // MICROSECOND},
                }
            },
        ]
        sessions = [
            {"id": found["lsid"]["id"]} for found in self._client.admin.aggregate(abandoned)
        ]
        if sessions:
            self._client.admin.command({"killSessions": sessions})
            logger.warning("abandoned transactions ended", extra={"how_many": len(sessions)})
        return len(sessions)

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run the work and commit; any exception aborts. The work may be called more than once.

        It is called again when another transaction was faster, with growing pauses, and for a
        while when MongoDB has no primary. (PyMongo's own loop would hold a request for two minutes
        while there is no server.)
        """
        began = time.monotonic()
        attempt = 0
        with self._client.start_session() as session:
            while True:
                session.start_transaction(
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority", j=True),
                    read_preference=ReadPreference.PRIMARY,
                )
                try:
                    result = work(Transaction(session))
                    _commit(session, began)
                except BaseException as error:
                    if session.in_transaction:
                        session.abort_transaction()
                    if not _may_retry(error, TRANSIENT, began):
                        raise
                else:
                    return result
                attempt += 1
                pause = min(FIRST_PAUSE_S * 1.5**attempt, LONGEST_PAUSE_S)
                time.sleep(random.random() * pause)  # noqa: S311 (spreads those who collide)


def _commit(session: ClientSession, began: float) -> None:
    """Commit; whether a commit took place that broke off is found out by committing again."""
    while True:
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if not _may_retry(error, "UnknownTransactionCommitResult", began):
                raise
        else:
            return


def _may_retry(error: BaseException, label: str, began: float) -> bool:
    if not isinstance(error, PyMongoError):
        return False
    was_ended = isinstance(error, OperationFailure) and error.code == INTERRUPTED
    if not was_ended and not error.has_error_label(label):
        return False
    limit = NO_PRIMARY_LIMIT_S if isinstance(error, ConnectionFailure) else CONFLICT_LIMIT_S
    return time.monotonic() - began < limit


def session_of(tx: Transaction | None) -> ClientSession | None:
    """Return what the driver takes as ``session``: that of the transaction, or none."""
    return None if tx is None else tx.session

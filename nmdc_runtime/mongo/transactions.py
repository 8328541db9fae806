"""Several collections at once: both writes or neither."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from nmdc_runtime.mongo.documents import Document

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

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run the work and commit; any exception aborts. The work may be called more than once."""
        with self._client.start_session() as session:
            return session.with_transaction(
                lambda live: work(Transaction(live)),
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority", j=True),
                read_preference=ReadPreference.PRIMARY,
            )


def session_of(tx: Transaction | None) -> ClientSession | None:
    """Return what the driver takes as ``session``: that of the transaction, or none."""
    return None if tx is None else tx.session

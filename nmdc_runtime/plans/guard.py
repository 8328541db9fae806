"""Who may change schema documents just now: the one place where writers meet.

MongoDB's transactions see a snapshot. Two of them may each be right by what they see and wrong
together: one inserts a document that names another, which the second one deletes. So every
transaction that changes schema documents *holds the guard*: it writes to one of some documents, at
random. One that must not overlap with any other writes to all of them. MongoDB then lets only one
of the two commit, and the other begins again and sees what happened.

There is always somebody who holds one document where many write, so who needs all of them would
begin again for ever. So it says that it waits, and for a while nobody else begins.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import OperationFailure

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import TRANSIENT, Transaction, Transactions, session_of
from nmdc_runtime.plans.errors import DocumentsLocked, WritesLocked

GUARDS: Final = "_runtime.guards"
WRITE_LOCKS: Final = "_runtime.write_locks"
INDEXES: Final = (Index(collection=WRITE_LOCKS, keys=("plan",)),)
#: Of so many writers at once two seldom meet by chance; who needs all writes so many documents.
STRIPES: Final = 64
MAINTENANCE: Final = "maintenance"
WAITING: Final = "waiting"
#: How long others let one go first that waits; it says so again each time that it begins again.
TURN: Final = timedelta(seconds=1)
WRITE_CONFLICT: Final = 112
CHUNK: Final = 5_000
_HELD: Final = {"$inc": {"held": 1}}
#: A lock on all writes that has no end, or whose end is not yet there by the server's clock.
_LOCKED: Final = {
    "_id": MAINTENANCE,
    "$or": [{"until": None}, {"$expr": {"$gt": ["$until", "$$NOW"]}}],
}


class WriteGuard:
    """Orders those who change schema documents, across processes and machines."""

    def __init__(
        self, database: Database[Document], *, transactions: Transactions, clock: Clock
    ) -> None:
        self._guards = database[GUARDS]
        self._locks = database[WRITE_LOCKS]
        self._transactions = transactions
        self._clock = clock

    def hold(self, tx: Transaction) -> None:
        """Begin to change documents, beside others; raise `WritesLocked`.

        The first thing to do in a transaction: who comes too late has done nothing in vain.
        """
        self._give_way(tx)
        stripe = secrets.randbelow(STRIPES)
        self._guards.update_one({"_id": stripe}, _HELD, upsert=True, session=tx.session)
        self._check_unlocked_writes(tx)

    def hold_all(self, tx: Transaction) -> None:
        """Begin to change documents so that nobody else does at the same time.

        What removes a document that others may come to name needs this. Raise `WritesLocked`.
        """
        self._take_all(tx)
        self._check_unlocked_writes(tx)

    def lock_writes(self, reason: str, *, lasts: timedelta | None = None) -> None:
        """Let nobody change documents from now on; when this returns, nobody is at it any more.

        A lock that lasts for a time ends by itself, in case its owner dies; see `extend_lock`.
        Raise `DocumentsLocked` while a large submission is being applied.
        """
        said = {"reason": {"$literal": reason}, "since": self._clock(), "until": _until(lasts)}

        def lock(tx: Transaction) -> None:
            self._take_all(tx)
            busy = self._locks.find_one({}, session=tx.session)
            if busy is not None:
                raise DocumentsLocked([busy["_id"]], plan_id=busy["plan"])
            self._guards.update_one(
                {"_id": MAINTENANCE}, [{"$set": said}], upsert=True, session=tx.session
            )

        self._transactions.run(lock)

    def extend_lock(self, *, lasts: timedelta) -> bool:
        """Let the lock last from now on for this time; False if it has ended already."""
        change = [{"$set": {"until": _until(lasts)}}]
        return bool(self._guards.update_one(_LOCKED, change).matched_count)

    def keep_lock(self, also: Callable[[Transaction], None]) -> bool:
        """Let the lock stay until `unlock_writes`, and do something else in the same transaction.

        False, and nothing is done, if the lock has ended already.
        """

        def keep(tx: Transaction) -> bool:
            change = {"$set": {"until": None}}
            if not self._guards.update_one(_LOCKED, change, session=tx.session).matched_count:
                return False
            also(tx)
            return True

        return self._transactions.run(keep)

    def unlock_writes(self) -> None:
        """Let documents be changed again."""
        self._guards.delete_one({"_id": MAINTENANCE})

    def find_lock(self, *, tx: Transaction | None = None) -> str | None:
        """Return why writes are locked, or None if they are not."""
        found = self._guards.find_one(_LOCKED, session=session_of(tx))
        return None if found is None else str(found["reason"])

    def lock_documents(
        self, plan_id: str, documents: Iterable[tuple[str, str]], *, tx: Transaction
    ) -> None:
        """Let nobody else change these documents (collection, id) until `unlock_documents`.

        What the plan has locked before stays so. Raise `DocumentsLocked` if another plan has
        locked one of them. Only who holds the guard alone (`hold_all`) may ask.
        """
        names = list(dict.fromkeys(_name_of(each) for each in documents))
        self._check_unlocked(names, by_others_than=plan_id, tx=tx)
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            found = self._locks.find({"_id": {"$in": chunk}}, {"_id": 1}, session=tx.session)
            held = {each["_id"] for each in found}
            missing = [{"_id": name, "plan": plan_id} for name in chunk if name not in held]
            if missing:
                self._locks.insert_many(missing, session=tx.session)

    def unlock_documents(self, plan_id: str, *, tx: Transaction | None = None) -> None:
        """Give up the locks of a plan."""
        self._locks.delete_many({"plan": plan_id}, session=session_of(tx))

    def check_unlocked(
        self,
        documents: Iterable[tuple[str, str]],
        *,
        tx: Transaction,
        plan_id: str | None = None,
    ) -> None:
        """Raise `DocumentsLocked` if another plan than this has locked one of the documents."""
        if self._locks.find_one({}, {"_id": 1}, session=tx.session) is not None:
            self._check_unlocked(
                [_name_of(each) for each in documents], by_others_than=plan_id, tx=tx
            )

    def _check_unlocked(
        self, names: Sequence[str], *, by_others_than: str | None, tx: Transaction
    ) -> None:
        rest = iter(names)
        while chunk := list(islice(rest, CHUNK)):
            wanted: Document = {"_id": {"$in": chunk}, "plan": {"$ne": by_others_than}}
            found = list(self._locks.find(wanted, session=tx.session).limit(3))
            if found:
                raise DocumentsLocked((each["_id"] for each in found), plan_id=found[0]["plan"])

    def _take_all(self, tx: Transaction) -> None:
        requests: list[Any] = [
            UpdateOne({"_id": stripe}, _HELD, upsert=True) for stripe in range(STRIPES)
        ]
        try:
            self._guards.bulk_write(requests, ordered=False, session=tx.session)
        except OperationFailure as error:
            if error.has_error_label(TRANSIENT):
                said = {"by": tx.writer["id"], "until": _until(TURN)}
                self._guards.update_one({"_id": WAITING}, [{"$set": said}], upsert=True)
            raise
        # From here on the documents themselves keep others away.
        self._guards.delete_one({"_id": WAITING, "by": tx.writer["id"]})

    def _give_way(self, tx: Transaction) -> None:
        """Let the transaction begin again, after a pause, if somebody waits to be alone."""
        waits = {
            "_id": WAITING,
            "by": {"$ne": tx.writer["id"]},
            "$expr": {"$gt": ["$until", "$$NOW"]},
        }
        if self._guards.find_one(waits, session=tx.session) is not None:
            raise OperationFailure(
                "somebody waits until nobody writes", WRITE_CONFLICT, {"errorLabels": [TRANSIENT]}
            )

    def _check_unlocked_writes(self, tx: Transaction) -> None:
        reason = self.find_lock(tx=tx)
        if reason is not None:
            raise WritesLocked(reason)


def _until(lasts: timedelta | None) -> Document | None:
    """Return what the server makes the end of a lock of."""
    return None if lasts is None else {"$add": ["$$NOW", lasts // timedelta(milliseconds=1)]}


def _name_of(document: tuple[str, str]) -> str:
    return "/".join(document)

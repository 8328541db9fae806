"""The shape of the collections of allowances: rows ``{username, action}``."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.allowances.errors import AllowanceAlreadyExists, AllowanceNotFound
from nmdc_runtime.allowances.models import Allowance, Effect, StoredAllowance
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

ALLOW_COLLECTION: Final = "_runtime.api.allow"
DENY_COLLECTION: Final = "_runtime.api.deny"
#: What boot has done once and for all, by name.
BOOT_COLLECTION: Final = "_runtime.api.boot"
COLLECTIONS: Final = {Effect.ALLOW: ALLOW_COLLECTION, Effect.DENY: DENY_COLLECTION}
INDEXES: Final = (
    Index(collection=ALLOW_COLLECTION, keys=("username",)),
    Index(collection=ALLOW_COLLECTION, keys=("action",)),
    Index(collection=ALLOW_COLLECTION, keys=("username", "action"), unique=True),
    Index(collection=DENY_COLLECTION, keys=("username", "action"), unique=True),
)
_ROW: Final = {"_id": 0, "username": 1, "action": 1}


class AllowanceStore:
    """Reads and writes who is allowed, and who denied, what."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = {effect: database[name] for effect, name in COLLECTIONS.items()}
        self._allow = self._rows[Effect.ALLOW]
        self._done = database[BOOT_COLLECTION]

    def is_granted(self, username: str, action: str) -> bool:
        """Say whether the action is allowed to this name."""
        return self._has(Effect.ALLOW, username, action)

    def is_denied(self, username: str, action: str) -> bool:
        """Say whether the action is denied to this name."""
        return self._has(Effect.DENY, username, action)

    def _has(self, effect: Effect, username: str, action: str) -> bool:
        row = {"username": username, "action": action}
        return self._rows[effect].find_one(row, _ROW) is not None

    def list_actions(self, effect: Effect, username: str) -> set[str]:
        """Return the actions that the list has for this name."""
        return {row["action"] for row in self._rows[effect].find({"username": username}, _ROW)}

    def list_rows(
        self, effect: Effect, *, username: str | None, action: str | None
    ) -> list[StoredAllowance]:
        """Return the rows, of this name and of this action if they are given, in their order."""
        wanted = {"username": username, "action": action}
        found = self._rows[effect].find({key: value for key, value in wanted.items() if value})
        found.sort([("username", ASCENDING), ("action", ASCENDING)])
        return [StoredAllowance.model_validate(row) for row in found]

    def add(self, effect: Effect, row: Allowance, *, tx: Transaction) -> None:
        """Put the row on the list, or raise `AllowanceAlreadyExists`."""
        try:
            self._rows[effect].insert_one(row.model_dump(mode="json"), session=tx.session)
        except DuplicateKeyError as error:
            raise AllowanceAlreadyExists(effect, row) from error

    def remove(self, effect: Effect, row: Allowance, *, tx: Transaction) -> None:
        """Take the row off the list, or raise `AllowanceNotFound`."""
        result = self._rows[effect].delete_one(row.model_dump(mode="json"), session=tx.session)
        if result.deleted_count == 0:
            raise AllowanceNotFound(effect, row)

    def is_empty(self) -> bool:
        """Say whether nobody is allowed anything."""
        return self._allow.find_one({}) is None

    def grant(
        self, username: str, actions: Iterable[str], *, tx: Transaction | None = None
    ) -> None:
        """Allow the actions; those allowed already stay as they are."""
        rows = [{"username": username, "action": str(action)} for action in actions]
        self._allow.bulk_write(
            [UpdateOne(row, {"$setOnInsert": {}}, upsert=True) for row in rows],
            ordered=False,
            session=session_of(tx),
        )

    def list_holders(self, action: str, *, tx: Transaction) -> list[str]:
        """Return the names that are allowed the action."""
        found = self._allow.find({"action": action}, NO_OBJECT_ID, session=tx.session)
        return sorted({row["username"] for row in found})

    def is_done(self, step: str) -> bool:
        """Say whether boot has done this once."""
        return self._done.find_one({"_id": step}) is not None

    def mark_done(self, step: str, *, at: datetime, tx: Transaction) -> None:
        """Note that boot has done this; a second time raises pymongo's `DuplicateKeyError`."""
        self._done.insert_one({"_id": step, "at": at}, session=tx.session)

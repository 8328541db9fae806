"""The shape of the collections of allowances: rows ``{username, action}``."""

from collections.abc import Iterable
from typing import Final

from pymongo import UpdateOne
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index

ALLOW_COLLECTION: Final = "_runtime.api.allow"
DENY_COLLECTION: Final = "_runtime.api.deny"
INDEXES: Final = (
    Index(collection=ALLOW_COLLECTION, keys=("username",)),
    Index(collection=ALLOW_COLLECTION, keys=("action",)),
    Index(collection=ALLOW_COLLECTION, keys=("username", "action"), unique=True),
    Index(collection=DENY_COLLECTION, keys=("username", "action")),
)


class AllowanceStore:
    """Reads and writes who is allowed, and who denied, what."""

    def __init__(self, database: Database[Document]) -> None:
        self._allow = database[ALLOW_COLLECTION]
        self._deny = database[DENY_COLLECTION]

    def is_granted(self, username: str, action: str) -> bool:
        """Say whether the action is allowed to this name."""
        return self._allow.find_one({"username": username, "action": action}) is not None

    def is_denied(self, username: str, action: str) -> bool:
        """Say whether the action is denied to this name."""
        return self._deny.find_one({"username": username, "action": action}) is not None

    def is_empty(self) -> bool:
        """Say whether nobody is allowed anything."""
        return self._allow.find_one({}) is None

    def grant(self, username: str, actions: Iterable[str]) -> None:
        """Allow the actions; those allowed already stay as they are."""
        rows = [{"username": username, "action": str(action)} for action in actions]
        self._allow.bulk_write(
            [UpdateOne(row, {"$setOnInsert": {}}, upsert=True) for row in rows], ordered=False
        )

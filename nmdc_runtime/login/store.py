"""The shapes of ``invalidated_tokens`` and ``_runtime.login_failures``.

``invalidated_tokens`` is ``{_id: <token or its id>, expires_at?}``: operators write to it too; a
document with ``expires_at`` goes when the token would have expired. ``_runtime.login_failures`` is
``{_id: <digest of name and address>, at: [<moment>], expires_at}``.
"""

from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

COLLECTION: Final = "invalidated_tokens"
FAILURES: Final = "_runtime.login_failures"
INDEXES: Final = (
    Index(collection=COLLECTION, keys=("expires_at",), expire_after=timedelta(seconds=0)),
    Index(collection=FAILURES, keys=("expires_at",), expire_after=timedelta(seconds=0)),
)


class InvalidatedTokenStore:
    """Reads and writes which tokens were withdrawn."""

    def __init__(
        self, database: Database[Document], *, changes: RecentChanges | None = None
    ) -> None:
        self._tokens = database[COLLECTION]
        self._changes = changes or RecentChanges()

    def is_any_invalidated(self, *names: str | None) -> bool:
        """Say whether a token was withdrawn: by its text, by its id, or by that of its session."""
        known = [name for name in names if name is not None]
        return self._tokens.find_one({"_id": {"$in": known}}) is not None

    def add(self, name: str, *, expires_at: datetime, tx: Transaction | None = None) -> bool:
        """Withdraw the token of this id or text; say whether it was not yet."""
        self._changes.note(name)
        result = self._tokens.update_one(
            {"_id": name},
            {"$setOnInsert": {"expires_at": expires_at}},
            upsert=True,
            session=session_of(tx),
        )
        return result.upserted_id is not None


class LoginFailureStore:
    """Reads and writes when a name was tried in vain from an address."""

    def __init__(self, database: Database[Document]) -> None:
        self._failures = database[FAILURES]

    def list_since(self, place: str, moment: datetime) -> list[datetime]:
        """Return the failures after the moment, oldest first."""
        document = self._failures.find_one({"_id": place}) or {}
        return sorted(at for at in document.get("at", []) if at > moment)

    def add(self, place: str, *, at: datetime, keep: int, expires_at: datetime) -> None:
        """Note a failure; only the last ones are kept."""
        self._failures.update_one(
            {"_id": place},
            {"$push": {"at": {"$each": [at], "$slice": -keep}}, "$set": {"expires_at": expires_at}},
            upsert=True,
        )

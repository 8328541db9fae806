"""The only module that knows the shape of the ``_runtime.idempotency`` collection."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction

ANSWERS: Final = "_runtime.idempotency"
INDEXES: Final = (
    Index(collection=ANSWERS, keys=("expires_at",), expire_after=timedelta(seconds=0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What was answered, as JSON, and a hash of what was asked."""

    name: str
    request_hash: str
    answer: str


class AnswerStore:
    """Keeps answers; the name of one is MongoDB's own key, so that there is one of each."""

    def __init__(self, database: Database[Document]) -> None:
        self._answers = database[ANSWERS]

    def find(self, name: str) -> StoredAnswer | None:
        """Return the answer of this name."""
        found = self._answers.find_one({"_id": name})
        if found is None:
            return None
        return StoredAnswer(name=name, request_hash=found["request_hash"], answer=found["answer"])

    def add(self, stored: StoredAnswer, *, expires_at: datetime, tx: Transaction) -> None:
        """Keep the answer, or raise `pymongo.errors.DuplicateKeyError`."""
        document = {
            "_id": stored.name,
            "request_hash": stored.request_hash,
            "answer": stored.answer,
            "expires_at": expires_at,
        }
        self._answers.insert_one(document, session=tx.session)

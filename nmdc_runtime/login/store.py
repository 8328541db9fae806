"""The shape of the collection ``invalidated_tokens``: ``{_id: <token or its id>, expires_at?}``.

Operators write to it; a document with ``expires_at`` goes when the token would have expired.
"""

from datetime import timedelta
from typing import Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index

COLLECTION: Final = "invalidated_tokens"
INDEXES: Final = (
    Index(collection=COLLECTION, keys=("expires_at",), expire_after=timedelta(seconds=0)),
)


class InvalidatedTokenStore:
    """Reads which tokens were withdrawn."""

    def __init__(self, database: Database[Document]) -> None:
        self._tokens = database[COLLECTION]

    def is_invalidated(self, token: str, *, token_id: str | None) -> bool:
        """Say whether the token was withdrawn, by its text or by its id (``jti``)."""
        names = [token] if token_id is None else [token, token_id]
        return self._tokens.find_one({"_id": {"$in": names}}) is not None

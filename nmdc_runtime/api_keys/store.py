"""The shape of the collection ``_runtime.api_keys``."""

from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING
from pymongo.database import Database

from nmdc_runtime.api_keys.errors import ApiKeyNotFound
from nmdc_runtime.api_keys.models import ApiKey
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction

COLLECTION: Final = "_runtime.api_keys"
#: How long a key that has expired is still listed.
LISTED_FOR: Final = timedelta(days=30)
INDEXES: Final = (
    Index(collection=COLLECTION, keys=("id",), unique=True),
    Index(collection=COLLECTION, keys=("owner", "created_at")),
    Index(collection=COLLECTION, keys=("expires_at",), expire_after=LISTED_FOR),
)


class ApiKeyStore:
    """Reads and writes API keys."""

    def __init__(self, database: Database[Document]) -> None:
        self._keys = database[COLLECTION]

    def find(self, key_id: str) -> ApiKey | None:
        """Return the key of this id."""
        document = self._keys.find_one({"id": key_id}, NO_OBJECT_ID)
        return None if document is None else _key(document)

    def list_of(self, owner: str) -> list[ApiKey]:
        """Return the keys of a user, oldest first."""
        found = self._keys.find({"owner": owner}, NO_OBJECT_ID)
        return [_key(document) for document in found.sort("created_at", ASCENDING)]

    def add(self, key: ApiKey, *, tx: Transaction) -> None:
        """Keep a new key."""
        document = {
            "id": key.id,
            "owner": key.owner,
            "name": key.name,
            "scopes": sorted(key.scopes),
            "hashed_secret": key.hashed_secret,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "last_used_at": None,
        }
        self._keys.insert_one(document, session=tx.session)

    def remove(self, key_id: str, *, owner: str, tx: Transaction) -> None:
        """Forget the user's key, or raise `ApiKeyNotFound`."""
        result = self._keys.delete_one({"id": key_id, "owner": owner}, session=tx.session)
        if result.deleted_count == 0:
            raise ApiKeyNotFound(key_id)

    def note_use(self, key_id: str, *, at: datetime, unless_since: datetime) -> bool:
        """Note that the key was used, unless that was noted lately; say whether it did."""
        result = self._keys.update_one(
            {"id": key_id, "last_used_at": {"$not": {"$gt": unless_since}}},
            {"$set": {"last_used_at": at}},
        )
        return result.modified_count == 1


def _key(document: Document) -> ApiKey:
    return ApiKey(
        id=document["id"],
        owner=document["owner"],
        name=document["name"],
        scopes=frozenset(document["scopes"]),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        last_used_at=document["last_used_at"],
        hashed_secret=document["hashed_secret"],
    )

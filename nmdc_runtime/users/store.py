"""The shape of the collection ``users``."""

from typing import Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.users.models import Account, User

COLLECTION: Final = "users"
INDEXES: Final = (Index(collection=COLLECTION, keys=("username",), unique=True),)


class UserStore:
    """Reads and writes users."""

    def __init__(self, database: Database[Document]) -> None:
        self._users = database[COLLECTION]

    def find_account(self, username: str) -> Account | None:
        """Return the account of this name."""
        document = self._users.find_one({"username": username}, NO_OBJECT_ID)
        if document is None:
            return None
        return Account(
            user=User.model_validate(document), hashed_password=document.get("hashed_password")
        )

    def add_unless_known(
        self, username: str, *, hashed_password: str, site_admin: list[str]
    ) -> bool:
        """Create the user if there is none of this name; say whether this call did."""
        result = self._users.update_one(
            {"username": username},
            {"$setOnInsert": {"hashed_password": hashed_password, "site_admin": site_admin}},
            upsert=True,
        )
        return result.upserted_id is not None

    def replace_hash(self, username: str, *, old: str, new: str) -> bool:
        """Store a better hash of the same password, unless the password changed meanwhile."""
        result = self._users.update_one(
            {"username": username, "hashed_password": old}, {"$set": {"hashed_password": new}}
        )
        return result.modified_count == 1

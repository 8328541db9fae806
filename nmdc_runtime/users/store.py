"""The shape of the collection ``users``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.users.errors import UserAlreadyExists, UserNotFound
from nmdc_runtime.users.models import Account, User

COLLECTION: Final = "users"
INDEXES: Final = (Index(collection=COLLECTION, keys=("username",), unique=True),)
#: What may be shown; the rest of a document stays on the server.
_PUBLIC: Final = {"_id": 0} | dict.fromkeys(User.model_fields, 1)


def _account(document: Document) -> Account:
    return Account(
        user=User.model_validate(document),
        hashed_password=document.get("hashed_password"),
        credentials_version=document.get("credentials_version", 0),
    )


class UserStore:
    """Reads and writes users."""

    def __init__(self, database: Database[Document]) -> None:
        self._users = database[COLLECTION]

    def find_account(self, username: str, *, tx: Transaction | None = None) -> Account | None:
        """Return the account of this name."""
        document = self._users.find_one(
            {"username": username}, NO_OBJECT_ID, session=session_of(tx)
        )
        return None if document is None else _account(document)

    def list_all(self) -> list[User]:
        """Return all users, in the order of their names."""
        found = self._users.find({}, _PUBLIC).sort("username", ASCENDING)
        return [User.model_validate(document) for document in found]

    def add(self, user: User, *, hashed_password: str, tx: Transaction) -> None:
        """Create the user with the fields that are set, or raise `UserAlreadyExists`."""
        document = {**user.model_dump(exclude_unset=True), "hashed_password": hashed_password}
        try:
            self._users.insert_one(document, session=tx.session)
        except DuplicateKeyError as error:
            raise UserAlreadyExists(user.username) from error

    def add_unless_known(
        self, username: str, *, hashed_password: str, site_admin: Sequence[str] = ()
    ) -> bool:
        """Create the user if there is none of this name; say whether this call did."""
        fresh: Document = {"hashed_password": hashed_password}
        if site_admin:
            fresh["site_admin"] = list(site_admin)
        result = self._users.update_one(
            {"username": username}, {"$setOnInsert": fresh}, upsert=True
        )
        return result.upserted_id is not None

    def change(
        self,
        username: str,
        fields: Mapping[str, Any],
        *,
        hashed_password: str | None,
        ends_tokens: bool,
        at: datetime,
        tx: Transaction,
    ) -> User:
        """Set these fields, and the password if there is a hash of one; return the user.

        A password in clear, which older Runtimes stored beside the hash, goes. Raise
        `UserNotFound`.
        """
        changes: Document = {"$unset": {"password": ""}}
        to_set = dict(fields)
        if hashed_password is not None:
            to_set |= {"hashed_password": hashed_password, "password_changed_at": at}
        if to_set:
            changes["$set"] = to_set
        if ends_tokens:
            changes["$inc"] = {"credentials_version": 1}
        document = self._users.find_one_and_update(
            {"username": username},
            changes,
            _PUBLIC,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        if document is None:
            raise UserNotFound(username)
        return User.model_validate(document)

    def change_password(
        self, username: str, *, old: str, new: str, at: datetime, tx: Transaction
    ) -> bool:
        """Store the hash of a new password, unless the password changed meanwhile."""
        result = self._users.update_one(
            {"username": username, "hashed_password": old},
            {
                "$set": {"hashed_password": new, "password_changed_at": at},
                "$inc": {"credentials_version": 1},
                "$unset": {"password": ""},
            },
            session=tx.session,
        )
        return result.modified_count == 1

    def add_site_admin(self, username: str, site_id: str, *, tx: Transaction) -> None:
        """Let the user administer the site, also if they do already; raise `UserNotFound`.

        A pipeline, because ``$addToSet`` refuses a list that is stored as null.
        """
        stored: Document = {"$ifNull": ["$site_admin", []]}
        added: Document = {"$concatArrays": [stored, [{"$literal": site_id}]]}
        known: Document = {"$in": [{"$literal": site_id}, stored]}
        result = self._users.update_one(
            {"username": username},
            [{"$set": {"site_admin": {"$cond": [known, stored, added]}}}],
            session=tx.session,
        )
        if result.matched_count == 0:
            raise UserNotFound(username)

    def replace_hash(self, username: str, *, old: str, new: str) -> bool:
        """Store a better hash of the same password, unless the password changed meanwhile."""
        result = self._users.update_one(
            {"username": username, "hashed_password": old}, {"$set": {"hashed_password": new}}
        )
        return result.modified_count == 1

"""The shapes of ``sites`` (``{id, capability_ids}``) and of ``_runtime.site_clients``.

A client is ``{id, site_id, hashed_secrets: [{hash, created_at, expires_at}], ...}``, the current
secret first. Older Runtimes kept clients in ``sites.clients`` as ``{id, hashed_secret}``: those
are read too, and move when boot or a login finds them. Nobody but this module sees a site's
document whole: it may hold hashes of secrets.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.sites.errors import SiteAlreadyExists
from nmdc_runtime.sites.models import HashedSecret, Site, SiteClient

COLLECTION: Final = "sites"
CLIENTS: Final = "_runtime.site_clients"
INDEXES: Final = (
    Index(collection=COLLECTION, keys=("id",), unique=True),
    # Partial, since sites without clients would clash with each other.
    Index(
        collection=COLLECTION,
        keys=("clients.id",),
        unique=True,
        partial={"clients.id": {"$exists": True}},
    ),
    Index(collection=CLIENTS, keys=("id",), unique=True),
    Index(collection=CLIENTS, keys=("site_id",)),
)
_PUBLIC: Final = {"_id": 0, "id": 1, "capability_ids": 1}


class SiteStore:
    """Reads and writes sites and their clients."""

    def __init__(
        self, database: Database[Document], *, changes: RecentChanges | None = None
    ) -> None:
        self._sites = database[COLLECTION]
        self._clients = database[CLIENTS]
        self._changes = changes or RecentChanges()

    def find(self, site_id: str) -> Site | None:
        """Return the site of this id."""
        document = self._sites.find_one({"id": site_id}, _PUBLIC)
        return None if document is None else Site.model_validate(document)

    def list_ids(self) -> list[str]:
        """Return the ids of all sites, sorted."""
        return sorted(document["id"] for document in self._sites.find({}, {"_id": 0, "id": 1}))

    def add_unless_known(self, site_id: str) -> bool:
        """Create the site, without clients, if there is none of this id; say whether it did."""
        fresh: dict[str, Any] = {"capability_ids": [], "clients": []}
        result = self._sites.update_one({"id": site_id}, {"$setOnInsert": fresh}, upsert=True)
        return result.upserted_id is not None

    def add(self, site: Site, *, tx: Transaction) -> None:
        """Create the site, or raise `SiteAlreadyExists`."""
        document = {"id": site.id, "capability_ids": site.capability_ids}
        try:
            self._sites.insert_one(document, session=tx.session)
        except DuplicateKeyError as error:
            raise SiteAlreadyExists(site.id) from error

    def set_capabilities(
        self, site_id: str, capability_ids: list[str], *, tx: Transaction
    ) -> tuple[Site, Site] | None:
        """Say what the site can do; return it before and after, or None if there is none."""
        document = self._sites.find_one_and_update(
            {"id": site_id},
            {"$set": {"capability_ids": capability_ids}},
            _PUBLIC,
            return_document=ReturnDocument.BEFORE,
            session=tx.session,
        )
        if document is None:
            return None
        return Site.model_validate(document), Site(id=site_id, capability_ids=capability_ids)

    def has_client(self, client_id: str) -> bool:
        """Say whether a site has, or had, a client of this id."""
        return self.find_client(client_id) is not None

    def find_client(self, client_id: str, *, tx: Transaction | None = None) -> SiteClient | None:
        """Return the client of this id, whichever site it belongs to, also if it is revoked."""
        session = session_of(tx)
        document = self._clients.find_one({"id": client_id}, NO_OBJECT_ID, session=session)
        if document is not None:
            return client_of(document)
        site = self._sites.find_one(
            {"clients.id": client_id}, {"_id": 0, "id": 1, "clients.$": 1}, session=session
        )
        return None if site is None else next(_embedded(site))

    def list_clients(self, site_id: str) -> list[SiteClient]:
        """Return the clients of the site in the order of their ids, revoked ones too."""
        clients = {
            document["id"]: client_of(document)
            for document in self._clients.find({"site_id": site_id}, NO_OBJECT_ID)
        }
        site = self._sites.find_one({"id": site_id}, {"_id": 0, "id": 1, "clients": 1}) or {}
        for client in _embedded(site):
            clients.setdefault(client.id, client)
        return [clients[client_id] for client_id in sorted(clients)]

    def list_with_embedded_clients(self) -> list[str]:
        """Return the ids of the sites whose documents still hold clients."""
        found = self._sites.find({"clients.id": {"$exists": True}}, {"_id": 0, "id": 1})
        return [document["id"] for document in found]

    def adopt_clients(self, site_id: str, *, tx: Transaction) -> list[str]:
        """Move the clients of the site's document to their own collection; return their ids.

        One that is there already stays as it is there.
        """
        site = self._sites.find_one_and_update(
            {"id": site_id, "clients.id": {"$exists": True}},
            {"$set": {"clients": []}},
            {"_id": 0, "id": 1, "clients": 1},
            session=tx.session,
        )
        moved = list(_embedded(site or {}))
        for client in moved:
            self._clients.update_one(
                {"id": client.id},
                {"$setOnInsert": _document(client)},
                upsert=True,
                session=tx.session,
            )
        return [client.id for client in moved]

    def add_client(self, client: SiteClient, *, tx: Transaction | None = None) -> bool:
        """Keep a new client; say no if its id is in use."""
        try:
            self._clients.insert_one(_document(client), session=session_of(tx))
        except DuplicateKeyError:
            return False
        return True

    def set_secrets(
        self,
        client_id: str,
        secrets: Iterable[HashedSecret],
        *,
        at: datetime,
        ends_tokens: bool,
        tx: Transaction,
    ) -> None:
        """Put these in the place of the client's secrets, the current one first."""
        self._changes.note(client_id)
        update: Document = {
            "$set": {"hashed_secrets": [_secret_document(each) for each in secrets]}
        }
        update["$set"]["rotated_at"] = at
        if ends_tokens:
            update["$inc"] = {"credentials_version": 1}
        self._clients.update_one({"id": client_id}, update, session=tx.session)

    def revoke_client(self, client_id: str, *, at: datetime, tx: Transaction) -> None:
        """End the client for good; its id stays taken, so that nobody inherits its rights."""
        self._changes.note(client_id)
        self._clients.update_one(
            {"id": client_id},
            {
                "$set": {"hashed_secrets": [], "revoked_at": at},
                "$inc": {"credentials_version": 1},
            },
            session=tx.session,
        )

    def replace_hash(self, client_id: str, *, old: str, new: str) -> bool:
        """Store a better hash of the same secret, unless the secret changed meanwhile."""
        self._changes.note(client_id)
        result = self._clients.update_one(
            {"id": client_id, "hashed_secrets.hash": old},
            {"$set": {"hashed_secrets.$.hash": new}},
        )
        return result.modified_count == 1


def client_of(document: Document) -> SiteClient:
    """Return the client that a document of its collection describes."""
    return SiteClient(
        id=document["id"],
        site_id=document["site_id"],
        secrets=tuple(
            HashedSecret(
                hash=each["hash"],
                created_at=each.get("created_at"),
                expires_at=each.get("expires_at"),
            )
            for each in document.get("hashed_secrets", [])
        ),
        credentials_version=document.get("credentials_version", 0),
        created_at=document.get("created_at"),
        rotated_at=document.get("rotated_at"),
        revoked_at=document.get("revoked_at"),
    )


def _embedded(site: Document) -> Iterator[SiteClient]:
    """Yield the clients that stand in a site's document."""
    for element in site.get("clients") or []:
        stored_hash = element.get("hashed_secret")
        yield SiteClient(
            id=element["id"],
            site_id=site["id"],
            secrets=(HashedSecret(hash=stored_hash),) if stored_hash else (),
            is_embedded=True,
        )


def _document(client: SiteClient) -> Document:
    document: Document = {
        "id": client.id,
        "site_id": client.site_id,
        "hashed_secrets": [_secret_document(each) for each in client.secrets],
    }
    return document | ({"created_at": client.created_at} if client.created_at else {})


def _secret_document(secret: HashedSecret) -> Document:
    times = {"created_at": secret.created_at, "expires_at": secret.expires_at}
    return {"hash": secret.hash, **{name: at for name, at in times.items() if at is not None}}

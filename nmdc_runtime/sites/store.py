"""The shape of the collection ``sites``: ``{id, capability_ids, clients: [{id, hashed_secret}]}``.

Nobody but this module sees a site's document whole: it holds the hashes of secrets.
"""

from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.sites.models import Site, SiteClient

COLLECTION: Final = "sites"
INDEXES: Final = (
    Index(collection=COLLECTION, keys=("id",), unique=True),
    # Partial, since sites without clients would clash with each other.
    Index(
        collection=COLLECTION,
        keys=("clients.id",),
        unique=True,
        partial={"clients.id": {"$exists": True}},
    ),
)
_PUBLIC: Final = {"_id": 0, "id": 1, "capability_ids": 1}


class SiteStore:
    """Reads and writes sites and their clients."""

    def __init__(self, database: Database[Document]) -> None:
        self._sites = database[COLLECTION]

    def find(self, site_id: str) -> Site | None:
        """Return the site of this id."""
        document = self._sites.find_one({"id": site_id}, _PUBLIC)
        return None if document is None else Site.model_validate(document)

    def list_ids(self) -> list[str]:
        """Return the ids of all sites, sorted."""
        return sorted(document["id"] for document in self._sites.find({}, {"_id": 0, "id": 1}))

    def find_client(self, client_id: str) -> SiteClient | None:
        """Return the client of this id, whichever site it belongs to."""
        document = self._sites.find_one(
            {"clients.id": client_id}, {"_id": 0, "id": 1, "clients.$": 1}
        )
        if document is None:
            return None
        (client,) = document["clients"]
        return SiteClient(
            id=client_id, site_id=document["id"], hashed_secret=client.get("hashed_secret")
        )

    def add_unless_known(self, site_id: str) -> bool:
        """Create the site, without clients, if there is none of this id; say whether it did."""
        fresh: dict[str, Any] = {"capability_ids": [], "clients": []}
        result = self._sites.update_one({"id": site_id}, {"$setOnInsert": fresh}, upsert=True)
        return result.upserted_id is not None

    def add_client(self, client: SiteClient) -> bool:
        """Give the site this client; say no if there is no such site, or the id is in use."""
        try:
            result = self._sites.update_one(
                {"id": client.site_id, "clients.id": {"$ne": client.id}},
                {"$push": {"clients": {"id": client.id, "hashed_secret": client.hashed_secret}}},
            )
        except DuplicateKeyError:  # another site has it
            return False
        return result.modified_count == 1

    def replace_hash(self, client_id: str, *, old: str, new: str) -> bool:
        """Store a better hash of the same secret, unless the secret changed meanwhile."""
        result = self._sites.update_one(
            {"clients": {"$elemMatch": {"id": client_id, "hashed_secret": old}}},
            {"$set": {"clients.$.hashed_secret": new}},
        )
        return result.modified_count == 1

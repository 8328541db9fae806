"""Look-ups of objects and of the bytes that the hub keeps, for the hub only."""

from collections.abc import Iterable
from typing import Final

from anyio.to_thread import run_sync
from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.clients.object_storage import ObjectStorage
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.objects.errors import (
    AccessedFileNotFound,
    AccessIdNotReferenced,
    NoSiteForAccessId,
    ObjectNotFound,
    StoredFileNotFound,
)
from nmdc_runtime.objects.files import FileReads
from nmdc_runtime.objects.models import AccessURL
from nmdc_runtime.objects.rules import GRIDFS_SHOULDER, key_of, stored_id_of
from nmdc_runtime.objects.store import OBJECTS

#: How long an address that the hub signs is good, in seconds.
LINK_LIFETIME_S: Final = 300


class ObjectReads:
    """Finds objects, lists them, and tells where their bytes can be fetched."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        storage: ObjectStorage,
        site_id: str,
        base_url: str,
        time_limit_ms: int,
    ) -> None:
        self._objects = database[OBJECTS]
        self._storage = storage
        self._site_id = site_id
        self._base_url = base_url
        self._time_limit_ms = time_limit_ms
        self.files = FileReads(database)

    def listing(self) -> Listing:
        """Return all objects."""
        return Listing(collection=self._objects, time_limit_ms=self._time_limit_ms)

    async def find(self, object_id: str) -> Document | None:
        """Return the object as it is stored, if there is one of this id."""
        return await self._objects.find_one({"id": object_id}, NO_OBJECT_ID)

    async def get(self, object_id: str) -> Document:
        """Return the object as it is stored, or raise `ObjectNotFound`."""
        document = await self.find(object_id)
        if document is None:
            raise ObjectNotFound(object_id)
        return document

    async def find_many(self, ids: Iterable[str]) -> dict[str, Document]:
        """Return those of the objects that there are, by id."""
        found = self._objects.find({"id": {"$in": list(ids)}}, NO_OBJECT_ID)
        return {document["id"]: document async for document in found}

    async def count(self) -> int:
        """Return about how many objects there are."""
        return await self._objects.estimated_document_count()

    async def access_url(self, object_id: str, access_id: str) -> AccessURL:
        """Return where the bytes can be fetched, or raise that they cannot."""
        document = await self.get(object_id)
        methods = document.get("access_methods") or []
        method = next((each for each in methods if each.get("access_id") == access_id), None)
        if method is None:
            raise AccessIdNotReferenced(object_id, access_id=access_id)
        stored_id = stored_id_of(access_id, site_id=self._site_id)
        if stored_id is not None:
            return AccessURL(url=await run_sync(self._sign, stored_id))
        if access_id.startswith(GRIDFS_SHOULDER) and access_id == object_id:
            try:
                await self.files.get_facts(object_id)
            except StoredFileNotFound as absent:
                raise AccessedFileNotFound(object_id) from absent
            return AccessURL(url=f"{self._base_url}/metadata/stored_files/{access_id}")
        if method.get("access_url"):
            return AccessURL.model_validate(method["access_url"])
        raise NoSiteForAccessId(object_id, access_id=access_id)

    def _sign(self, stored_id: str) -> str:
        # In a thread: the first time it loads boto3.
        return self._storage.presign_get(key_of(stored_id), expires_s=LINK_LIFETIME_S)

"""What may be done with stored objects, whoever asks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nmdc_runtime.clients.object_storage import ObjectStorage
from nmdc_runtime.config.sections import ObjectSettings
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.errors import OtherSiteManages, StoredElsewhere, StoredFileNotFound
from nmdc_runtime.objects.files import FileStore
from nmdc_runtime.objects.keeping import BytesKeeper
from nmdc_runtime.objects.models import DrsObject, StoredFile
from nmdc_runtime.objects.publishing import Publisher
from nmdc_runtime.objects.rules import (
    GRIDFS_SHOULDER,
    check_access_ids,
    key_of,
    manager_of,
    member_ids,
    merged,
    stored_id_of,
    with_bundle_facts,
)
from nmdc_runtime.objects.store import ObjectStore

__all__ = ["GRIDFS_SHOULDER", "ObjectService"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectService:
    """Keep bytes as DRS objects, find them again, and change what is said of them."""

    objects: ObjectStore
    files: FileStore
    storage: ObjectStorage
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    drs_host: str
    site_id: str
    settings: ObjectSettings = field(default_factory=ObjectSettings)

    @property
    def keeper(self) -> BytesKeeper:
        """What keeps bytes."""
        return BytesKeeper(
            objects=self.objects,
            files=self.files,
            storage=self.storage,
            transactions=self.transactions,
            clock=self.clock,
            drs_host=self.drs_host,
            site_id=self.site_id,
            s3_over_bytes=self.settings.s3_over_bytes,
            patience=self.settings.upload_patience,
        )

    @property
    def publisher(self) -> Publisher:
        """What lets files of the Runtime's own be fetched by everybody."""
        return Publisher(
            objects=self.objects,
            storage=self.storage,
            transactions=self.transactions,
            clock=self.clock,
            drs_host=self.drs_host,
            site_id=self.site_id,
            read=self.read,
        )

    def get(self, object_id: str) -> Document:
        """Return the object as it is stored, or raise `ObjectNotFound`."""
        return self.objects.get(object_id)

    def content(self, object_id: str) -> StoredFile:
        """Return the bytes that the hub keeps for the object, or raise `StoredFileNotFound`.

        Raise `StoredElsewhere` where they lie in the bucket: `read` gives those, in parts.
        """
        try:
            return self.files.get(object_id)
        except StoredFileNotFound:
            if self._key_of_kept(object_id) is not None:
                raise StoredElsewhere(object_id) from None
            raise

    def read(self, object_id: str) -> Iterator[bytes]:
        """Yield the bytes that the hub keeps for the object, wherever they lie, in parts."""
        key = None if self.files.has(object_id) else self._key_of_kept(object_id)
        return self.files.read(object_id) if key is None else self.storage.read(key)

    def keep(
        self, object_id: str, file: StoredFile, *, description: str, username: str
    ) -> DrsObject:
        """Keep bytes as an object, or return the one that holds the same: `BytesKeeper.keep`."""
        return self.keeper.keep(object_id, file, description=description, username=username)

    def keep_parts(
        self,
        object_id: str,
        parts: Iterable[bytes],
        *,
        name: str,
        content_type: str,
        description: str,
        username: str,
        same_as: str | None = None,
    ) -> DrsObject:
        """Keep bytes of any size, as they come: `BytesKeeper.keep_parts`."""
        return self.keeper.keep_parts(
            object_id,
            parts,
            name=name,
            content_type=content_type,
            description=description,
            username=username,
            same_as=same_as,
        )

    def sweep(self) -> int:
        """Delete what dead uploads left; return of how many."""
        return self.keeper.sweep()

    def register(self, record: DrsObject, *, site_id: str, tx: Transaction) -> Document:
        """Add an object that a site manages, and return it as it is stored.

        The size and checksums of a bundle are made of those of its members, if all are known.

        Raises
        ------
        ChecksumTaken
            Another object has one of its checksums.
        AccessIdOfOtherSite
            It names bytes in the bucket of the Runtime's own site, and the site is another.
        """
        self._check_storage(record, site_id=site_id)
        known = self._members(record, tx=tx)
        complete = with_bundle_facts(record, known)
        self.objects.check_new(complete, tx=tx)
        return self.objects.add(complete, managed_by=site_id, tx=tx)

    def change(self, object_id: str, changes: dict[str, Any], *, site_id: str) -> Document:
        """Change an object that the site manages, and return it as it is stored then.

        Parameters
        ----------
        changes
            Any of the fields; null clears one. What comes out must be an object again.

        Raises
        ------
        ObjectNotFound, OtherSiteManages, ObjectInvalid, ChecksumTaken, KeptBytesFixed
            What was there is left as it was.
        """

        def change(tx: Transaction) -> Document:
            before = self.objects.get(object_id, tx=tx)
            manager = manager_of(before, own_site_id=self.site_id)
            if manager != site_id:
                raise OtherSiteManages(object_id, site_id=manager)
            record = merged(before, changes)
            if "access_methods" in changes:
                self._check_storage(record, site_id=site_id)
            if "contents" in changes:
                record = with_bundle_facts(record, self._members(record, tx=tx))
            self.objects.check_new(record, besides=object_id, tx=tx)
            after = self.objects.replace(record, before=before, tx=tx)
            self.audit.record(
                "update_object", f"objects/{object_id}", before=before, after=after, tx=tx
            )
            return after

        return self.transactions.run(change)

    def _members(self, record: DrsObject, *, tx: Transaction) -> dict[str, Document]:
        ids = member_ids(record)
        found = self.objects.list_of(ids, tx=tx) if ids else []
        return {document["id"]: document for document in found}

    def _check_storage(self, record: DrsObject, *, site_id: str) -> None:
        check_access_ids(
            [method.model_dump() for method in record.access_methods or []],
            site_id=site_id,
            own_site_id=self.site_id,
        )

    def _key_of_kept(self, object_id: str) -> str | None:
        """Return the key of an object whose bytes lie in the bucket."""
        documents = self.objects.list_of([object_id])
        for method in documents[0].get("access_methods") or [] if documents else []:
            stored_id = stored_id_of(method.get("access_id") or "", site_id=self.site_id)
            if stored_id is not None:
                return key_of(stored_id)
        return None

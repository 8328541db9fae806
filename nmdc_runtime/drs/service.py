"""What sites do with objects: upload, register, tag them, ask for links."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.catalog.models import ObjectType
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.clients.object_storage import ObjectStorageUnavailable
from nmdc_runtime.drs.errors import (
    IngestNotAllowed,
    OtherSite,
    StorageNotEnabled,
    UnknownObjectTypes,
)
from nmdc_runtime.drs.promised import PromisedObjects
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.errors import NoSiteForAccessId
from nmdc_runtime.objects.models import (
    AccessMethod,
    AccessURL,
    DrsObject,
    DrsObjectBase,
    DrsObjectIn,
    Upload,
)
from nmdc_runtime.objects.reads import LINK_LIFETIME_S
from nmdc_runtime.objects.rules import INGEST_TYPES, key_of, manager_of, public, stored_id_of
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.operations.models import OBJECT_PUT_MODEL, Operation
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.web.auth import AccessRules, Caller

logger = logging.getLogger(__name__)

#: How long a site has to register what it uploads, from when its address stops to be good.
TO_REGISTER: Final = timedelta(days=30)
#: What bytes are that nobody says anything of.
UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrsService:
    """Let sites upload and register objects, and say who may tag them."""

    objects: ObjectService
    operations: OperationService
    sites: SiteService
    catalog: CatalogService
    ids: IdService
    rules: AccessRules
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def register(self, record: DrsObjectIn, *, site_id: str) -> DrsObject:
        """Add an object that the site manages, and return it.

        An object whose bytes the site sent to an address of `put_object` gets the id that came
        with that address, and its operation is done: both, or neither.

        Raises
        ------
        ChecksumTaken
            Another object has one of its checksums.
        AccessIdOfOtherSite
            It names bytes in the bucket of the Runtime's own site, and the site is another.
        """
        fresh = local_part(self.ids.mint_internal("do"))

        def register(tx: Transaction) -> DrsObject:
            issued = self._take_issued(record, site_id=site_id, tx=tx)
            object_id = issued.object_id if issued else fresh
            whole = DrsObject(
                **record.model_dump(exclude_none=True),
                id=object_id,
                self_uri=f"drs://{self.objects.drs_host}/{object_id}",
            )
            document = self.objects.register(whole, site_id=site_id, tx=tx)
            targets = [f"objects/{object_id}"]
            if issued is not None and issued.operation_id is not None:
                self.operations.finish(issued.operation_id, result=public(document), tx=tx)
                self.promised.note_registered(issued.operation_id, object_id, tx=tx)
                targets.append(f"operations/{issued.operation_id}")
            self.audit.record("register_object", *targets, after=document, tx=tx)
            return DrsObject.model_validate(document)

        return self.transactions.run(register)

    @property
    def promised(self) -> PromisedObjects:
        """What registers objects whose upload a site reports as done."""
        return PromisedObjects(
            objects=self.objects,
            operations=self.operations,
            transactions=self.transactions,
            audit=self.audit,
            clock=self.clock,
        )

    def put_object(self, site_id: str, told: DrsObjectBase, *, caller_site_id: str) -> Operation:
        """Promise an object: return the operation, with an address to send the bytes to.

        What is stored of the operation has the address without its signature: operations are
        public, and whoever has the signature may write.

        Raises
        ------
        SiteNotFound, OtherSite, StorageNotEnabled, ObjectStorageUnavailable
            Nothing was promised.
        """
        self._check_storage(site_id, caller_site_id=caller_site_id)
        object_id = local_part(self.ids.mint_internal("do"))
        operation_id = self.ids.mint_internal("op")
        url = self.objects.storage.presign_put(
            key_of(object_id),
            content_type=told.mime_type or UNKNOWN_TYPE,
            expires_s=LINK_LIFETIME_S,
        )
        self._prepare_bucket()
        now = self.clock()
        metadata: dict[str, Any] = {
            "model": OBJECT_PUT_MODEL,
            "cancelled": None,
            "object_id": object_id,
            "site_id": site_id,
            "url": url,
            "expires_in_seconds": LINK_LIFETIME_S,
        }
        operation = Operation(
            id=operation_id,
            expire_time=now + TO_REGISTER + timedelta(seconds=LINK_LIFETIME_S),
            metadata=metadata,
        )
        stored = operation.model_copy(
            update={"metadata": {**metadata, "url": url.partition("?")[0]}}
        )
        upload = Upload(
            object_id=object_id,
            place="site",
            started_at=now,
            site_id=site_id,
            operation_id=operation_id,
        )

        def promise(tx: Transaction) -> None:
            self.objects.objects.note_upload(upload, tx=tx)
            self.operations.operations.add(stored, tx=tx)
            self.audit.record(
                "put_object",
                f"objects/{object_id}",
                f"operations/{operation_id}",
                after=stored.model_dump(),
                tx=tx,
            )

        self.transactions.run(promise)
        return operation

    def object_link(self, site_id: str, method: AccessMethod, *, caller_site_id: str) -> AccessURL:
        """Return where the site can fetch what the access method names.

        Raises
        ------
        SiteNotFound, OtherSite, StorageNotEnabled, ObjectStorageUnavailable, NoSiteForAccessId
            The last for an access id that is none of this site's.
        """
        self._check_storage(site_id, caller_site_id=caller_site_id)
        if method.access_id is None and method.access_url is not None:
            return method.access_url
        access_id = method.access_id or ""
        in_full = access_id if ":" in access_id else f"{site_id}:{access_id}"
        stored_id = stored_id_of(in_full, site_id=site_id)
        if stored_id is None:
            raise NoSiteForAccessId(access_id, access_id=access_id)
        return AccessURL(
            url=self.objects.storage.presign_get(key_of(stored_id), expires_s=LINK_LIFETIME_S)
        )

    def list_types(self, object_id: str) -> list[ObjectType]:
        """Return the types that an object is tagged with, or raise `ObjectNotFound`."""
        types = self.objects.get(object_id).get("types") or []
        return self.catalog.list_object_types_among(types)

    def set_types(self, object_id: str, types: Sequence[str], *, caller: Caller) -> Document:
        """Tag the object with these types and no others, and return it.

        A client of the site that manages the object may, and whoever holds the permission
        ``/objects:types``. Types that make the Runtime take in what the object holds are for
        objects of its own site, and for callers with the permission ``/objects:ingest``.

        Raises
        ------
        ObjectNotFound, ActionNotAllowed, IngestNotAllowed, UnknownObjectTypes
            The object's types stay as they were.
        """
        wanted = list(dict.fromkeys(types))

        def set_types(tx: Transaction) -> Document:
            before = self.objects.objects.get(object_id, tx=tx)
            self._check_may_tag(before, wanted, caller=caller)
            known = {row.id for row in self.catalog.list_object_types_among(wanted)}
            if unknown := sorted(set(wanted) - known):
                raise UnknownObjectTypes(unknown)
            after = self.objects.objects.set_types(object_id, wanted, at=self.clock(), tx=tx)
            self.audit.record(
                "set_object_types",
                f"objects/{object_id}",
                before=before,
                after=after,
                details={"types": wanted},
                tx=tx,
            )
            return after

        return self.transactions.run(set_types)

    def _check_may_tag(self, document: Document, types: list[str], *, caller: Caller) -> None:
        manager = manager_of(document, own_site_id=self.objects.site_id)
        if caller.site_id is None or caller.site_id != manager:
            self.rules.check_allowed(
                caller,
                AllowanceAction.TYPE_OBJECTS,
                refusal=f"client authorized for different site_id than {manager}",
            )
        ingest = sorted(INGEST_TYPES.intersection(types))
        may_ingest = manager == self.objects.site_id or self.rules.is_allowed(
            caller, AllowanceAction.INGEST_OBJECTS
        )
        if ingest and not may_ingest:
            raise IngestNotAllowed(
                ingest,
                action=AllowanceAction.INGEST_OBJECTS.value,
                granted_by=f"a user with the permission {AllowanceAction.MANAGE_ALLOWANCES.value}",
            )

    def _check_storage(self, site_id: str, *, caller_site_id: str) -> None:
        self.sites.get(site_id)
        if caller_site_id != site_id:
            raise OtherSite(site_id)
        if site_id != self.objects.site_id:
            raise StorageNotEnabled(site_id)

    def _prepare_bucket(self) -> None:
        """Make the bucket in development; without it the site's own PUT says what is wrong."""
        try:
            self.objects.storage.prepare()
        except ObjectStorageUnavailable as error:
            logger.warning("bucket not looked for", extra={"reason": str(error)})

    def _take_issued(self, record: DrsObjectIn, *, site_id: str, tx: Transaction) -> Upload | None:
        """Return the promise that this object keeps, if there is one and it is still open."""
        for method in record.access_methods or []:
            stored_id = stored_id_of(method.access_id or "", site_id=site_id)
            upload = (
                self.objects.objects.find_upload(stored_id, tx=tx)
                if stored_id is not None
                else None
            )
            if upload is None or upload.site_id != site_id or upload.operation_id is None:
                continue
            operation = self.operations.get(upload.operation_id, tx=tx)
            if not operation.done and operation.expire_time > self.clock():
                self.objects.objects.end_upload(upload.object_id, tx=tx)
                return upload
        return None

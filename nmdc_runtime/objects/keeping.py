"""How the hub keeps bytes: with their true digests, and with their record or not at all."""

import hashlib
import logging
import mimetypes
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pymongo.errors import PyMongoError

from nmdc_runtime.clients.object_storage import ObjectStorage, ObjectStorageUnavailable
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.errors import ChecksumTaken, UploadGivenUp
from nmdc_runtime.objects.files import CHUNK_SIZE, FileStore
from nmdc_runtime.objects.models import (
    AccessMethod,
    Checksum,
    DrsObject,
    FileFacts,
    StoredFile,
    Upload,
)
from nmdc_runtime.objects.rules import INTERNAL_MANAGER, key_of, safe_mime_type, safe_name
from nmdc_runtime.objects.store import ObjectStore

logger = logging.getLogger(__name__)

#: Zone of the minute that descriptions of internal objects name; published.
DESCRIPTION_ZONE: Final = ZoneInfo("America/Los_Angeles")
#: How long an id that a site was given for an upload is remembered: its operation's time.
ISSUED_FOR: Final = timedelta(days=30, seconds=300)


@dataclass(slots=True)
class Digests:
    """True digests and length of bytes that pass by."""

    length: int = 0
    _sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _md5: "hashlib._Hash" = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))

    def passing(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the parts on, digesting each."""
        for part in parts:
            self.length += len(part)
            self._sha256.update(part)
            self._md5.update(part)
            yield part

    @property
    def sha256(self) -> Checksum:
        """The SHA-256 of all that passed."""
        return Checksum(type="sha256", checksum=self._sha256.hexdigest())

    @property
    def md5(self) -> Checksum:
        """The MD5, which archives and NMDC's data objects go by."""
        return Checksum(type="md5", checksum=self._md5.hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesKeeper:
    """Keeps bytes in GridFS, or large ones in the bucket, and sweeps up after dead uploads.

    An upload is noted before its first byte is stored. Its bytes are seen by nobody until one
    transaction adds the record (and the file of GridFS) and forgets the note. So a process that
    dies leaves a note, by which `sweep` finds the bytes.
    """

    objects: ObjectStore
    files: FileStore
    storage: ObjectStorage
    transactions: Transactions
    clock: Clock
    drs_host: str
    site_id: str
    s3_over_bytes: int
    patience: timedelta

    def keep(
        self, object_id: str, file: StoredFile, *, description: str, username: str
    ) -> DrsObject:
        """Keep bytes in GridFS; the object that holds the same bytes already is returned instead.

        Whose use case it is puts it on record.

        Parameters
        ----------
        object_id
            A fresh local id with the shoulder ``gfs0``, e.g. ``gfs0sz30``.
        """
        digests = Digests()
        for _ in digests.passing([file.content]):
            pass
        if held := self._find_held(digests.sha256):
            return held
        facts = self._facts(object_id, file.name, file.content_type, digests)
        return self._keep_in_gridfs(facts, file.content, digests, description, username)

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
        """Keep bytes of any size, never all of them in memory; otherwise as `keep`.

        Parameters
        ----------
        same_as
            Digest of what matters in the bytes, by which other bytes are the same: the object that
            was kept with it first is returned instead, with its own bytes and true digests. Of two
            that are kept at once, both stay.

        Raises
        ------
        ObjectStorageUnavailable
            They are too many for GridFS, and the bucket does not take them.
        """
        if same_as is not None and (same := self.objects.find_same(same_as)):
            return DrsObject.model_validate(same)
        digests = Digests()
        passing = digests.passing(parts)
        head = bytearray()
        for part in passing:
            head += part
            if len(head) > self.s3_over_bytes:
                break
        else:
            if held := self._find_held(digests.sha256):
                return held
            facts = self._facts(object_id, name, content_type, digests)
            return self._keep_in_gridfs(
                facts, bytes(head), digests, description, username, same_as=same_as
            )
        self._note(object_id, "s3")
        try:
            self.storage.upload(
                key_of(object_id), chain([bytes(head)], passing), content_type=content_type
            )
        except BaseException:
            self._give_up_at_once(object_id, lambda: self.storage.delete(key_of(object_id)))
            raise
        facts = self._facts(object_id, name, content_type, digests)
        record = self._record(
            facts, digests, description, username, access_id=f"{self.site_id}:{object_id}"
        )
        return self._finish(
            record, digests, lambda: self.storage.delete(key_of(object_id)), same_as=same_as
        )

    def sweep(self) -> int:
        """Delete the bytes of uploads that died long ago; return of how many.

        Safe at any time, and on several machines at once: an upload that is given up here cannot
        add its record any more.
        """
        now = self.clock()
        swept = 0
        for upload in self.objects.list_uploads(before=now - self.patience):
            if not self.objects.give_up(upload.object_id):
                continue
            try:
                if upload.place == "gridfs":
                    self.files.delete(upload.object_id)
                else:
                    self.storage.delete(key_of(upload.object_id))
            except ObjectStorageUnavailable:
                continue  # the next sweep finds it again; the others need not wait for that
            self.objects.forget_upload(upload.object_id)
            logger.info("dead upload swept", extra={"object_id": upload.object_id})
            swept += 1
        self.objects.forget_issued(before=now - ISSUED_FOR)
        return swept

    def _keep_in_gridfs(
        self,
        facts: FileFacts,
        content: bytes,
        digests: Digests,
        description: str,
        username: str,
        *,
        same_as: str | None = None,
    ) -> DrsObject:
        object_id = facts.object_id
        self._note(object_id, "gridfs")
        try:
            self.files.put_chunks(object_id, content)
        except BaseException:
            self._give_up_at_once(object_id, lambda: self.files.delete(object_id))
            raise
        record = self._record(facts, digests, description, username, access_id=object_id)
        return self._finish(
            record,
            digests,
            lambda: self.files.delete(object_id),
            file_facts=facts,
            same_as=same_as,
        )

    def _finish(
        self,
        record: DrsObject,
        digests: Digests,
        delete_bytes: Callable[[], None],
        *,
        file_facts: FileFacts | None = None,
        same_as: str | None = None,
    ) -> DrsObject:
        """Let bytes and record appear together; the loser of a race keeps no bytes."""

        def appear(tx: Transaction) -> None:
            if not self.objects.end_upload(record.id, tx=tx):
                raise UploadGivenUp(record.id)
            if file_facts is not None:
                self.files.add(file_facts, at=record.created_time, tx=tx)
            self.objects.add(
                record, managed_by=INTERNAL_MANAGER, is_kept=True, same_as=same_as, tx=tx
            )

        try:
            self.transactions.run(appear)
        except UploadGivenUp:
            delete_bytes()  # the sweep may have come before the last of them
            raise
        except ChecksumTaken:
            self._give_up_at_once(record.id, delete_bytes)
            if held := self._find_held(digests.sha256):
                return held
            raise
        return record

    def _give_up_at_once(self, object_id: str, delete_bytes: Callable[[], None]) -> None:
        """Leave no bytes behind; what cannot be deleted now, `sweep` deletes."""
        try:
            if self.objects.give_up(object_id):
                delete_bytes()
                self.objects.forget_upload(object_id)
        except (NmdcError, PyMongoError) as error:
            logger.warning(
                "bytes left for the sweep",
                extra={"object_id": object_id, "reason": type(error).__name__},
            )

    def _note(self, object_id: str, place: Literal["gridfs", "s3"]) -> None:
        self.objects.note_upload(Upload(object_id=object_id, place=place, started_at=self.clock()))

    def _find_held(self, checksum: Checksum) -> DrsObject | None:
        document = self.objects.find_kept(checksum)
        return DrsObject.model_validate(document) if document else None

    def _facts(self, object_id: str, name: str, content_type: str, digests: Digests) -> FileFacts:
        return FileFacts(
            object_id=object_id,
            name=name or object_id,
            content_type=content_type,
            length=digests.length,
            chunk_size=CHUNK_SIZE,
        )

    def _record(
        self, facts: FileFacts, digests: Digests, description: str, username: str, *, access_id: str
    ) -> DrsObject:
        made_at = self.clock()
        minute = made_at.astimezone(DESCRIPTION_ZONE).isoformat(timespec="minutes")
        return DrsObject(
            id=facts.object_id,
            self_uri=f"drs://{self.drs_host}/{facts.object_id}",
            size=facts.length,
            created_time=made_at,
            name=safe_name(facts.name),
            mime_type=safe_mime_type(mimetypes.guess_type(facts.name)[0] or facts.content_type),
            description=f"{description} (created by/for {username} at {minute})",
            checksums=[digests.sha256, digests.md5],
            access_methods=[AccessMethod(access_id=access_id)],
        )

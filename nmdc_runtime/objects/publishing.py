"""How the Runtime publishes files of its own: bytes in the bucket, a record by checksum, a bundle.

Who publishes the same bytes again gets the object that there is. Records are those of bytes that
the hub keeps: nobody else's registration of a checksum stands in the way, and nobody changes them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nmdc_runtime.clients.object_storage import ObjectStorage, StoredBytesNotFound
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.errors import (
    ChecksumTaken,
    ObjectNotFound,
    PublishedBytesDiffer,
    StoredFileNotFound,
)
from nmdc_runtime.objects.models import (
    AccessMethod,
    Checksum,
    ContentsObject,
    DrsObject,
    LocalFile,
)
from nmdc_runtime.objects.rules import (
    INTERNAL_MANAGER,
    SLASH,
    key_of,
    stored_id_of,
    with_bundle_facts,
)
from nmdc_runtime.objects.store import ObjectStore

READ_SIZE: Final = 1 << 20
#: Characters of a checksum that tell files of one name and day apart.
TELLING: Final = 12
#: Of a bundle until its members give it its own.
UNKNOWN: Final = Checksum(type="sha256", checksum="0" * 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes files and bundles of them.

    Parameters
    ----------
    read
        Yields the bytes of an object by its record, as who fetches it gets them.
    """

    objects: ObjectStore
    storage: ObjectStorage
    transactions: Transactions
    clock: Clock
    drs_host: str
    site_id: str
    read: Callable[[str], Iterator[bytes]]

    def publish(self, file: LocalFile, *, folder: str, mint: Callable[[], str]) -> Document:
        """Return the object that holds the file's bytes, which were fetched back and compared.

        Parameters
        ----------
        folder
            Where the file is put if no object holds its bytes: ``nmdcdb-mongoexport/2026-11-01``.
        mint
            Returns a fresh local id for a new object.

        Raises
        ------
        ObjectStorageUnavailable, PublishedBytesDiffer
        """
        held = self._find(file.sha256)
        if held is None:
            stored_id = self._free_place(file, folder)
            self._upload(file, stored_id)
            held = self._add(file, stored_id, object_id=mint())
        elif not self._is_intact(held, file.sha256):
            known_id = self._stored_id(held)
            if known_id is not None:  # the bucket has lost them
                self._upload(file, known_id)
        if not self._is_intact(held, file.sha256):
            raise PublishedBytesDiffer(held["id"], name=file.name)
        return held

    def bundle(
        self,
        members: Sequence[tuple[str, str]],
        *,
        name: str,
        description: str,
        object_id: str,
        tx: Transaction,
    ) -> tuple[Document, bool]:
        """Return the bundle of these objects, and whether it is new.

        If there is one of the same bytes under another name, it gets this one as an alias.

        Parameters
        ----------
        members
            Ids of objects, and the names that they have in the bundle.
        object_id
            A fresh local id.
        """
        known = {
            each["id"]: each for each in self.objects.list_of((id_ for id_, _ in members), tx=tx)
        }
        for id_, _ in members:
            if id_ not in known:
                raise ObjectNotFound(id_)
        draft = DrsObject(
            id=object_id,
            self_uri=f"drs://{self.drs_host}/{object_id}",
            name=name,
            description=description,
            size=0,
            checksums=[UNKNOWN],
            created_time=max(each["created_time"] for each in known.values()),
            contents=[ContentsObject(id=id_, name=called) for id_, called in members],
        )
        record = with_bundle_facts(draft, known)
        (sha256,) = (each.checksum for each in record.checksums if each.type == "sha256")
        held = self._find(sha256)
        if held is None:
            return self.objects.add(record, managed_by=INTERNAL_MANAGER, is_kept=True, tx=tx), True
        names = [held.get("name"), *(held.get("aliases") or [])]
        if name not in names:
            renamed = _record(held).model_copy(update={"aliases": [*names[1:], name]})
            held = self.objects.replace(renamed, before=held, tx=tx)
        return held, False

    def _find(self, sha256: str) -> Document | None:
        return self.objects.find_kept(Checksum(type="sha256", checksum=sha256))

    def _free_place(self, file: LocalFile, folder: str) -> str:
        """Return an id whose key holds nothing, or these bytes: what was published stays."""
        self.storage.prepare()
        place = folder.replace("/", SLASH)
        plain = f"{place}{SLASH}{file.name}"
        try:
            there = _digest(self.storage.read(key_of(plain)))
        except StoredBytesNotFound:
            return plain
        if there == file.sha256:
            return plain
        return f"{place}{SLASH}{file.sha256[:TELLING]}{SLASH}{file.name}"

    def _upload(self, file: LocalFile, stored_id: str) -> None:
        self.storage.upload(key_of(stored_id), _parts(file.path), content_type=file.content_type)

    def _add(self, file: LocalFile, stored_id: str, *, object_id: str) -> Document:
        record = DrsObject(
            id=object_id,
            self_uri=f"drs://{self.drs_host}/{object_id}",
            name=file.name,
            mime_type=file.content_type,
            description=file.description,
            size=file.size_bytes,
            created_time=self.clock(),
            checksums=[Checksum(type="sha256", checksum=file.sha256)],
            access_methods=[AccessMethod(access_id=f"{self.site_id}:{stored_id}")],
        )

        def add(tx: Transaction) -> Document:
            return self.objects.add(record, managed_by=INTERNAL_MANAGER, is_kept=True, tx=tx)

        try:
            return self.transactions.run(add)
        except ChecksumTaken:  # somebody published the same just now
            if held := self._find(file.sha256):
                return held
            raise

    def _stored_id(self, held: Document) -> str | None:
        ids = (
            stored_id_of(each.get("access_id") or "", site_id=self.site_id)
            for each in held.get("access_methods") or []
        )
        return next((each for each in ids if each is not None), None)

    def _is_intact(self, held: Document, sha256: str) -> bool:
        try:
            return _digest(self.read(held["id"])) == sha256
        except (StoredBytesNotFound, StoredFileNotFound):
            return False


def _record(document: Mapping[str, object]) -> DrsObject:
    return DrsObject.model_validate(
        {name: value for name, value in document.items() if not name.startswith("_")}
    )


def _parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while part := stream.read(READ_SIZE):
            yield part


def _digest(parts: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()

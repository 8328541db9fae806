"""What may be done with stored objects, whoever asks."""

import hashlib
import mimetypes
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.objects.errors import AccessIdNotReferenced, NoSiteForAccessId, StoredFileNotFound
from nmdc_runtime.objects.models import AccessMethod, AccessURL, Checksum, DrsObject, StoredFile
from nmdc_runtime.objects.store import ObjectStore

#: Site named on objects that the hub itself makes; published, whatever the site's id.
INTERNAL_MANAGER = "nmdc-runtime"
#: Zone of the minute that descriptions of internal objects name; published.
DESCRIPTION_ZONE = ZoneInfo("America/Los_Angeles")
#: Shoulder of ids whose bytes lie in GridFS.
GRIDFS_SHOULDER = "gfs0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectService:
    """Keep bytes as DRS objects and find them again."""

    objects: ObjectStore
    clock: Clock
    drs_host: str
    base_url: str

    def get(self, object_id: str) -> DrsObject:
        """Return the object, or raise `ObjectNotFound`."""
        return self.objects.get(object_id)

    def content(self, object_id: str) -> StoredFile:
        """Return the bytes that the hub keeps for the object, or raise `StoredFileNotFound`."""
        return self.objects.get_file(object_id)

    def access_url(self, object_id: str, access_id: str) -> AccessURL:
        """Return where the bytes can be fetched, or raise that they cannot."""
        record = self.objects.get(object_id)
        if access_id not in {method.access_id for method in record.access_methods or []}:
            raise AccessIdNotReferenced(object_id, access_id=access_id)
        if access_id.startswith(GRIDFS_SHOULDER) and access_id == object_id:
            if not self.objects.has_file(access_id):
                raise StoredFileNotFound(access_id)
            return AccessURL(url=f"{self.base_url}/metadata/stored_files/{access_id}")
        raise NoSiteForAccessId(object_id, access_id=access_id)

    def find_content(self, content: bytes) -> DrsObject | None:
        """Return the object that holds exactly these bytes, if there is one."""
        return self.objects.find_by_checksum(digest(content))

    def keep(
        self, object_id: str, file: StoredFile, *, description: str, username: str
    ) -> DrsObject:
        """Store bytes as an object, or return the object that holds the same bytes already.

        Parameters
        ----------
        object_id
            A fresh local id with the shoulder ``gfs0``, e.g. ``gfs0sz30``.
        """
        checksum = digest(file.content)
        if held := self.objects.find_by_checksum(checksum):
            return held
        made_at = self.clock()
        minute = made_at.astimezone(DESCRIPTION_ZONE).isoformat(timespec="minutes")
        name = file.name or object_id
        record = DrsObject(
            id=object_id,
            self_uri=f"drs://{self.drs_host}/{object_id}",
            size=len(file.content),
            created_time=made_at,
            name=name,
            mime_type=mimetypes.guess_type(name)[0] or file.content_type,
            description=f"{description} (created by/for {username} at {minute})",
            checksums=[checksum],
            access_methods=[AccessMethod(access_id=object_id)],
        )
        # Bytes first: a record never points at nothing. Losing the race leaves no bytes behind.
        self.objects.put_file(object_id, StoredFile(name, file.content_type, file.content))
        if self.objects.add(record, managed_by=INTERNAL_MANAGER):
            return record
        self.objects.delete_file(object_id)
        return self.objects.find_by_checksum(checksum) or record


def digest(content: bytes) -> Checksum:
    """Return the true SHA-256 of the bytes."""
    return Checksum(type="sha256", checksum=hashlib.sha256(content).hexdigest())

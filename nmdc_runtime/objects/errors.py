"""What stored objects refuse."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class ObjectNotFound(NmdcError):
    """No object has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Object not found"

    def __init__(self, object_id: str) -> None:
        super().__init__("Not found", object_id=object_id)


class AccessIdNotReferenced(NmdcError):
    """The object has no access method with this access id."""

    kind = ErrorKind.NOT_FOUND
    title = "Access id not found"

    def __init__(self, object_id: str, *, access_id: str) -> None:
        super().__init__(
            "access_id not referenced by object", object_id=object_id, access_id=access_id
        )


class AccessedFileNotFound(NmdcError):
    """The object says that the hub keeps its bytes, and the hub does not have them."""

    kind = ErrorKind.NOT_FOUND
    title = "Stored file not found"

    def __init__(self, object_id: str) -> None:
        super().__init__(
            "access_id for object not found by gfs0 handler",
            object_id=object_id,
            access_id=object_id,
        )


class NoSiteForAccessId(NmdcError):
    """No object storage of ours serves this access id."""

    kind = ErrorKind.NOT_FOUND
    title = "Access id not served"

    def __init__(self, object_id: str, *, access_id: str) -> None:
        super().__init__(
            "no site found to handle access_id for object", object_id=object_id, access_id=access_id
        )


class StoredFileNotFound(NmdcError):
    """The hub keeps no file with this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Stored file not found"

    def __init__(self, object_id: str) -> None:
        super().__init__(f"Metadata stored file {object_id} not found", object_id=object_id)


class RangeNotSatisfiable(NmdcError):
    """None of the bytes that were asked for is there."""

    title = "Range not satisfiable"
    status: ClassVar[int | None] = 416

    def __init__(self, object_id: str, *, length: int) -> None:
        super().__init__(
            f"the stored file {object_id} has {length} bytes; the range asks for none of them",
            object_id=object_id,
            length=length,
        )
        # Of this instance only: the header that RFC 9110 asks for names the length.
        self.headers: dict[str, str] = {"Content-Range": f"bytes */{length}"}  # type: ignore[misc]


class ChecksumTaken(NmdcError):
    """Another object has this checksum already."""

    kind = ErrorKind.CONFLICT
    title = "Object registered already"

    def __init__(self, checksum: Mapping[str, Any], *, object_id: str | None = None) -> None:
        pair = {
            "checksums.type": checksum.get("type"),
            "checksums.checksum": checksum.get("checksum"),
        }
        facts = {} if object_id is None else {"object_id": object_id}
        super().__init__(f"provided checksum matches existing object: {pair}", **facts)


class OtherSiteManages(NmdcError):
    """Only the client of the site that manages an object may change it."""

    kind = ErrorKind.FORBIDDEN
    title = "Managed by another site"

    def __init__(self, object_id: str, *, site_id: str | None) -> None:
        super().__init__(
            f"client authorized for different site_id than {site_id}",
            object_id=object_id,
            missing_permission=f"a client of the site {site_id}",
            granted_by=f"an administrator of the site {site_id}",
        )


class ObjectInvalid(NmdcError):
    """The object would not be one by the rules of the API; ``detail`` lists why, as for a body."""

    title = "Object invalid"

    def __init__(self, problems: list[Any]) -> None:
        super().__init__("the object would be invalid, see detail", detail=problems)


class KeptBytesFixed(NmdcError):
    """The hub keeps these bytes itself, and what it says of them is true."""

    title = "The hub keeps these bytes"

    def __init__(self, object_id: str, *, fields: list[str]) -> None:
        super().__init__(
            f"the hub itself keeps the bytes of {object_id}: {', '.join(fields)} cannot be changed",
            object_id=object_id,
        )


class AccessIdOfOtherSite(NmdcError):
    """An access id names a storage that is not the registering site's own."""

    title = "Access id of another site"

    def __init__(self, access_id: str, *, site_id: str) -> None:
        super().__init__(
            f"the access_id {access_id!r} names the storage of the site {site_id}, which alone may "
            "register what lies there",
            access_id=access_id,
        )


class StoredElsewhere(NmdcError):
    """The bytes lie in the bucket, too large to be read at once."""

    title = "Too large to be read at once"
    kind = ErrorKind.TOO_LARGE

    def __init__(self, object_id: str) -> None:
        super().__init__(
            f"the bytes of {object_id} lie in the object storage: read them in parts",
            object_id=object_id,
        )


class UploadGivenUp(NmdcError):
    """The upload took so long that it was taken for dead; its bytes are gone."""

    kind = ErrorKind.CONFLICT
    title = "Upload given up"

    def __init__(self, object_id: str) -> None:
        super().__init__(
            f"the upload of {object_id} took too long and was given up: send it again",
            object_id=object_id,
        )


class PublishedBytesDiffer(NmdcError):
    """What can be fetched of an object is not what its record says."""

    kind = ErrorKind.CONFLICT
    title = "Bytes differ from their record"

    def __init__(self, object_id: str, *, name: str) -> None:
        super().__init__(
            f"the bytes of {object_id} ({name}) are not those of its checksum: somebody else "
            "writes to the bucket, or the object storage has lost them",
            object_id=object_id,
        )

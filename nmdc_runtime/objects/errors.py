"""What stored objects refuse."""

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

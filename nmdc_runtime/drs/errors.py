"""What the DRS refuses."""

from collections.abc import Sequence
from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class DataObjectIncomplete(NmdcError):
    """A data object lacks what the standard demands; nothing is made up for it."""

    kind = ErrorKind.NOT_FOUND
    title = "Not available as a DRS object"

    def __init__(self, object_id: str, *, missing: Sequence[str]) -> None:
        super().__init__(
            f"{object_id} is known, but cannot be served as a DRS object: its record has no "
            f"{', no '.join(missing)}",
            object_id=object_id,
            missing=list(missing),
        )


class BundleTooLarge(NmdcError):
    """A bundle has more members, nested ones counted, than one answer takes."""

    kind = ErrorKind.TOO_LARGE
    title = "Bundle too large"

    def __init__(self, object_id: str, *, limit: int) -> None:
        super().__init__(
            f"the bundle {object_id} has more than {limit} members when it is expanded: ask for "
            "the bundles in it one by one, without `expand`",
            object_id=object_id,
            limit=limit,
        )


class TooManyIds(NmdcError):
    """A bulk request names more ids than one answer takes."""

    kind = ErrorKind.TOO_LARGE
    title = "Too many ids"

    def __init__(self, count: int, *, limit: int) -> None:
        super().__init__(f"{count} ids are more than {limit}, the most of one request", limit=limit)


class UnknownObjectTypes(NmdcError):
    """Objects cannot be tagged with types that there are not."""

    title = "Unknown object types"
    status: ClassVar[int | None] = 400

    def __init__(self, types: Sequence[str]) -> None:
        named = ", ".join(repr(each) for each in types)
        super().__init__(f"unknown type ids: {{{named}}}.", unknown_types=list(types))


class IngestNotAllowed(NmdcError):
    """A type would make the Runtime take content in with rights of its own, and may not."""

    kind = ErrorKind.FORBIDDEN
    title = "Not allowed"

    def __init__(self, types: Sequence[str], *, action: str, granted_by: str) -> None:
        super().__init__(
            f"the types {', '.join(types)} make the Runtime take in what the object holds: that "
            "takes an object of the Runtime's own site, or the permission to",
            missing_permission=action,
            granted_by=granted_by,
        )


class OtherSite(NmdcError):
    """A site's storage is for its own client."""

    kind = ErrorKind.FORBIDDEN
    title = "Another site"

    def __init__(self, site_id: str) -> None:
        super().__init__(
            f"client authorized for different site_id than {site_id}",
            site_id=site_id,
            missing_permission=f"a client of the site {site_id}",
            granted_by=f"an administrator of the site {site_id}",
        )


class StorageNotEnabled(NmdcError):
    """The hub has a bucket for its own site only."""

    kind = ErrorKind.FORBIDDEN
    title = "No object storage"

    def __init__(self, site_id: str) -> None:
        super().__init__(
            f"API-mediated object storage for site {site_id} is not enabled.", site_id=site_id
        )


class UploadWithoutObject(NmdcError):
    """A site ended an upload, and what it said of it is no object."""

    title = "No object"

    def __init__(self, operation_id: str, problem: str) -> None:
        super().__init__(
            f"the result of {operation_id} is no object that could be registered: {problem}",
            operation_id=operation_id,
        )

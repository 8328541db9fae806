"""What the export of a study to NCBI refuses."""

from collections.abc import Mapping
from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class NothingToSubmit(NmdcError):
    """All of a study is left out: a submission without actions would look like one."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    title: ClassVar[str] = "Nothing to submit"

    def __init__(self, study_id: str, left_out: Mapping[str, int], first: str) -> None:
        told = ", ".join(f"{kind} {count}" for kind, count in left_out.items()) or "nothing"
        super().__init__(
            f"the study {study_id} has nothing to submit to NCBI; left out: {told}"
            + (f"; for example {first}" if first else ""),
            study_id=study_id,
            left_out=dict(left_out),
        )


class MappingRefused(NmdcError):
    """The server of an attribute mapping does not hand it out."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Attribute mapping not to be had"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no attribute mapping came from {url}: {reason}", url=url)


class MappingUnreachable(NmdcError):
    """The server of an attribute mapping does not answer; it may later."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Attribute mapping not reached"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be reached: {reason}", url=url)

"""What can go wrong between us and the NEON data portal."""

from typing import ClassVar, Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: How much of a foreign answer an error quotes.
QUOTED: Final = 300


class NeonUnavailable(NmdcError):
    """NEON cannot be reached, is busy, or sends something that is not what was asked for."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "NEON not available"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be fetched at the moment: {reason}", url=url)


class NeonRefused(NmdcError):
    """NEON says that asking again is of no use."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Refused by NEON"

    def __init__(self, url: str, status: int, body: str = "") -> None:
        hint = "; check NEON_API_TOKEN" if status in {401, 403} else ""
        said = f" and says {body[:QUOTED]!r}" if body else ""
        super().__init__(f"{url} answers with status {status}{said}{hint}", url=url, status=status)
        self.answered = status


class NeonNotFound(NeonRefused):
    """NEON has nothing at this address: no such product, site or file."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    title: ClassVar[str] = "Not found at NEON"


class NeonProductInvalid(NmdcError):
    """The description of a data product cannot be used, or selects nothing."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "NEON data product not usable"


class NeonReferenceUnusable(NmdcError):
    """A reference file is not there, or is not the one that was asked for."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Reference file not usable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"the reference file {source} cannot be used: {reason}", source=source)

"""What can go wrong, said once: an error has a kind, and each entry point maps kinds once."""

from enum import StrEnum
from typing import Any, ClassVar


class ErrorKind(StrEnum):
    """What sort of refusal an error is, whoever asked."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_EXPENSIVE = "too_expensive"
    UNAVAILABLE = "unavailable"


class NmdcError(Exception):
    """A refusal with a kind, a sentence for people and facts for programs.

    Parameters
    ----------
    message
        What happened, to which id, and what to do. It becomes ``detail``.
    facts
        Further members of the problem that is sent to a client, e.g. ``job_id``.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Request refused"
    #: The status that the published contract fixes, where it differs from the kind's.
    status: ClassVar[int | None] = None
    #: Further HTTP headers that the contract asks for, e.g. ``WWW-Authenticate``.
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str, **facts: Any) -> None:  # noqa: ANN401 (any JSON value)
        super().__init__(message)
        self.facts = facts

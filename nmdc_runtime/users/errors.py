"""What users refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class UserNotFound(NmdcError):
    """No user has this name."""

    kind = ErrorKind.NOT_FOUND
    title = "User not found"

    def __init__(self, username: str) -> None:
        super().__init__(f"no user has the name {username!r}", username=username)

"""What API keys refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class ApiKeyNotFound(NmdcError):
    """The user has no API key of this id."""

    kind = ErrorKind.NOT_FOUND
    title = "API key not found"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the user has no API key with the id {key_id!r}", key_id=key_id)


class ScopeUnknown(NmdcError):
    """A key is asked for with a scope that is no permission."""

    title = "Scope unknown"

    def __init__(self, scope: str, *, known: list[str]) -> None:
        super().__init__(
            f"{scope!r} is no permission: scopes are some of the permissions that you have",
            scope=scope,
            known=known,
        )

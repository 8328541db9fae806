"""What login refuses; the sentences are published."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.web.auth import LOGIN_AGAIN, LOGIN_AS_SITE, Unauthenticated


class GrantIncomplete(NmdcError):
    """A token is asked for with too few credentials."""

    status = 400
    title = "Credentials missing"


class CredentialsIncorrect(Unauthenticated):
    """Name and secret do not belong together; which of them is wrong is not told."""

    title = "Credentials incorrect"


class CredentialsNotValidated(Unauthenticated):
    """The credentials, or the token, prove nothing that this hub knows."""

    def __init__(self) -> None:
        super().__init__("Could not validate credentials")


class TokenMissing(Unauthenticated):
    """The request carries no bearer token."""

    def __init__(self) -> None:
        super().__init__(f"Access token is invalid or missing. {LOGIN_AGAIN}")


class TokenInvalidated(Unauthenticated):
    """Somebody withdrew the token."""

    def __init__(self) -> None:
        super().__init__(f"Access token has been invalidated. {LOGIN_AGAIN}")


class TokenExpired(Unauthenticated):
    """The token was good once."""

    def __init__(self) -> None:
        super().__init__(f"Access token has expired. {LOGIN_AGAIN}")


class TokenInvalid(Unauthenticated):
    """The token is none of ours, or names nobody."""

    def __init__(self) -> None:
        super().__init__(f"Access token is invalid. {LOGIN_AGAIN}")


class TokenNotOfSite(Unauthenticated):
    """The token is good, but not a site client's."""

    def __init__(self) -> None:
        super().__init__(f"Access token is invalid. {LOGIN_AS_SITE}")


class UserInactive(NmdcError):
    """The user of a good token has been disabled meanwhile."""

    kind = ErrorKind.FORBIDDEN
    status = 400
    title = "User inactive"

    def __init__(self) -> None:
        super().__init__("Inactive user")

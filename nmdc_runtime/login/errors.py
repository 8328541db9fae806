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
    missing_permission = "the right name and secret"
    granted_by = "an administrator: of the Runtime for users, of the site for site clients"


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

    missing_permission = "an access token of a site client"
    granted_by = "an administrator of the site: POST /sites/{site_id}:generateCredentials"

    def __init__(self) -> None:
        super().__init__(f"Access token is invalid. {LOGIN_AS_SITE}")


class UserInactive(NmdcError):
    """The user of a good token has been disabled meanwhile."""

    kind = ErrorKind.FORBIDDEN
    status = 400
    title = "User inactive"

    def __init__(self) -> None:
        super().__init__("Inactive user")


class TooManyFailures(NmdcError):
    """Somebody tried wrong secrets for this name, from this address, too often."""

    kind = ErrorKind.TOO_MANY
    title = "Too many failed logins"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(
            f"Too many failed logins with this name from your address: wait {retry_after_s} s.",
            retry_after_s=retry_after_s,
        )
        self.headers = {"Retry-After": str(retry_after_s)}  # type: ignore[misc]  # as of this one


class OrcidNotSetUp(NmdcError):
    """Nobody registered the hub as a client of ORCID."""

    kind = ErrorKind.NOT_FOUND
    title = "No login with ORCID"

    def __init__(self) -> None:
        super().__init__("This hub is not set up for logging in with ORCID.")


class RedirectRefused(NmdcError):
    """After the login the browser would be sent to a page that is none of ours."""

    status = 400
    title = "Redirect refused"

    def __init__(self) -> None:
        super().__init__(
            "`next` must be a path of this hub, or an https address under microbiomedata.org"
        )


class StateRefused(NmdcError):
    """A login comes back that did not begin here, in this browser, a short time ago."""

    status = 400
    title = "Login not begun here"

    def __init__(self) -> None:
        super().__init__(
            "This login was not begun here, in this browser and a few minutes ago: begin again at "
            "/orcid_login (cookies must be allowed)."
        )


class LoginDenied(Unauthenticated):
    """The provider, or the person there, says no."""

    title = "Login denied"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The login provider did not log you in ({reason}).", reason=reason)

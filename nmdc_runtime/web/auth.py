"""Who is calling: a bearer token becomes a caller, by a `Protocol` that ``login`` fills."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

from fastapi import Depends, Request
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlowPassword, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

LOGIN_AGAIN = "Please log in again."
LOGIN_AS_SITE = "Please log in as a site client."


class Unauthenticated(NmdcError):
    """The request carries no token that can be accepted."""

    kind = ErrorKind.UNAUTHENTICATED
    title = "Not logged in"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A user, or a site client, which acts as a user whose name is its client id.

    ``site_id`` is set for site clients only; ``site_admin`` lists the sites a user administers.
    """

    username: str
    site_id: str | None = None
    site_admin: tuple[str, ...] = ()


class Authenticator(Protocol):
    """Turns a bearer token into a caller."""

    def authenticate(self, token: str | None) -> Caller:
        """Return the caller, or raise `Unauthenticated` (or that the account is inactive)."""
        ...

    def authenticate_site(self, token: str | None) -> Caller:
        """Return the caller, which must be a site client, or raise `Unauthenticated`."""
        ...


class AccessRules(Protocol):
    """Says who may do what."""

    def check_allowed(self, username: str, action: str, *, refusal: str) -> None:
        """Raise `nmdc_runtime.allowances.errors.ActionNotAllowed` unless granted and not denied."""
        ...


oauth2 = OAuth2(
    scheme_name="OAuth2PasswordOrClientCredentialsBearer",
    flows=OAuthFlows(
        password=OAuthFlowPassword(tokenUrl="token"),
        clientCredentials=OAuthFlowClientCredentials(tokenUrl="token"),
    ),
    auto_error=False,
)
bearer = HTTPBearer(scheme_name="bearerAuth", auto_error=False)


def bearer_token(request: Request) -> str | None:
    """Return the token of ``Authorization: Bearer``; any other scheme counts as none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def calling_user(
    request: Request,
    _oauth2: Annotated[str | None, Depends(oauth2)],
    _bearer: Annotated[object, Depends(bearer)],
) -> Caller:
    """Return the user, or the site client as a user, or refuse with 401."""
    authenticator: Authenticator = request.app.state.services.login
    return authenticator.authenticate(bearer_token(request))


def calling_site(request: Request, _oauth2: Annotated[str | None, Depends(oauth2)]) -> Caller:
    """Return the site client, or refuse with 401."""
    authenticator: Authenticator = request.app.state.services.login
    return authenticator.authenticate_site(bearer_token(request))


def maybe_calling_site(
    request: Request, _oauth2: Annotated[str | None, Depends(oauth2)]
) -> Caller | None:
    """Return the caller if there is a token, which must then be good; None for the public."""
    token = bearer_token(request)
    if token is None:
        return None
    authenticator: Authenticator = request.app.state.services.login
    return authenticator.authenticate(token)


CallingUser = Annotated[Caller, Depends(calling_user)]
CallingSite = Annotated[Caller, Depends(calling_site)]
MaybeCaller = Annotated[Caller | None, Depends(maybe_calling_site)]

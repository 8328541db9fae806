"""Who is calling: a bearer token becomes a caller, by a `Protocol` that ``login`` fills."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Protocol

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlowPassword, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2

from nmdc_runtime.kernel.audit import current_call
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Who has this id among the sites of ``site_admin`` may manage users: how older Runtimes said it.
ADMIN_SITE_ID: Final = "nmdc-runtime-useradmin"
LOGIN_AGAIN = "Please log in again."
LOGIN_AS_SITE = "Please log in as a site client."


class Unauthenticated(NmdcError):
    """The request carries no token that can be accepted; the facts say what would be."""

    kind = ErrorKind.UNAUTHENTICATED
    title = "Not logged in"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}
    missing_permission: ClassVar[str] = "an access token of a user or a site client, or an API key"
    granted_by: ClassVar[str] = "POST /token"

    def __init__(self, message: str, **facts: Any) -> None:  # noqa: ANN401 (any JSON value)
        wanted = {"missing_permission": self.missing_permission, "granted_by": self.granted_by}
        super().__init__(message, **wanted, **facts)


class PersonRequired(NmdcError):
    """Only a user who logged in may do this: no site client, no API key."""

    kind = ErrorKind.FORBIDDEN
    title = "A login is needed"

    def __init__(self, caller: "Caller") -> None:
        what = "a site client" if caller.site_id else "an API key"
        super().__init__(
            f"{what} may not do this: log in as a user, with a password or with ORCID",
            username=caller.username,
            missing_permission="the login of a user",
            granted_by="POST /token with the user's password, or a login with ORCID",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A user, or a site client, which acts as a user whose name is its client id.

    Parameters
    ----------
    username
        Of the user, or the id of the site client.
    site_id
        Of site clients only.
    site_admin
        The sites that a user administers.
    is_admin
        Whether they may manage users.
    scopes
        The only actions that an API key may take; None: no limit but its owner's.
    expires_at
        When the token or key ends.
    api_key_id, token_id
        Which key or token was sent.
    """

    username: str
    site_id: str | None = None
    site_admin: tuple[str, ...] = ()
    is_admin: bool = False
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    api_key_id: str | None = None
    token_id: str | None = None


class Authenticator(Protocol):
    """Turns a bearer token into a caller."""

    def authenticate(self, token: str | None) -> Caller:
        """Return the caller, or raise `Unauthenticated` (or that the account is inactive)."""
        ...

    def authenticate_site(self, token: str | None) -> Caller:
        """Return the caller, which must be a site client, or raise `Unauthenticated`."""
        ...


class SiteRecogniser(Protocol):
    """Recognises site clients on the event loop."""

    async def find_site_caller(self, token: str | None) -> Caller | None:
        """Return the site client whose good token this is, or None for anything else."""
        ...


class AccessRules(Protocol):
    """Says who may do what."""

    def is_allowed(self, caller: Caller, action: str) -> bool:
        """Say whether the action is granted to the caller, and not denied."""
        ...

    def check_allowed(self, caller: Caller, action: str, *, refusal: str) -> None:
        """Raise `nmdc_runtime.allowances.errors.ActionNotAllowed` unless `is_allowed`."""
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


async def access_rules(request: Request) -> AccessRules:
    """Return the rules this application was wired with."""
    rules: AccessRules = request.app.state.services.allowances
    return rules


def _noted(caller: Caller) -> Caller:
    """Let the audit trail know who makes this call."""
    call = current_call()
    call.username, call.site_id = caller.username, caller.site_id
    call.api_key_id = caller.api_key_id
    return caller


async def _authenticated(request: Request, *, as_site: bool = False) -> Caller:
    """Return who the token belongs to, or refuse with 401.

    Site clients, whose requests come in storms, are recognised without a thread; everybody else,
    and who is refused, by the service, whose word is the last.
    """
    token = bearer_token(request)
    recogniser: SiteRecogniser = request.app.state.reads.login
    caller = await recogniser.find_site_caller(token)
    if caller is None:
        authenticator: Authenticator = request.app.state.services.login
        ask = authenticator.authenticate_site if as_site else authenticator.authenticate
        caller = await run_in_threadpool(ask, token)
    return _noted(caller)


async def is_admin(request: Request) -> bool:
    """Say whether a good token of a Runtime administrator comes along; nobody is refused."""
    if bearer_token(request) is None:
        return False
    try:
        return (await _authenticated(request)).is_admin
    except NmdcError:
        return False


async def calling_user(
    request: Request,
    _oauth2: Annotated[str | None, Depends(oauth2)],
    _bearer: Annotated[object, Depends(bearer)],
) -> Caller:
    """Return the user, or the site client as a user, or refuse with 401."""
    return await _authenticated(request)


async def token_caller(request: Request) -> Caller:
    """Return the user or site client, as `calling_user`, where the contract names no security.

    Such routes were open to all; what they publish of themselves stays, what they do is guarded.
    """
    return await _authenticated(request)


async def calling_person(caller: Annotated[Caller, Depends(calling_user)]) -> Caller:
    """Return the user who logged in; refuse site clients and API keys with 403."""
    if caller.site_id is not None or caller.api_key_id is not None:
        raise PersonRequired(caller)
    return caller


async def calling_site(request: Request, _oauth2: Annotated[str | None, Depends(oauth2)]) -> Caller:
    """Return the site client, or refuse with 401."""
    return await _authenticated(request, as_site=True)


async def maybe_calling_site(
    request: Request, _oauth2: Annotated[str | None, Depends(oauth2)]
) -> Caller | None:
    """Return the caller if there is a token, which must then be good; None for the public."""
    return None if bearer_token(request) is None else await _authenticated(request)


CallingUser = Annotated[Caller, Depends(calling_user)]
CallingPerson = Annotated[Caller, Depends(calling_person)]
CallingSite = Annotated[Caller, Depends(calling_site)]
TokenCaller = Annotated[Caller, Depends(token_caller)]
MaybeCaller = Annotated[Caller | None, Depends(maybe_calling_site)]
Rules = Annotated[AccessRules, Depends(access_rules)]

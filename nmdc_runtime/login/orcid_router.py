"""The routes of the ORCID login: to the provider, back, and out again."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Cookie, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse

from nmdc_runtime.login.models import LoginReturn
from nmdc_runtime.login.orcid import LOGIN_LIFETIME, OrcidLogin
from nmdc_runtime.login.router import login_service
from nmdc_runtime.login.service import LoginService

COOKIE_LIFETIME_S: Final = 2_592_000  # as published
BINDER_COOKIE: Final = "orcid_login"
SESSION_COOKIE: Final = "user_id_token"
COOKIES: Final = ("user_orcid", "user_name", SESSION_COOKIE)
NO_COOKIE: Final = "No ORCiD cookie found. Did you log in?"
NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

router = APIRouter(tags=["User accounts"])


async def orcid_login(request: Request) -> OrcidLogin:
    """Return the service this application was wired with."""
    service: OrcidLogin = request.app.state.services.login.orcid
    return service


async def cookie_flags(request: Request) -> dict[str, Any]:
    """Return the attributes of every cookie; without https a browser would drop a secure one."""
    external = request.app.state.settings.api_host_external
    return {"httponly": True, "samesite": "lax", "secure": external.startswith("https://")}


async def sent_back(
    code: str | None = None, state: str = "", error: str | None = None
) -> LoginReturn:
    """Return what the provider sent the browser back with: a code, or an error."""
    if code is None and error is None:
        raise RequestValidationError(
            [{"type": "missing", "loc": ("query", "code"), "msg": "Field required", "input": None}]
        )
    return LoginReturn(code=code, state=state, error=error)


Flags = Annotated[dict[str, Any], Depends(cookie_flags)]
Orcid = Annotated[OrcidLogin, Depends(orcid_login)]


@router.get("/orcid_login", summary="Log in with ORCID", status_code=HTTPStatus.TEMPORARY_REDIRECT)
def start_orcid_login(
    orcid: Orcid,
    flags: Flags,
    wish: Annotated[
        str | None, Query(alias="next", description="Where to go then; the documentation page.")
    ] = None,
) -> Response:
    """Send the browser to ORCID; it comes back logged in.

    `next` may be a path of this hub, or an `https` address under `microbiomedata.org`.
    """
    login = orcid.start(wish)
    response = RedirectResponse(login.url, headers=NO_STORE)
    response.set_cookie(
        BINDER_COOKIE, login.binder, max_age=int(LOGIN_LIFETIME.total_seconds()), **flags
    )
    return response


@router.get("/orcid_code", include_in_schema=False)
def finish_orcid_login(
    answer: Annotated[LoginReturn, Depends(sent_back)],
    orcid: Orcid,
    flags: Flags,
    binder: Annotated[str | None, Cookie(alias=BINDER_COOKIE)] = None,
) -> Response:
    """Take the browser back from ORCID and let it carry the session."""
    session = orcid.finish(answer, binder=binder)
    response = RedirectResponse(session.redirect_to, headers=NO_STORE)
    values = (session.orcid, session.name, session.text)
    for name, value in zip(COOKIES, values, strict=True):
        response.set_cookie(name, value, max_age=COOKIE_LIFETIME_S, **flags)
    response.delete_cookie(BINDER_COOKIE, **flags)
    return response


@router.get("/orcid_jwt", summary="Get the session of the ORCID login")
async def get_orcid_jwt(
    user_id_token: Annotated[str | None, Cookie()] = None,
) -> Response:
    """Return the text that `/token` takes as `client_id`, without a secret, once logged in."""
    return PlainTextResponse(user_id_token or NO_COOKIE, headers=NO_STORE)


@router.post("/orcid_logout", summary="Log out", status_code=HTTPStatus.SEE_OTHER)
def log_out(
    request: Request,
    flags: Flags,
    login: Annotated[LoginService, Depends(login_service)],
    user_id_token: Annotated[str | None, Cookie()] = None,
) -> Response:
    """End the session in this browser, and the access tokens that were made from it."""
    login.revoke(user_id_token or "")
    response = RedirectResponse(
        f"{request.app.state.settings.api_host_external}/docs",
        status_code=HTTPStatus.SEE_OTHER,
        headers=NO_STORE,
    )
    for name in COOKIES:
        response.delete_cookie(name, **flags)
    return response

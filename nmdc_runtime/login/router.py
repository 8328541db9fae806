"""The routes ``/token`` and ``/token:revoke``: get an access token, give it back."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import WithJsonSchema

from nmdc_runtime.login import rules
from nmdc_runtime.login.errors import TokenMissing
from nmdc_runtime.login.models import Credentials, Token
from nmdc_runtime.login.reads import LoginReads
from nmdc_runtime.login.service import LoginService
from nmdc_runtime.web.auth import bearer_token

GRANTS: Final = "^password$|^client_credentials$"
Grant = Annotated[
    str | None,
    Form(pattern=GRANTS),
    # As published, which does not mention null: a form cannot send one.
    WithJsonSchema({"type": "string", "pattern": GRANTS}),
]

router = APIRouter(tags=["User accounts"])


# Dependencies that only look something up are `async`: FastAPI hands every other one to a thread of
# its own, which took longer here than the work, and clients ask for a token before every call.
async def login_service(request: Request) -> LoginService:
    """Return the service this application was wired with."""
    service: LoginService = request.app.state.services.login
    return service


async def login_reads(request: Request) -> LoginReads:
    """Return the reads this application was wired with."""
    reads: LoginReads = request.app.state.reads.login
    return reads


async def sent_credentials(
    request: Request,
    *,
    grant_type: Grant = None,
    username: Annotated[str | None, Form()] = None,
    password: Annotated[str | None, Form()] = None,
    scope: Annotated[str, Form()] = "",  # accepted and ignored, as published
    client_id: Annotated[str | None, Form()] = None,
    client_secret: Annotated[str | None, Form()] = None,
) -> Credentials:
    """Return the credentials of the form, or those of an HTTP Basic header beside it."""
    return rules.with_basic(
        Credentials(
            grant_type=grant_type,
            username=username,
            password=password,
            client_id=client_id,
            client_secret=client_secret,
        ),
        request.headers.get("Authorization", ""),
    )


@router.post("/token", summary="Get an access token", response_model=Token)
async def login_for_access_token(
    request: Request,
    credentials: Annotated[Credentials, Depends(sent_credentials)],
    login: Annotated[LoginService, Depends(login_service)],
    reads: Annotated[LoginReads, Depends(login_reads)],
) -> Response:
    """Exchange a user's password, or a site client's secret, for an access token.

    Send a form with `grant_type` `password`, `username` and `password`, or with `grant_type`
    `client_credentials`, `client_id` and `client_secret`; client credentials may be sent by HTTP
    Basic instead. An ORCID id token that was issued to this hub, or what `/orcid_jwt` returns,
    may be sent as `client_id` without a secret. `expires` tells how long the token is good.
    """
    address = request.client.host if request.client else ""
    # Storms of site clients take no thread; a secret that has to be hashed does.
    token = await reads.find_token(credentials)
    if token is None:
        token = await run_in_threadpool(login.log_in, credentials, address=address)
    # Written here: FastAPI would take the model to a thread to write it.
    return Response(
        token.model_dump_json(),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@router.post(
    "/token:revoke",
    summary="Withdraw an access token",
    response_class=Response,
    responses={HTTPStatus.OK: {"description": "The token is good no longer, or never was."}},
)
def revoke_token(
    request: Request,
    login: Annotated[LoginService, Depends(login_service)],
    token: Annotated[
        str | None, Form(description="The token; without it, the one in `Authorization`.")
    ] = None,
    token_type_hint: Annotated[str, Form()] = "",  # of the standard; there is one type only
) -> Response:
    """Withdraw the token (RFC 7009): log out. Whoever holds a token may withdraw it.

    The answer is the same for a token that is none, or was withdrawn before.
    """
    text = token or bearer_token(request)
    if not text:
        raise TokenMissing
    login.revoke(text)
    return Response(headers={"Cache-Control": "no-store"})

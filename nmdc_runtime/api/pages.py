"""Documentation pages: Swagger UI and Redoc, with assets of our own so that they work offline."""

from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import APIRouter, Cookie, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from nmdc_runtime.api.openapi import TITLE, runtime_version

STATIC: Final = Path(__file__).parent / "static"
#: Nothing but this host's own files: a page where people paste credentials runs no other script.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; "
    "form-action 'self'"
)

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)


def _page(*, heading: str, body: str, head: str = "", login: str = "") -> HTMLResponse:
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(TITLE)} - {escape(heading)}</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
{head}
<link rel="stylesheet" href="/static/docs.css">
</head>
<body>
<header class="nmdc-bar">
<img src="/static/favicon.svg" alt="">
<strong>{escape(TITLE)}</strong> <span>{escape(runtime_version())}</span>
<nav aria-label="Documentation"><a href="/docs">Try it out</a> <a href="/redoc">Read</a>
<a href="/openapi.json">OpenAPI</a></nav>
{login}
</header>
{body}
</body>
</html>
"""
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, headers=headers)


def _login(*, is_offered: bool, is_logged_in: bool, name: str) -> str:
    """Return the link to log in, or who is logged in with the button to log out.

    ``docs.js`` looks for the button: then it gets the page an access token.
    """
    if not is_offered:
        return ""
    if not is_logged_in:
        return '<a class="nmdc-login" href="/orcid_login">Log in with ORCID</a>'
    return (
        '<form class="nmdc-login" id="nmdc-logout" method="post" action="/orcid_logout">'
        f"<span>{escape(unquote(name)) or 'Logged in'}</span> <button>Log out</button></form>"
    )


@router.get("/docs")
async def docs(
    request: Request,
    user_name: Annotated[str, Cookie()] = "",
    user_id_token: Annotated[str, Cookie()] = "",
) -> HTMLResponse:
    """Show the API with forms to try it."""
    return _page(
        heading="Try it out",
        login=_login(
            is_offered=bool(request.app.state.settings.orcid_client_id),
            is_logged_in=bool(user_id_token),
            name=user_name,
        ),
        head='<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css">',
        body=(
            '<main id="swagger-ui"><noscript>This page needs JavaScript; '
            '<a href="/openapi.json">the API as OpenAPI</a> does not.</noscript></main>'
            '<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>'
            '<script src="/static/docs.js"></script>'
        ),
    )


@router.get("/redoc")
async def redoc() -> HTMLResponse:
    """Show the API to read."""
    return _page(
        heading="Read",
        body=(
            '<main><redoc spec-url="/openapi.json" disable-google-font></redoc></main>'
            '<script src="/static/vendor/redoc/redoc.standalone.js"></script>'
        ),
    )


@router.get("/favicon.ico")
async def favicon() -> RedirectResponse:
    """Send browsers that ask for the old file to the icon."""
    return RedirectResponse("/static/favicon.svg", status_code=HTTPStatus.PERMANENT_REDIRECT)

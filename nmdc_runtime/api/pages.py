"""Documentation pages: Swagger UI and Redoc, with assets of our own so that they work offline."""

from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from nmdc_runtime.api.openapi import TITLE, runtime_version

STATIC: Final = Path(__file__).parent / "static"
#: Nothing but this host's own files: a page where people paste credentials runs no other script.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'"
)

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)


def _page(*, heading: str, body: str, head: str = "") -> HTMLResponse:
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


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Show the API with forms to try it."""
    return _page(
        heading="Try it out",
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

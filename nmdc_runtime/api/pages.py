"""Documentation pages: Swagger UI, Redoc and Scalar, with assets of our own: they work offline."""

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from nmdc_runtime.api import pages_markup as markup
from nmdc_runtime.api.openapi import TITLE
from nmdc_runtime.api.pages_login import login_of
from nmdc_runtime.config import Settings
from nmdc_runtime.login.orcid_router import COOKIES, cookie_flags
from nmdc_runtime.login.router import login_service
from nmdc_runtime.login.service import LoginService

STATIC: Final = Path(__file__).parent / "static"
#: Nothing but this host's own files: a page where people paste credentials runs no other script.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

router = APIRouter(include_in_schema=False)
#: Included only where the setting asks for it.
scalar_router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)


async def settings_of(request: Request) -> Settings:
    """Return the settings of this application."""
    settings: Settings = request.app.state.settings
    return settings


PageSettings = Annotated[Settings, Depends(settings_of)]


@router.get("/docs")
def docs(
    settings: PageSettings,
    login: Annotated[LoginService, Depends(login_service)],
    flags: Annotated[dict[str, Any], Depends(cookie_flags)],
    user_name: Annotated[str, Cookie()] = "",
    user_id_token: Annotated[str, Cookie()] = "",
) -> HTMLResponse:
    """Show the API with forms to try it."""
    found = login_of(login, user_id_token)
    name = unquote(user_name)
    is_offered = bool(settings.orcid_client_id)
    control = markup.login_control(is_logged_in=found.token is not None, name=name)
    data = {
        "banner": markup.clean_banner(settings.info_banner_innerhtml),
        "name": name,
        "token": found.token,
        "orcid_login": "/orcid_login" if is_offered else None,
    }
    response = _answer(
        title=f"{TITLE} - Try it out",
        name="nmdc-docs",
        navigation=markup.navigation(with_scalar=settings.is_scalar_enabled, current="/docs"),
        login=control if is_offered or found.token else "",
        head='<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css">',
        body=(
            f"{markup.notice_line(found.notice)}"
            '<aside id="nmdc-banner" aria-label="Announcement" hidden></aside>'
            '<section id="nmdc-token" aria-label="Your access token" hidden></section>'
            '<main id="swagger-ui"><noscript>This page needs JavaScript; '
            '<a href="/openapi.json">the API as OpenAPI</a> does not.</noscript></main>'
            f"{markup.data_element(data)}"
            '<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>'
            '<script type="module" src="/static/docs.js"></script>'
        ),
    )
    if found.is_over:
        for each in COOKIES:
            response.delete_cookie(each, **flags)
    return response


@router.get("/redoc")
async def redoc(settings: PageSettings) -> HTMLResponse:
    """Show the API to read."""
    return _answer(
        title=f"{TITLE} - Read",
        name="nmdc-redoc",
        navigation=markup.navigation(with_scalar=settings.is_scalar_enabled, current="/redoc"),
        body=(
            '<main><redoc spec-url="/openapi.json" disable-google-font></redoc></main>'
            '<script src="/static/vendor/redoc/redoc.standalone.js"></script>'
        ),
    )


@scalar_router.get("/scalar")
async def scalar() -> HTMLResponse:
    """Show the API to explore, by Scalar."""
    return _answer(
        title=TITLE,
        name="nmdc-scalar",
        navigation=markup.navigation(with_scalar=True, current="/scalar"),
        body=(
            '<div id="scalar"></div>'
            '<script src="/static/vendor/scalar/standalone.js"></script>'
            '<script src="/static/scalar.js"></script>'
        ),
    )


@router.get("/favicon.ico")
async def favicon() -> FileResponse:
    """Send the icon that browsers ask for by themselves."""
    return FileResponse(STATIC / "favicon.ico", media_type="image/x-icon")


def _answer(**parts: str) -> HTMLResponse:
    return HTMLResponse(markup.page(**parts), headers=HEADERS)

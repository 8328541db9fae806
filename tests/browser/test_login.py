"""Logging in with ORCID on the documentation page, in a real browser."""

from collections.abc import Iterator

import pytest

from tests.support.oidc_provider import ADA, OidcProvider, running_provider
from tests.support.servers import free_port
from tests.support.uvicorn_hub import running_hub

ME = "operations-User_accounts-Get_User_Information_users_me_get"
LINK = "document.querySelector('a.nmdc-login')"
BUTTON = "document.querySelector('#nmdc-logout button')"
AUTHORIZED = "document.body.dataset.authorized"


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def url(settings, provider) -> Iterator[str]:
    """Yield the address of a hub that is a client of the provider."""
    port = free_port()
    with running_hub(
        settings,
        port=port,
        API_HOST_EXTERNAL=f"http://127.0.0.1:{port}",
        ORCID_BASE_URL=provider.issuer,
        ORCID_NMDC_CLIENT_ID=provider.client_id,
        ORCID_NMDC_CLIENT_SECRET=provider.client_secret,
    ) as (address, _):
        yield address


def call_me(page) -> None:
    """Try out `GET /users/me` on the page."""
    operation = f"document.getElementById('{ME}')"
    page.wait_for(operation)
    page.ask(f"{operation}.querySelector('button.opblock-summary-control').click()")
    page.wait_for(f"{operation}.querySelector('.try-out__btn')")
    page.ask(f"{operation}.querySelector('.try-out__btn').click()")
    page.wait_for(f"{operation}.querySelector('.execute')")
    page.ask(f"{operation}.querySelector('.execute').click()")
    page.wait_for(f"{operation}.querySelector('.live-responses-table .response-col_status')")


def answer_of_me(page) -> str:
    return str(page.ask(f"document.getElementById('{ME}').innerText"))


def log_in(page, url: str) -> None:
    page.open(f"{url}/docs")
    page.wait_for(LINK)
    page.ask(f"{LINK}.click()")
    page.wait_for(f"{BUTTON} && {AUTHORIZED}")


def test_who_logs_in_with_orcid_can_try_out_at_once_until_they_log_out(page, url):
    log_in(page, url)

    assert page.ask("location.pathname") == "/docs"
    assert "Ada Łovelace" in page.ask("document.querySelector('.nmdc-login').innerText")
    assert page.ask("document.cookie") == ""  # no script can read the session
    call_me(page)
    page.wait_for(f"document.getElementById('{ME}').innerText.includes('\"{ADA}\"')")
    assert page.complaints == []

    page.ask(f"{BUTTON}.click()")
    page.wait_for(LINK)
    call_me(page)
    page.wait_for(f"document.getElementById('{ME}').innerText.includes('Please log in again')")
    assert ADA not in answer_of_me(page)


def test_the_login_can_be_reached_by_keyboard(page, url):
    page.open(f"{url}/docs")
    page.wait_for(LINK)
    for _ in range(4):
        page.press("Tab")
    assert page.ask("document.activeElement.getAttribute('href')") == "/orcid_login"
    page.press("Enter")
    page.wait_for(BUTTON)


@pytest.mark.parametrize("width", [1280, 390])
def test_who_is_logged_in_fits_on_the_page(page, url, width, provider):
    provider.name = "Ada Augusta Byron King, Countess of Lovelace, and a name that goes on and on"
    log_in(page, url)
    page.open(f"{url}/docs", width=width, height=844)
    page.wait_for(f"document.getElementById('{ME}') && {BUTTON}")
    assert page.ask("document.documentElement.scrollWidth") <= width


def test_a_session_that_was_ended_elsewhere_is_no_mistake_of_the_page(page, url, database):
    log_in(page, url)
    database["users"].update_one({"username": ADA}, {"$inc": {"credentials_version": 1}})
    page.open(f"{url}/docs")
    page.wait_for(f"document.getElementById('{ME}') && {BUTTON}")
    page.wait_for("performance.getEntriesByName(location.origin + '/token').length")
    assert not page.ask(AUTHORIZED)

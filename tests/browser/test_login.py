"""Logging in with ORCID on the documentation page, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.browser import PHONE
from tests.support.oidc_provider import ADA, OidcProvider, running_provider
from tests.support.servers import free_port
from tests.support.uvicorn_hub import running_hub

ME = "operations-User_accounts-Get_User_Information_users_me_get"
LINK = "a.nmdc-login"
BUTTON = "#nmdc-logout button"
TOKEN = "#nmdc-token"
TOKEN_TEXT = "#nmdc-token-text"
LONG_NAME = "Ada Augusta Byron King, Countess of Lovelace, and a name that goes on and on"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider) -> Iterator[OidcProvider]:
    name = running.name
    yield running
    running.name = name


@pytest.fixture(scope="module")
def url(pages_settings, running: OidcProvider) -> Iterator[str]:
    """Yield the address of a hub that is a client of the provider."""
    port = free_port()
    with running_hub(
        pages_settings,
        port=port,
        API_HOST_EXTERNAL=f"http://127.0.0.1:{port}",
        ORCID_BASE_URL=running.issuer,
        ORCID_NMDC_CLIENT_ID=running.client_id,
        ORCID_NMDC_CLIENT_SECRET=running.client_secret,
    ) as (address, _):
        yield address


def call_me(page) -> None:
    """Try out `GET /users/me` on the page."""
    for button in ("button.opblock-summary-control", ".try-out__btn", ".execute"):
        page.do(lambda tab, button=button: tab.locator(f"#{ME} {button}").click())
    page.seen(f"#{ME} .live-responses-table .response-col_status")


def log_in(page, url: str) -> None:
    page.open(f"{url}/docs")
    page.do(lambda tab: tab.locator(LINK).click())
    page.seen(TOKEN)


def test_who_logs_in_with_orcid_can_try_out_at_once_until_they_log_out(page, url, provider):
    log_in(page, url)

    assert page.ask("location.pathname") == "/docs"
    assert "Ada Łovelace" in page.text_of(".nmdc-login")
    assert page.ask("document.cookie") == ""  # no script can read the session
    page.seen(f"#{ME}")
    call_me(page)
    page.wait_for(f"document.getElementById('{ME}').innerText.includes('\"{ADA}\"')")
    elsewhere = (url, provider.issuer, "data:", "blob:")
    assert [each for each in page.requested if not each.startswith(elsewhere)] == []
    assert page.complaints == []

    page.do(lambda tab: tab.locator(BUTTON).click())
    page.seen(LINK)
    assert not page.ask(f"document.querySelector('{TOKEN}').innerText")
    call_me(page)
    page.wait_for(f"document.getElementById('{ME}').innerText.includes('Please log in again')")
    assert ADA not in page.text_of(f"#{ME}")


def test_the_token_is_masked_until_asked_for_and_can_be_copied(new_page, url):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    log_in(page, url)
    assert "You are authorized as Ada Łovelace" in page.text_of(TOKEN)
    assert "Authorization: Bearer ***" in page.text_of(TOKEN)
    expires_at = datetime.fromisoformat(
        page.ask(f"document.querySelector('{TOKEN} time').dateTime").replace("Z", "+00:00")
    )
    assert expires_at > datetime.now(UTC)
    page.save_picture("docs-token")

    page.click("button", "Show token")
    token = page.text_of(TOKEN_TEXT)
    assert token.count(".") == 2
    page.click("button", "Hide token")
    assert page.text_of(TOKEN_TEXT) == "***"

    page.click("button", "Copy token")
    page.do(lambda tab: tab.get_by_text("Copied.").wait_for())
    assert page.ask("navigator.clipboard.readText()") == token

    # Over plain http, other than on this machine, browsers offer no clipboard.
    page.ask("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.click("button", "Copy token")
    page.do(lambda tab: tab.get_by_text("Could not copy.").wait_for())


def test_the_login_dialog_leads_to_orcid_and_its_logout_ends_the_session(page, url):
    page.open(f"{url}/docs")
    page.click("button", "Authorize", exact=True)
    page.seen(".nmdc-orcid")
    headings = page.ask("[...document.querySelectorAll('.modal-ux h3')].map(e => e.innerText)")
    assert headings[-3:] == ["User login", "Site client login", "User login with ORCID"]
    page.do(lambda tab: tab.locator(".nmdc-orcid a").scroll_into_view_if_needed())
    page.save_picture("docs-login-dialog-orcid")
    page.do(lambda tab: tab.locator(".nmdc-orcid a").click())
    page.seen(TOKEN)

    page.click("button", "Authorize", exact=True)
    page.click("button", "Remove authorization")

    page.seen(LINK)
    page.open(f"{url}/orcid_jwt")
    assert page.text_of("body").startswith("No ORCiD cookie found")


def test_the_login_can_be_reached_by_keyboard(page, url):
    page.open(f"{url}/docs")
    page.seen(LINK)
    for _ in range(10):
        page.press("Tab")
        if page.ask("document.activeElement.getAttribute('href')") == "/orcid_login":
            break
    page.press("Enter")
    page.seen(BUTTON)


def test_who_is_logged_in_fits_on_a_phone(page, url, provider):
    provider.name = LONG_NAME
    log_in(page, url)
    page.open(f"{url}/docs", size=PHONE)
    page.seen(f"#{ME}")
    page.click("button", "Show token")
    assert page.ask("document.documentElement.scrollWidth") <= PHONE[0]
    page.save_picture("docs-token-phone")


def test_a_session_that_was_ended_elsewhere_is_told_and_forgotten(
    page, url, pages_settings, mongo_client
):
    log_in(page, url)
    users = mongo_client[pages_settings.mongo_dbname]["users"]
    users.update_one({"username": ADA}, {"$inc": {"credentials_version": 1}})

    page.open(f"{url}/docs")
    page.seen(f"#{ME}")

    assert "You are not logged in any more" in page.text_of("[role=alert]")
    page.save_picture("docs-login-ended")
    assert page.do(lambda tab: tab.context.cookies()) == []
    page.open(f"{url}/docs")
    page.seen(LINK)
    assert not page.ask("document.querySelector('[role=alert]')")
    assert page.complaints == []

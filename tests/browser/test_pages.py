"""The pages in a real browser: they come up, work, and load nothing from elsewhere."""

import pytest

from tests.support.browser import DESKTOP, PHONE

OPERATION = "operations-System_administration-get_versions_version_get"
READY = {
    "/docs": f"document.getElementById('{OPERATION}')",
    "/redoc": "document.querySelector('[data-section-id]')",
    "/scalar": "document.querySelector('main')?.innerText.includes('Quick start')",
}
TITLES = {
    "/docs": "NMDC Runtime API - Try it out",
    "/redoc": "NMDC Runtime API - Read",
    "/scalar": "NMDC Runtime API",
}
WINDOWS = {"desktop": DESKTOP, "phone": PHONE}


def show(page, url: str, path: str, size: tuple[int, int] = DESKTOP) -> None:
    page.open(f"{url}{path}", size=size)
    page.wait_for(READY[path])


@pytest.mark.parametrize("path", READY)
def test_the_page_comes_up_without_complaint_and_without_other_hosts(page, url, path):
    show(page, url, path)
    page.wait_for("document.body.innerText.includes('Workflow management')")
    assert page.do(lambda tab: tab.title()) == TITLES[path]
    assert "oauth2-redirect" not in page.do(lambda tab: tab.content())  # it is not there

    for window, size in WINDOWS.items():
        for scheme in ("light", "dark"):
            page.look_like(size, scheme)
            assert page.ask("document.documentElement.scrollWidth") <= size[0]
            picture = page.save_picture(f"{path[1:]}-{window}-{scheme}")
            assert picture.stat().st_size > 10_000  # a blank one is a tenth of this
    assert page.complaints == []
    elsewhere = [each for each in page.requested if not each.startswith((url, "data:", "blob:"))]
    assert elsewhere == []


def test_an_operation_can_be_tried_out(page, url):
    show(page, url, "/docs")
    operation = f"#{OPERATION}"

    for button in ("button.opblock-summary-control", ".try-out__btn", ".execute"):
        page.do(lambda tab, button=button: tab.locator(f"{operation} {button}").click())

    page.wait_for(
        f"document.querySelector('{operation}').innerText.includes('\"nmdc-schema\": \"11.21.0\"')"
    )
    page.seen(f"{operation} .live-responses-table")
    assert " ms" in page.text_of(f"{operation} .request-duration, {operation} .responses-inner")


def test_the_pages_can_be_reached_by_keyboard(page, url):
    show(page, url, "/docs")

    page.press("Tab", "Tab")
    assert page.ask("document.activeElement.getAttribute('href')") == "/redoc"
    page.press("Enter")

    page.do(lambda tab: tab.wait_for_url("**/redoc"))


def test_an_announcement_is_shown_without_what_could_run_or_load(page, url):
    show(page, url, "/docs")

    assert page.text_of("#nmdc-banner") == "Maintenance on Friday: status"
    assert page.ask("document.querySelectorAll('#nmdc-banner :is(img, script, style)').length") == 0
    assert page.do(lambda tab: tab.title()) == "NMDC Runtime API - Try it out"


def test_the_logo_stands_beside_the_title_or_above_it_where_there_is_no_room(page, url):
    show(page, url, "/docs")

    for window, size in WINDOWS.items():
        page.look_like(size, "light")
        logo, title = (
            page.ask(
                f"document.querySelector('.nmdc-info {each}').getBoundingClientRect().toJSON()"
            )
            for each in ("> img", ".title")
        )
        if window == "desktop":
            assert logo["right"] <= title["left"]
            assert logo["top"] < title["bottom"]
        else:
            assert logo["bottom"] <= title["top"]


def test_details_of_a_section_fold_out_without_closing_the_section(page, url):
    show(page, url, "/docs")
    section = "#operations-tag-Workflow_management"
    is_open = f"document.querySelector('{section}').dataset.isOpen"
    assert "Capabilities" not in page.text_of(section)
    assert "Show details" not in page.text_of("#operations-tag-User_accounts")

    button = page.do(lambda tab: tab.locator(f"{section} button.nmdc-fold"))
    assert page.do(lambda _: button.get_attribute("aria-expanded")) == "false"
    page.do(lambda _: button.focus())
    page.press("Enter")

    assert "GA4GH DRS" in page.text_of(section)
    assert "Hide details" in page.do(lambda _: button.inner_text())
    assert page.do(lambda _: button.get_attribute("aria-expanded")) == "true"
    assert page.ask(is_open) == "true"
    page.do(lambda _: button.click())
    assert "GA4GH DRS" not in page.text_of(section)
    assert page.ask(is_open) == "true"


def test_the_login_dialog_says_who_each_form_is_for(page, url):
    show(page, url, "/docs")

    page.click("button", "Authorize", exact=True)
    page.seen(".dialog-ux")

    headings = page.ask(
        "[...document.querySelectorAll('.dialog-ux .modal-ux-content h3')].map(e => e.innerText)"
    )
    assert headings == ["User login", "Site client login"]  # no ORCID login is set up here
    assert page.ask("document.activeElement.id") == "oauth_username"
    assert "Scopes are used" not in page.text_of(".dialog-ux")
    page.save_picture("docs-login-dialog")


def test_a_login_by_password_survives_loading_the_page_again(page, url):
    show(page, url, "/docs")
    page.click("button", "Authorize", exact=True)
    page.seen(".dialog-ux")
    page.type("admin")
    page.do(lambda tab: tab.locator("#oauth_password").fill("admin-password"))
    page.do(lambda tab: tab.locator(".dialog-ux .authorize").first.click())
    page.wait_for("document.querySelector('.dialog-ux').innerText.includes('Authorized')")

    show(page, url, "/docs")

    page.seen(".btn.authorize.locked")
    assert page.complaints == []

"""Finding an endpoint on the documentation page."""

import pytest

from tests.support.browser import PHONE

BOX = "#nmdc-search"
RESULTS = "#nmdc-results li"
ME = "operations-User_accounts-Get_User_Information_users_me_get"


@pytest.fixture
def page(page, url):
    """Return a tab that shows the documentation page."""
    page.open(f"{url}/docs")
    page.seen(BOX)
    return page


def found(page) -> list[str]:
    """Return method and path of each result, in their order."""
    return page.ask(
        f"[...document.querySelectorAll('{RESULTS}')].map("
        "e => e.querySelector('b').innerText + ' ' + e.querySelector('code').innerText)"
    )


def search(page, text: str) -> list[str]:
    page.do(lambda tab: tab.locator(BOX).fill(text))
    return found(page)


def test_an_endpoint_is_found_by_path_method_summary_or_section_in_either_case(page):
    by_path = search(page, "USERS/ME")
    assert "GET /users/me" in by_path
    assert by_path == sorted(by_path, key=lambda each: tuple(reversed(each.split(" "))))
    assert all("/users/me" in each for each in by_path)
    assert page.text_of("#nmdc-results code mark") == "/users/me"[1:]
    page.save_picture("docs-search")

    assert all(each.startswith("DELETE ") or "delete" in each for each in search(page, "delete /"))
    assert "GET /users/me" in search(page, "get user information")
    assert "GET /version" in search(page, "system administration")

    assert search(page, "no such thing") == []
    assert "No endpoint matches “no such thing”." in page.text_of(".nmdc-search")
    assert search(page, " ") == []
    assert "matches" not in page.text_of(".nmdc-search")

    for text in ("<img src=x onerror=alert(1)>", "(.*"):  # it is text and nothing else
        assert search(page, text) == []
    assert page.complaints == []

    page.look_like(PHONE, "light")
    assert len(search(page, "/")) > 50
    assert page.ask("document.documentElement.scrollWidth") <= PHONE[0]
    page.save_picture("docs-search-phone")


def test_a_result_leads_to_its_operation_also_where_its_section_is_closed(page):
    page.do(lambda tab: tab.locator("#operations-tag-User_accounts a.nostyle").click())
    page.wait_for(f"!document.getElementById('{ME}')")
    search(page, "users/me")

    result = page.do(lambda tab: tab.locator(RESULTS, has_text="Get User Information").locator("a"))
    link = page.do(lambda _: result.first.get_attribute("href"))
    assert link == "#/User%20accounts/Get_User_Information_users_me_get"
    page.do(lambda _: result.first.click())

    page.seen(f"#{ME} .opblock-body")
    assert page.ask("location.hash") == link


def test_the_search_works_by_keyboard(page):
    page.ask("document.activeElement.blur()")
    page.press("/")
    assert page.ask("document.activeElement.id") == BOX[1:]
    page.type("users/me")
    results = found(page)
    active = f"document.querySelector('{BOX}').getAttribute('aria-activedescendant')"
    assert page.ask(active) is None

    page.press("ArrowUp")
    assert page.ask(active) == f"nmdc-result-{len(results) - 1}"
    page.press("ArrowDown")
    assert page.ask(active) == "nmdc-result-0"
    for _ in range(results.index("GET /users/me")):
        page.press("ArrowDown")
    page.press("Enter")
    page.seen(f"#{ME} .opblock-body")

    page.do(lambda tab: tab.locator(BOX).focus())
    page.type("/")  # in the box it is a letter
    assert page.ask(f"document.querySelector('{BOX}').value") == "users/me/"
    page.press("Escape")
    assert page.ask(f"document.querySelector('{BOX}').value") == ""
    assert found(page) == []


def test_a_deep_link_opens_its_operation_when_loaded_and_when_the_address_changes(new_page, url):
    page = new_page()
    page.open(f"{url}/docs#/User%20accounts/Get_User_Information_users_me_get")
    page.seen(f"#{ME} .opblock-body")

    page.ask("location.hash = '#/System%20administration/get_versions_version_get'")

    page.seen("#operations-System_administration-get_versions_version_get .opblock-body")

"""The pages in a real browser: they come up, work, and load nothing from elsewhere."""

import pytest

DESKTOP, PHONE = (1280, 900), (390, 844)
OPERATION = "operations-System_administration-get_versions_version_get"
READY = {
    "/docs": f"document.getElementById('{OPERATION}')",
    "/redoc": "document.querySelector('[data-section-id]')",
}


def show(page, url: str, path: str, size: tuple[int, int]) -> None:
    page.open(f"{url}{path}", width=size[0], height=size[1])
    page.wait_for(READY[path])


@pytest.mark.parametrize("path", READY)
def test_the_page_comes_up_without_complaint_and_without_other_hosts(page, url, path):
    show(page, url, path, DESKTOP)

    page.wait_for("document.body.innerText.includes('Workflow management')")
    assert page.complaints == []
    elsewhere = [each for each in page.requested if not each.startswith((url, "data:", "blob:"))]
    assert elsewhere == []


@pytest.mark.parametrize("path", READY)
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_sticks_out_of_the_window(page, url, path, size, tmp_path):
    show(page, url, path, size)

    assert page.ask("document.documentElement.scrollWidth") <= size[0]
    page.save_picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000  # a blank one is a tenth of this


def test_an_operation_can_be_tried_out(page, url):
    show(page, url, "/docs", DESKTOP)
    operation = f"document.getElementById('{OPERATION}')"

    page.ask(f"{operation}.querySelector('button.opblock-summary-control').click()")
    page.wait_for(f"{operation}.querySelector('.try-out__btn')")
    page.ask(f"{operation}.querySelector('.try-out__btn').click()")
    page.wait_for(f"{operation}.querySelector('.execute')")
    page.ask(f"{operation}.querySelector('.execute').click()")

    page.wait_for(f'{operation}.innerText.includes(\'"nmdc-schema": "11.21.0"\')')


def test_the_pages_can_be_reached_by_keyboard(page, url):
    show(page, url, "/docs", DESKTOP)

    page.press("Tab")
    page.press("Tab")
    assert page.ask("document.activeElement.getAttribute('href')") == "/redoc"
    page.press("Enter")

    page.wait_for("location.pathname === '/redoc'")

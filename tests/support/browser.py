"""A headless Chromium, driven by Playwright: one a worker, with a fresh profile for each test."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from playwright.sync_api import Browser, ConsoleMessage, Locator, sync_playwright
from playwright.sync_api import Page as Tab

from tests.support.servers import wait_until

Result = TypeVar("Result")

#: Everything but this machine is nowhere: what a page fetches from elsewhere fails, and is noted.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_S = 60.0
DESKTOP, PHONE = (1280, 900), (390, 844)


class OpenBrowser:
    """A browser in a thread of its own.

    Playwright's synchronous interface keeps an event loop running in its thread as long as it is
    open. In the thread of the tests no asynchronous test could run beside it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._stack = ExitStack()
        self.browser: Browser = self.do(self._launch)

    def _launch(self) -> Browser:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        assert program, "no Chromium: run `requirements/install-system-packages --test`"
        playwright = self._stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        self._stack.callback(browser.close)
        return browser

    def do(self, what: Callable[..., Result], *given: Any, **named: Any) -> Result:
        """Run something in the browser's thread: only there may Playwright's objects be used."""
        return self._thread.submit(what, *given, **named).result()

    def close(self) -> None:
        """End the browser and its thread."""
        self.do(self._stack.close)
        self._thread.shutdown()


class Page:
    """One tab, with what it complained of and which addresses it asked for.

    Parameters
    ----------
    opened
        The browser.
    pictures
        The folder for what `save_picture` saves.
    """

    def __init__(self, opened: OpenBrowser, pictures: Path, **options: Any) -> None:
        self._opened = opened
        self._pictures = pictures
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._context = opened.do(opened.browser.new_context, **options)
        self.tab: Tab = opened.do(self._new_tab)

    def _new_tab(self) -> Tab:
        tab = self._context.new_page()
        tab.set_default_timeout(TIMEOUT_S * 1_000)
        tab.on("request", lambda request: self.requested.append(request.url))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)[:500]))
        tab.on("console", self._note)
        return tab

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})"[:500])

    def do(self, what: Callable[[Tab], Result]) -> Result:
        """Return what something with the tab returns, e.g. ``lambda tab: tab.title()``."""
        return self._opened.do(what, self.tab)

    def open(self, url: str, *, size: tuple[int, int] = DESKTOP) -> None:
        """Go to an address with a window of this size."""
        self.do(lambda tab: tab.set_viewport_size({"width": size[0], "height": size[1]}))
        self.do(lambda tab: tab.goto(url))

    def look_like(self, size: tuple[int, int], scheme: Literal["light", "dark"]) -> None:
        """Change the size of the window, and whether the person prefers dark pages."""
        self.do(lambda tab: tab.set_viewport_size({"width": size[0], "height": size[1]}))
        self.do(lambda tab: tab.emulate_media(color_scheme=scheme))

    def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        return self.do(lambda tab: tab.evaluate(expression))

    def wait_for(self, expression: str) -> None:
        """Wait until a JavaScript expression is true.

        Playwright's own way evaluates text within the page, which the pages do not allow.
        """
        wanted = f"{expression}; {self.complaints}"
        wait_until(lambda: self.ask(f"Boolean({expression})"), timeout_s=TIMEOUT_S, what=wanted)

    def find(self, role: str, name: str, *, exact: bool = False) -> Locator:
        """Return where an element is: as what, and by which name, assistive technology knows it."""
        return self.do(lambda tab: tab.get_by_role(role, name=name, exact=exact))  # type: ignore[arg-type]

    def click(self, role: str, name: str, *, exact: bool = False) -> None:
        """Click the first element of this role and name once it can be seen."""
        found = self.find(role, name, exact=exact)
        self.do(lambda _: found.first.click())

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.do(lambda tab: tab.keyboard.type(text))

    def press(self, *keys: str) -> None:
        """Press keys one after another, e.g. ``Tab`` or ``Enter``."""
        for key in keys:
            self.do(lambda tab, key=key: tab.keyboard.press(key))  # type: ignore[misc]

    def text_of(self, selector: str) -> str:
        """Return what can be read in an element, once it is there."""
        return self.do(lambda tab: tab.locator(selector).first.inner_text())

    def seen(self, selector: str) -> None:
        """Wait until an element can be seen."""
        self.do(lambda tab: tab.locator(selector).first.wait_for(state="visible"))

    def save_picture(self, name: str) -> Path:
        """Save what is seen as PNG."""
        path = self._pictures / f"{name}.png"
        self.do(lambda tab: tab.screenshot(path=path))
        return path

    def close(self) -> None:
        """Close the tab and forget its profile."""
        self._opened.do(self._context.close)


def pictures_folder(otherwise: Path) -> Path:
    """Return the folder for pictures: ``NMDC_TEST_SCREENSHOTS``, where CI collects them."""
    given = os.environ.get("NMDC_TEST_SCREENSHOTS")
    folder = Path(given) if given else otherwise
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def open_page(opened: OpenBrowser, pictures: Path, **options: Any) -> Iterator[Page]:
    """Yield a tab with a profile of its own; options are those of a Playwright context."""
    page = Page(opened, pictures, **options)
    try:
        yield page
    finally:
        page.close()

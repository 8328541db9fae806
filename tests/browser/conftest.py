"""A hub and a browser to look at it: one of each a worker, with a fresh profile a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from nmdc_runtime.config import Environment, Settings
from tests.support.browser import OpenBrowser, Page, open_page, pictures_folder
from tests.support.uvicorn_hub import running_hub

BANNER = (
    '<b>Maintenance</b> on Friday: <a href="https://status.microbiomedata.org">status</a>'
    '<img src="https://tracker.example/x.png" onerror="document.title = 1">'
    "<script>document.title = 2</script></script><style>body { display: none }</style>"
)


@pytest.fixture(scope="session")
def pages_settings(mongo_url: str, mongo_client) -> Iterator[Settings]:
    """Yield settings of a hub that lives as long as the tests: its database is its own."""
    name = f"test_{uuid4().hex}"
    yield Settings(
        environment=Environment.TEST,
        mongo_host=mongo_url,
        mongo_dbname=name,
        jwt_secret_key=SecretStr("0123456789abcdef" * 4),
        api_host="http://testserver",
        api_host_external="http://testserver",
        api_admin_user="admin",
        api_admin_pass=SecretStr("admin-password"),
        api_site_id="nmdc-runtime",
        api_site_client_id="own-client",
        api_site_client_secret=SecretStr("own-client-secret"),
        dagit_host="http://127.0.0.1:1",
    )
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def url(pages_settings: Settings) -> Iterator[str]:
    """Yield the address of a hub with an announcement that tries to do harm."""
    with running_hub(pages_settings, INFO_BANNER_INNERHTML=BANNER) as (address, _):
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[OpenBrowser]:
    """Yield the browser of this worker."""
    opened = OpenBrowser()
    yield opened
    opened.close()


@pytest.fixture
def new_page(browser: OpenBrowser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Yield a function that opens a tab with a profile of its own."""
    with ExitStack() as stack:

        def make(**options: Any) -> Page:
            return stack.enter_context(open_page(browser, pictures_folder(tmp_path), **options))

        yield make


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Return a tab of a fresh profile."""
    return new_page()

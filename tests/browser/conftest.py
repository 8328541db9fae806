"""A hub and a browser to look at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page, open_browser
from tests.support.uvicorn_hub import running_hub


@pytest.fixture
def url(settings) -> Iterator[str]:
    """Yield the address of a hub."""
    with running_hub(settings) as (address, _):
        yield address


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Yield a tab of a fresh browser."""
    with open_browser(tmp_path / "profile") as opened:
        yield opened

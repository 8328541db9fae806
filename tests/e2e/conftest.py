"""The stacks of the end-to-end tests: one that all share, and one that may be broken."""

from collections.abc import Iterator

import pytest

from tests.support.live_stack import LiveStack, live_stack
from tests.support.servers import shared_stack


@pytest.fixture(scope="session")
def stack(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Yield the stack that all tests of the run share: leave it as you found it."""
    with shared_stack(testrun_uid, tmp_path_factory.getbasetemp()) as running:
        yield LiveStack(running.folder.path)


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Yield a stack that a module's tests have for themselves, to kill parts of it."""
    with live_stack(tmp_path_factory.mktemp("own") / ".local") as running:
        yield running

"""The stack that the end-to-end tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.support.live_stack import LiveStack, live_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Yield a whole stack; tests that use it belong to the xdist group of the same name."""
    with live_stack(tmp_path_factory.mktemp("live")) as running:
        yield running

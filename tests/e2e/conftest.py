"""The stacks of the end-to-end tests: one that all share, and one that may be broken."""

from collections.abc import Iterator

import pytest

from tests.support.flows import Desk, desk_at
from tests.support.live_stack import LiveStack, live_stack
from tests.support.servers import shared_stack


@pytest.fixture(scope="module")
def stack(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Yield the stack that all tests of the run share: leave it as you found it.

    It stops when nobody uses it, for it takes a fifth of a processor at rest.
    """
    with shared_stack(testrun_uid, tmp_path_factory.getbasetemp()) as running:
        yield LiveStack(running.folder.path)


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Yield the stack of the tests that kill parts of it, one after another: the group ``kill``.

    All that was killed is started again by itself. Sensors look as often as Dagster lets them,
    which takes half a processor: it stops when a module's tests are over.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NMDC_DAGSTER__SENSOR_INTERVAL_S", "1")
        environment.setenv("NMDC_INGESTS__TABLE_HOSTS", '["127.0.0.1"]')
        with live_stack(tmp_path_factory.mktemp("own") / ".local") as running:
            yield running


@pytest.fixture(scope="module")
def desk(own_stack: LiveStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a user and the own site at that stack."""
    with desk_at(own_stack, tmp_path_factory.mktemp("desk")) as desk:
        yield desk

"""A follower at work in a thread of the test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.wiring import Services, open_services
from tests.support.servers import wait_until


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """Yield the services on the fresh database, with a clock that runs."""
    with open_services(settings) as opened:
        yield opened


@pytest.fixture
def graph(services: Services) -> GraphService:
    return services.graph


def is_fresh(graph: GraphService, *, since: datetime) -> bool:
    state = graph.find_state()
    return state is not None and state.fresh_as_of >= since


@pytest.fixture
def caught_up(graph: GraphService) -> Callable[[], None]:
    """Return what waits until the graph has all that was written so far."""

    def wait() -> None:
        now = utc_now()
        wait_until(lambda: is_fresh(graph, since=now), timeout_s=60, what="a fresh graph")

    return wait


@pytest.fixture
def following(graph: GraphService) -> Callable[[], AbstractContextManager[threading.Event]]:
    """Return what runs a follower while its block lasts; yields what is set when it is ready."""

    @contextmanager
    def run() -> Iterator[threading.Event]:
        stop, ready = threading.Event(), threading.Event()
        thread = threading.Thread(target=graph.follow, args=(stop,), kwargs={"beat": ready.set})
        thread.start()
        try:
            yield ready
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()

    return run

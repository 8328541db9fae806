"""What the hub says of itself while MongoDB does not answer: soon, and not with an error."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from nmdc_runtime.api import readiness
from nmdc_runtime.api.metrics import of_database
from nmdc_runtime.graph.store import GRAPH, STATE_ID

#: Far below the half minute that the driver itself would take, far above what is promised.
HANGS_S = 15


@pytest.fixture(params=["silent", "absent"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the address of a server that takes connections and is silent, or of none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if request.param == "absent":
            server.close()
        yield f"mongodb://127.0.0.1:{port}"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_hub_says_soon_that_the_database_is_away(address):
    async with asyncio.timeout(HANGS_S), AsyncMongoClient(address) as client:
        database = client["nmdc"]
        is_set_up, mongo, graph, figures = await asyncio.gather(
            readiness.is_database_set_up(database),
            readiness.check_mongo(database),
            readiness.check_graph(database),
            of_database(database),
        )

    assert is_set_up is False
    assert (mongo.ok, graph.ok) == (False, False)
    assert "does not answer" in str(mongo.detail)
    assert [(each.name, each.value) for each in figures] == [("nmdc_mongo_up", 0)]


@pytest.mark.parametrize(("age_s", "ok"), [(1, True), (59, True), (61, False)])
async def test_a_graph_that_nobody_follows_is_not_well(async_database, database, now, age_s, ok):
    state = {"build_id": "1", "built_at": now, "fresh_as_of": now - timedelta(seconds=age_s)}
    database[GRAPH].insert_one(
        {"_id": STATE_ID, **state, "documents": 1, "skipped": [], "skipped_count": 0}
    )

    graph = await readiness.check_graph(async_database, clock=lambda: now)

    assert (graph.ok, graph.age_s) == (ok, age_s)
    assert (graph.detail is None) is ok


async def test_a_graph_that_was_never_built_is_not_well(async_database):
    graph = await readiness.check_graph(async_database)

    assert graph.ok is False
    assert graph.age_s is None
    assert "nmdc-runtime follow" in str(graph.detail)

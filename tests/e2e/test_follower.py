"""The follower as a process: killed, ended, started twice, and left by MongoDB's primary."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import open_services
from tests.store.graph.worlds import Scribbler, chain, put, stored
from tests.support.servers import wait_until
from tests.support.three_members import three_members

pytestmark = pytest.mark.xdist_group("kill")

Started = Callable[[str, str], "subprocess.Popen[bytes]"]


def environment_of(url: str, name: str) -> dict[str, str]:
    return {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "MONGO_HOST": url,
        "MONGO_DBNAME": name,
        "MONGO_USERNAME": "",
        "NMDC_ENVIRONMENT": "test",
    }


@pytest.fixture
def start() -> Iterator[Started]:
    """Return what starts a follower on a database; those that still run at the end are killed."""
    running = []

    def start(url: str, name: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "nmdc_runtime.cli", "follow"],
            env=environment_of(url, name),
            stderr=subprocess.DEVNULL,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def wait_until_fresh(graph: GraphService) -> None:
    now = utc_now()

    def is_fresh(since: datetime = now) -> bool:
        state = graph.find_state()
        return state is not None and state.fresh_as_of > since

    wait_until(is_fresh, timeout_s=60, what="a fresh graph")


def check_against_a_build(graph: GraphService, database: Database[Document]) -> None:
    followed = stored(database)
    graph.rebuild()
    assert stored(database) == followed


@pytest.mark.endurance
def test_a_killed_follower_goes_on_from_its_token_and_another_takes_over(settings, database, start):
    put(database, *chain())
    scribbler = Scribbler(database, seed=11)
    with open_services(settings) as services:
        graph = services.graph
        first = start(settings.mongo_host, database.name)
        wait_until_fresh(graph)
        built = graph.find_state().build_id
        waiting = start(settings.mongo_host, database.name)
        for number in range(300):
            scribbler.write()
            if number == 150:
                first.send_signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        wait_until_fresh(graph)
        assert graph.find_state().build_id == built

        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(30) == 0
        for _ in range(50):
            scribbler.write()
        again = start(settings.mongo_host, database.name)
        wait_until_fresh(graph)
        assert graph.find_state().build_id == built
        again.send_signal(signal.SIGTERM)
        assert again.wait(30) == 0
        check_against_a_build(graph, database)


#: Follows, begins to take a change over, says so, and never comes to commit it.
DYING = """
import time
from nmdc_runtime.config import Settings
from nmdc_runtime.graph.following import LEASE
from nmdc_runtime.graph.lease import Lease
from nmdc_runtime.graph.store import ALLDOCS, FOLLOWER, GRAPH, STATE_ID
from nmdc_runtime.wiring import open_services

with open_services(Settings()) as services:
    database = services.database
    def take_over(tx):
        database[ALLDOCS].update_many({}, {"$set": {"type": "nmdc:Lost"}}, session=tx.session)
        database[GRAPH].update_one({"_id": STATE_ID}, {"$set": {"token": {}}}, session=tx.session)
        print("written", flush=True)
        time.sleep(600)
    with Lease(database[GRAPH], FOLLOWER, lasts=LEASE).held(gives_up=lambda: False):
        services.transactions.run(take_over)
"""


@pytest.mark.endurance
def test_what_a_killed_follower_had_written_is_free_when_another_takes_over(
    settings, database, start
):
    put(database, *chain())
    with open_services(settings) as services:
        services.graph.rebuild()
        dying = subprocess.Popen(
            [sys.executable, "-c", DYING],
            env=environment_of(settings.mongo_host, database.name),
            stdout=subprocess.PIPE,
        )
        assert dying.stdout is not None
        with dying.stdout:
            assert dying.stdout.readline() == b"written\n"
            Scribbler(database, seed=3).write()
            start(settings.mongo_host, database.name)
            dying.kill()
            dying.wait()

        wait_until_fresh(services.graph)  # by far before the server ends the transaction

        assert database[ALLDOCS].count_documents({"type": "nmdc:Lost"}) == 0
        check_against_a_build(services.graph, database)


@pytest.mark.endurance
def test_losing_the_primary_loses_no_change(settings, start):
    with three_members() as members:
        own = settings.model_copy(
            update={"mongo_host": members.url, "mongo_dbname": f"test_{uuid4().hex}"}
        )
        with open_services(own) as services, MongoClient(members.url, w="majority") as client:
            database = client[own.mongo_dbname]
            scribbler = Scribbler(database, seed=5)
            start(members.url, own.mongo_dbname)
            wait_until_fresh(services.graph)
            built = services.graph.find_state().build_id
            killing = threading.Timer(1, lambda: members.kill(members.primary()))
            killing.start()
            for _ in range(600):
                scribbler.write()
            killing.join()

            wait_until_fresh(services.graph)

            assert services.graph.find_state().build_id == built
            assert database[ALLDOCS].estimated_document_count() > 0
            check_against_a_build(services.graph, database)

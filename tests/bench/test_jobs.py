"""The bars of jobs: claims and releases on one hub process, and pages of many jobs."""

import http.client
import json
import queue
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.bench.conftest import Ledger, median_s
from tests.support.uvicorn_hub import running_hub

CLAIMERS = 16
PAIRS_A_ROUND = 640
ROUNDS = 5
JOBS = 100_000


@pytest.fixture
def hub(settings) -> Iterator[tuple[str, int]]:
    with running_hub(settings) as running:
        yield running


class Connection:
    """A keep-alive connection that costs its process little."""

    def __init__(self, url: str, token: str = "") -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        headers, body = self._headers, None
        if form is not None:
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form)
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


def log_in(url: str, settings) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.api_site_client_id,
        "client_secret": settings.api_site_client_secret.get_secret_value(),
    }
    with closing(Connection(url)) as connection:
        status, body = connection.ask("POST", "/token", form)
    assert status == 200, body
    return str(json.loads(body)["access_token"])


def pairs_a_second(pair: Callable[[int], None], pool: ThreadPoolExecutor, count: int) -> float:
    """Run so many pairs on the threads of the pool; return how many a second."""
    began = time.perf_counter()
    list(pool.map(pair, range(count)))
    return count / (time.perf_counter() - began)


def test_claiming_and_releasing(hub, settings, database, ledger: Ledger):
    url, _ = hub
    token = log_in(url, settings)
    database["jobs"].insert_many(
        {"id": f"job{n}", "workflow": {"id": "test"}, "config": {"n": n}, "claims": []}
        for n in range(PAIRS_A_ROUND)
    )
    idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()

    def pair(number: int) -> None:
        connection = idle.get()
        for verb in ("claim", "release"):
            status, body = connection.ask("POST", f"/jobs/job{number}:{verb}")
            assert status == 200, body
        idle.put(connection)

    def bare_pair(number: int) -> None:
        for _ in range(2):
            with database.client.start_session() as session, session.start_transaction():
                database["operations"].insert_one({"id": secrets.token_hex(8)}, session=session)
                database["jobs"].update_one(
                    {"id": f"job{number}"}, {"$set": {"claims": []}}, session=session
                )

    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(CLAIMERS))
        for _ in range(CLAIMERS):
            idle.put(stack.enter_context(closing(Connection(url, token))))
        pairs_a_second(pair, pool, CLAIMERS * 4)
        measured, bare = (
            statistics.median(pairs_a_second(each, pool, PAIRS_A_ROUND) for _ in range(ROUNDS))
            for each in (pair, bare_pair)
        )
    ledger.add(
        "claim and release a job, one hub, 16 at once",
        1000 / measured,
        "ms a pair",
        bar=1000 / 150,
        bare=1000 / bare,
    )


FILTERS = {
    "not claimed, of six workflows": {
        "workflow.id": {"$in": [f"wf{n}" for n in range(6)]},
        "claims": {"$size": 0},
    },
    "of one workflow": {"workflow.id": "wf3"},
    "by activity": {"config.activity_id": "act77777"},
    "by what it was informed by": {
        "workflow.id": "wf7",
        "config.was_informed_by": "nmdc:omprc-11-777",
    },
    "held by a site": {"claims.site_id": "lanl"},
}


def test_listing_many_jobs(hub, database, ledger: Ledger):
    url, _ = hub
    database["jobs"].insert_many(
        {
            "id": f"nmdc:sys0{secrets.token_hex(5)}",
            "workflow": {"id": f"wf{n % 10}"},
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            "config": {"activity_id": f"act{n}", "was_informed_by": f"nmdc:omprc-11-{n // 20}"},
            "claims": [{"op_id": f"op{n}", "site_id": "lanl" if n % 50 else "nersc", "done": True}]
            if n % 1000
            else [],
        }
        for n in range(JOBS)
    )
    for what, filter in FILTERS.items():
        path = f"/jobs?max_page_size=100&filter={quote(json.dumps(filter))}"

        def page(path: str = path) -> None:
            with closing(Connection(url)) as connection:
                status, body = connection.ask("GET", path)
            assert status == 200, body
            assert json.loads(body)["resources"]

        def bare(filter: dict = filter) -> None:
            list(database["jobs"].find(filter | {"id": {"$gt": ""}}).limit(100))

        ledger.add(
            f"a page of {JOBS:,} jobs {what}",
            median_s(page) * 1000,
            "ms",
            bar=50,
            bare=median_s(bare) * 1000,
        )

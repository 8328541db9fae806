"""The bars of metadata in: applying submissions, beside a hub that goes on answering."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil
import pytest
import requests

from nmdc_runtime.cli.demo_steps import follow
from nmdc_runtime.plans.journal_order import LIMITS
from tests.bench.conftest import Ledger
from tests.bench.test_bars import MEGABYTE, a_body
from tests.support.live_stack import live_stack
from tests.support.plans import leftovers
from tests.support.refscan import check_integrity
from tests.support.uvicorn_hub import running_hub

WRITTEN = ("study_set", "biosample_set", "txn_log", "_runtime.plan_changes")


class HealthWatch:
    """Asks for /health all the time; remembers how long each answer took, and the memory."""

    def __init__(self, url: str, pid: int) -> None:
        self._url = url
        self._hub = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.taken_s: list[float] = []
        self.resident_mb = 0.0

    @property
    def p99_s(self) -> float:
        return statistics.quantiles(self.taken_s, n=100)[98]

    def _watch(self) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            began = time.perf_counter()
            assert session.get(f"{self._url}/health", timeout=30).ok
            self.taken_s.append(time.perf_counter() - began)
            self.resident_mb = max(self.resident_mb, self._hub.memory_info().rss / MEGABYTE)
            time.sleep(0.02)

    def __enter__(self) -> "HealthWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)


def write_bare(database, body: bytes) -> float:
    """Insert the same documents in one transaction, and nothing else; return the seconds."""
    documents = orjson.loads(body)
    taken: list[float] = []
    with timed(taken), database.client.start_session() as session, session.start_transaction():
        for name, some in documents.items():
            database[name].insert_many(some, ordered=False, session=session)
    return taken[0]


def empty(database) -> None:
    for name in WRITTEN:
        database[name].delete_many({})


def apply_rounds(services, orchestrator, database, body: bytes, *, times: int) -> float:
    """Apply the body to an empty database so many times; return the median of the seconds."""
    taken: list[float] = []
    for number in range(times):
        empty(database)
        services.submissions.submit(body, username=f"user{number}")
        run = orchestrator.runs[-1]
        documents = orjson.loads(body)
        with timed(taken):
            services.submissions.apply(run.operation_id, documents, dagster_run_id=run.run_id)
    check_integrity(database)
    empty(database)
    return statistics.median(taken)


@pytest.mark.parametrize(
    ("count", "of_bytes", "times", "bar"),
    [(2_600, None, 5, 1.0), (58_000, 45 * MEGABYTE, 3, 20.0)],
    ids=["2600", "58000"],
)
def test_applying_documents_beside_a_hub(  # noqa: PLR0917 (fixtures)
    services, orchestrator, database, settings, ledger: Ledger, count, of_bytes, times, bar
):
    body = a_body(count, of_bytes=of_bytes)
    with running_hub(settings) as (url, pid), HealthWatch(url, pid) as watch:
        measured = apply_rounds(services, orchestrator, database, body, times=times)

    bare: list[float] = []
    for _ in range(times):
        empty(database)
        bare.append(write_bare(database, body))
    ledger.add(
        f"apply {count:,} documents ({len(body) / MEGABYTE:.1f} MB)",
        measured,
        "s",
        bar=bar,
        bare=statistics.median(bare),
    )
    ledger.add("  /health of a hub meanwhile, p99", watch.p99_s, "s", bar=0.3)
    ledger.add("  memory of the hub", watch.resident_mb, "MB", bar=600)


def test_applying_more_than_one_transaction_takes(services, orchestrator, database, ledger: Ledger):
    count = LIMITS.documents * 3 // 2
    body = a_body(count, of_bytes=60 * MEGABYTE)

    measured = apply_rounds(services, orchestrator, database, body, times=1)

    ledger.add(
        f"apply {count:,} documents step by step ({len(body) / MEGABYTE:.0f} MB)",
        measured,
        "s",
        bare=write_bare(database, body),
    )
    assert not leftovers(database)


def test_from_the_request_to_complete(tmp_path: Path, ledger: Ledger):
    with live_stack(tmp_path / ".local") as stack:
        hub = stack.hub()
        taken: list[float] = []
        for number in range(3):
            body = a_body(2_600).replace(b"sty-11-abc123", b"sty-11-abc12%d" % number)
            body = body.replace(b"bsm-11-", b"bsm-11-%d" % number)
            with timed(taken):
                answer = hub.session.post(
                    f"{stack.url}/metadata/json:submit", data=body, timeout=60
                )
                follow(hub, answer.json()["detail"]["run_id"], timeout_s=120, tell=lambda _: None)
        ledger.add(
            "2,600 documents from request to COMPLETE", statistics.median(taken), "s", bar=10
        )

"""The bars of reading documents, beside a bare FastAPI route on the same MongoDB."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring import all_indexes
from tests.api.authorisation.world import settings_of
from tests.bench.conftest import Ledger, median_s
from tests.bench.load import Asking, memory_growth, requests_a_second
from tests.support.generated import fill
from tests.support.processes import running
from tests.support.servers import free_port, wait_until
from tests.support.uvicorn_hub import running_hub

BIOSAMPLES = 10_000
ROWS = 1_000_000
DOCUMENTS = 1_000_000
REQUESTS = 3_000
ROUNDS = 5


@dataclass(frozen=True)
class Reading:
    """A database of some 80,000 documents, the hub on it, and the bare routes on it."""

    database: Database[Document]
    hub: str
    hub_pid: int
    bare: str


@contextmanager
def bare_routes(settings: Settings) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "tests.bench.bare_reads:app", "--port", str(port)]
    address = {"MONGO_HOST": settings.mongo_host, "MONGO_DBNAME": settings.mongo_dbname}

    def answers() -> bool:
        try:
            return requests.get(f"{url}/openapi.json", timeout=5).ok
        except requests.RequestException:
            return False

    with running(command, environment=address):
        wait_until(answers, timeout_s=60, what="the bare routes")
        yield url


@pytest.fixture(scope="module")
def reading(mongo_url, mongo_client) -> Iterator[Reading]:
    database = mongo_client[f"test_{uuid4().hex}"]
    assert ensure_indexes(database, all_indexes(load_registry())) == []
    fill(database, BIOSAMPLES)
    settings = settings_of(mongo_url, database.name)
    with running_hub(settings) as (url, pid), bare_routes(settings) as bare:
        yield Reading(database, url, pid, bare)
    mongo_client.drop_database(database.name)


@pytest.fixture
def ask() -> Iterator[Callable[[str], Asking]]:
    """Yield what connects to an address until the test ends."""
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(closing(Asking(url)))


def some_ids(database: Database[Document], collection: str, count: int) -> list[str]:
    found = database[collection].aggregate([{"$sample": {"size": count}}, {"$project": {"id": 1}}])
    ids = [str(each["id"]) for each in found]
    return (ids * (count // len(ids) + 1))[:count]


def compare(
    ledger: Ledger, what: str, hub: Callable[[], float], bare: Callable[[], float], least: float
) -> float:
    """Note how many requests a second each answers, in turns; return the hub's."""
    hub(), bare()
    pairs = [(hub(), bare()) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    # A bar is something to stay under: so the milliseconds a request takes, all told.
    ledger.add(what, 1e3 / ours, "ms", bar=round(1e3 / (least * theirs), 3), bare=1e3 / theirs)
    return ours


@pytest.mark.parametrize(
    "route", ["/nmdcschema/biosample_set/", "/biosamples/", "/nmdcschema/ids/"]
)
def test_one_document_by_id(reading: Reading, ledger: Ledger, route: str):
    ids = some_ids(reading.database, "biosample_set", REQUESTS)
    paths = [route + each for each in ids]
    bare_paths = [f"/biosample_set/{each}" for each in ids]

    compare(
        ledger,
        f"one document by id, {route}",
        lambda: requests_a_second(reading.hub, paths),
        lambda: requests_a_second(reading.bare, bare_paths),
        least=0.5 if "ids" in route else 0.6,
    )


@pytest.mark.parametrize(("size", "bar"), [(20, 1.5), (1_000, 1.2)])
@pytest.mark.parametrize(
    "route", ["/nmdcschema/biosample_set?max_page_size=", "/biosamples?per_page="]
)
def test_a_page(reading: Reading, ledger: Ledger, route: str, size: int, bar: float, *, ask):
    hub, bare = ask(reading.hub), ask(reading.bare)
    path, bare_path = f"{route}{size}", f"/biosample_set?size={size}"
    if "per_page" in route:
        bare_path += "&counts=true"  # as `meta.count` has it
    assert len(json.loads(hub.get(path))["results" if "per_page" in route else "resources"]) == size
    times = 400 if size < 100 else 30

    # In turns, so that what else the machine does meets both.
    pairs = [
        (
            median_s(lambda: hub.get(path), times=times),
            median_s(lambda: bare.get(bare_path), times=times),
        )
        for _ in range(ROUNDS)
    ]

    ours, theirs = (statistics.median(each) * 1e3 for each in zip(*pairs, strict=True))
    ledger.add(f"a page of {size}, {route}", ours, "ms", bar=round(bar * theirs, 3), bare=theirs)


def test_walking_all_biosamples_as_bertron_does(reading: Reading, ledger: Ledger, ask):
    hub, cursor, seen, slowest = ask(reading.hub), "*", [], 0.0

    while cursor:
        began = time.perf_counter()
        page = json.loads(hub.get(f"/biosamples?per_page=2000&cursor={cursor}"))
        slowest = max(slowest, time.perf_counter() - began)
        seen += [each["id"] for each in page["results"]]
        cursor = page["meta"]["next_cursor"]

    assert len(seen) == len(set(seen)) == BIOSAMPLES
    ledger.add("BERtron: slowest page of 2,000 biosamples", slowest, "s", bar=0.5)


@pytest.fixture(scope="module")
def million(reading: Reading) -> Reading:
    """Add narrow documents until there are a million, and as many rows of annotations."""
    for first in range(0, DOCUMENTS, 10_000):
        reading.database["data_object_set"].insert_many(
            (
                {"id": f"nmdc:dobj-98-{n:08d}", "type": "nmdc:DataObject", "name": f"file {n}"}
                for n in range(first, first + 10_000)
            ),
            ordered=False,
        )
    for first in range(0, ROWS, 10_000):
        reading.database["functional_annotation_agg"].insert_many(
            (
                {
                    "type": "nmdc:FunctionalAnnotationAggMember",
                    "was_generated_by": f"nmdc:wfmgan-98-{n // 5_000:08d}.1",
                    "gene_function_id": f"KEGG.ORTHOLOGY:K{n % 5_000:05d}",
                    "count": n % 97,
                }
                for n in range(first, first + 10_000)
            ),
            ordered=False,
        )
    return reading


def test_any_document_by_id_among_a_million(million: Reading, ledger: Ledger):
    ids = some_ids(million.database, "data_object_set", REQUESTS)

    compare(
        ledger,
        "one document by id among 1,000,000, /nmdcschema/ids/",
        lambda: requests_a_second(million.hub, [f"/nmdcschema/ids/{each}" for each in ids]),
        lambda: requests_a_second(million.bare, [f"/data_object_set/{each}" for each in ids]),
        least=0.5,
    )


def test_a_page_of_200000_documents(million: Reading, ledger: Ledger, ask):
    hub = ask(million.hub)
    firsts, growths = [], []

    for _ in range(ROUNDS):
        with memory_growth(million.hub_pid) as growth:
            began = time.perf_counter()
            stream = hub.stream("/nmdcschema/data_object_set?max_page_size=200000")
            body = [next(stream)]
            firsts.append(time.perf_counter() - began)
            body += stream
        growths.append(growth.most_mb)
        assert len(json.loads(b"".join(body))["resources"]) == 200_000

    ledger.add("a page of 200,000: first byte", statistics.median(firsts), "s", bar=0.2)
    ledger.add("  growth of the hub's memory, at most", max(growths), "MB", bar=80)


def test_exporting_a_million_rows(million: Reading, ledger: Ledger, ask):
    hub = ask(million.hub)
    rates, growths = [], []

    for _ in range(3):
        with memory_growth(million.hub_pid) as growth:
            began = time.perf_counter()
            export = hub.stream(
                "/nmdcschema/functional_annotation_agg", Accept="application/x-ndjson"
            )
            rows = sum(each.count(b"\n") for each in export)
            rates.append(rows / (time.perf_counter() - began))
        growths.append(growth.most_mb)
        assert rows == ROWS

    rate = statistics.median(rates)
    ledger.add("NDJSON of 1,000,000 rows, thousand rows", 1e6 / rate, "ms", bar=50)
    ledger.add("  growth of the hub's memory, at most", max(growths), "MB", bar=80)

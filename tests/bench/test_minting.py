"""The bars of the minter: many ids at once, and many requests for one."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from uuid import uuid4

import orjson
import pytest
import requests

from nmdc_runtime.mongo.client import durable
from tests.bench.conftest import Ledger, median_s
from tests.support.uvicorn_hub import running_hub

MANY = 100_000
REQUESTS = 1_500
CALLERS = 8


@pytest.fixture
def hub(settings) -> Iterator[tuple[str, int]]:
    with running_hub(settings) as running:
        yield running


@pytest.fixture
def as_site(hub, settings) -> dict[str, str]:
    secret = settings.api_site_client_secret.get_secret_value()
    answer = requests.post(
        f"{hub[0]}/token",
        data={"grant_type": "client_credentials"},
        auth=(settings.api_site_client_id, secret),
        timeout=30,
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def a_record(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "status": "draft", "typecode": {"id": "x"}, "bindings": None}


def test_minting_100000_ids_at_once(hub, as_site, database, ledger: Ledger):
    url, _ = hub
    bare_ledger = durable(database)["bare_records"]
    bare_ledger.create_index("id", unique=True)

    def mint() -> None:
        body = {"how_many": MANY}
        answer = requests.post(f"{url}/pids/mint", json=body, headers=as_site, timeout=120)
        assert len(set(answer.json())) == MANY

    def mint_bare() -> None:
        stem = uuid4().hex
        bare_ledger.insert_many([a_record(f"{stem}-{number}") for number in range(MANY)])

    measured = median_s(mint)
    ledger.add("mint 100,000 ids", measured, "s", bar=6, bare=median_s(mint_bare, times=3))
    assert database["minter.id_records"].count_documents({}) == 6 * MANY


def test_minting_one_id_in_each_request(hub, as_site, database, ledger: Ledger):
    url, _ = hub
    of_thread = threading.local()
    bare_ledger = durable(database)["bare_records"]
    bare_ledger.create_index("id", unique=True)

    def mint(_: int) -> None:
        """Ask once; the standard library's client leaves most of the machine to the hub."""
        if not hasattr(of_thread, "connection"):
            of_thread.connection = HTTPConnection(url.removeprefix("http://"))
        of_thread.connection.request("POST", "/pids/mint", b'{"how_many": 1}', as_site)
        answer = of_thread.connection.getresponse()
        assert len(orjson.loads(answer.read())) == 1

    def mint_bare(_: int) -> None:
        bare_ledger.insert_many([a_record(uuid4().hex)])

    def rate(work, wanted: int) -> float:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(work, range(CALLERS)))
            began = time.perf_counter()
            done = list(pool.map(work, range(wanted)))
            assert len(done) == wanted
            return wanted / (time.perf_counter() - began)

    rates = sorted(rate(mint, REQUESTS // 5) for _ in range(5))
    bare = rate(mint_bare, REQUESTS)

    ledger.add(
        "mint 1 id, ms a request", 1_000 / rates[2], "ms", bar=1_000 / 300, bare=1_000 / bare
    )
    assert database["minter.id_records"].count_documents({}) == REQUESTS + 5 * CALLERS

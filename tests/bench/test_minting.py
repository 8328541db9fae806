"""The bars of the minter: many ids at once, and many requests for one."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from uuid import uuid4

import orjson
import pytest
import requests

from nmdc_runtime.mongo.client import durable
from tests.bench.conftest import Ledger, median_s
from tests.support.uvicorn_hub import running_hub

MANY = 100_000
CALLERS = 8
EACH = 50


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
    bare_ledger = durable(database)["bare_records"]
    bare_ledger.create_index("id", unique=True)

    def mint(times: int) -> None:
        """Ask so often; the standard library's client leaves most of the machine to the hub."""
        with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
            for _ in range(times):
                connection.request("POST", "/pids/mint", b'{"how_many": 1}', as_site)
                assert len(orjson.loads(connection.getresponse().read())) == 1

    def mint_bare(times: int) -> None:
        for _ in range(times):
            bare_ledger.insert_many([a_record(uuid4().hex)])

    def ms_each(work: Callable[[int], None]) -> float:
        with ThreadPoolExecutor(CALLERS) as pool:
            began = time.perf_counter()
            list(pool.map(work, [EACH] * CALLERS))
            return (time.perf_counter() - began) * 1_000 / (EACH * CALLERS)

    ms_each(mint)
    measured = statistics.median(ms_each(mint) for _ in range(5))

    ledger.add("mint 1 id, ms a request", measured, "ms", bar=1_000 / 300, bare=ms_each(mint_bare))
    assert database["minter.id_records"].count_documents({}) == 6 * EACH * CALLERS

"""Measures of objects: looking one up, expanding a bundle, keeping bytes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

import orjson
import pytest
import requests

from nmdc_runtime.objects.models import StoredFile
from tests.bench.conftest import Ledger, median_s
from tests.support.uvicorn_hub import running_hub

MEMBERS = 10_000
LOOKUPS = 400
LARGE = 40_000_000
DRS = "/ga4gh/drs/v1/objects"


@pytest.fixture
def hub_url(settings) -> Iterator[str]:
    with running_hub(settings) as (url, _):
        yield url


def a_record(object_id: str, **fields: object) -> dict[str, object]:
    return {
        "id": object_id,
        "size": 1,
        "created_time": datetime(2026, 1, 1, tzinfo=UTC),
        "checksums": [{"type": "sha256", "checksum": sha256(object_id.encode()).hexdigest()}],
        "access_methods": [{"type": "https", "access_url": {"url": "https://data.example/x"}}],
        **fields,
    }


def test_looking_up_drs_objects(hub_url, database, ledger: Ledger):
    database["objects"].insert_many([a_record(f"o{number}") for number in range(LOOKUPS)])
    here = threading.local()

    def look_up(path: str) -> None:
        if not hasattr(here, "session"):
            here.session = requests.Session()
        answer = here.session.get(f"{hub_url}{path}", timeout=60)
        assert answer.status_code == 200

    def all_of(paths: list[str]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(look_up, paths))

    measured = median_s(lambda: all_of([f"{DRS}/o{number}" for number in range(LOOKUPS)]))
    bare = median_s(lambda: all_of(["/ga4gh/drs/v1/service-info"] * LOOKUPS))

    per_lookup, per_answer = (1000 * each / LOOKUPS for each in (measured, bare))
    ledger.add("one DRS object over HTTP, 8 clients", per_lookup, "ms", bare=per_answer)


def test_expanding_a_bundle_of_many(hub_url, database, ledger: Ledger):
    members = [{"name": f"n{number}", "id": f"o{number}"} for number in range(MEMBERS)]
    database["objects"].insert_many([a_record(each["id"]) for each in members])
    database["objects"].insert_one(a_record("bundle", contents=members))
    url = f"{hub_url}{DRS}/bundle?expand=true"

    def expand() -> None:
        assert len(requests.get(url, timeout=60).json()["contents"]) == MEMBERS

    def bare() -> None:
        ids = [each["id"] for each in members]
        orjson.dumps(list(database["objects"].find({"id": {"$in": ids}}, {"_id": 0})))

    ledger.add("expand 10,000 members", median_s(expand), "s", bare=median_s(bare))


def test_keeping_a_large_body(services, database, ledger: Ledger):
    numbers = count()
    chunks = database["bare_chunks"]

    def content() -> bytes:
        return str(next(numbers)).encode() * (LARGE // 8)

    def keep() -> None:
        services.objects.keep(
            f"gfs0b{next(numbers)}",
            StoredFile("", "application/json", content()),
            description="",
            username="alice",
        )

    def bare() -> None:
        body = content()
        digest = sha256(body).hexdigest()
        chunks.insert_many(
            {"digest": digest, "data": body[at : at + 261_120]}
            for at in range(0, len(body), 261_120)
        )

    ledger.add("keep a body of 5 to 15 MB", median_s(keep), "s", bare=median_s(bare))

"""The bars of the foundation: validation, reading, start-up; `make bench` prints them."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import orjson
import psutil
import pytest
import requests

from nmdc_runtime.schema.load import load_json_schema, load_registry
from tests.bench.conftest import Ledger, median_s
from tests.support.documents import a_study, biosamples
from tests.support.live_stack import live_stack
from tests.support.uvicorn_hub import running_hub

OKAY = b'{"result":"All Okay!"}'
MEGABYTE = 1_000_000


def a_body(documents: int, *, of_bytes: int | None = None) -> bytes:
    """Return a valid body of so many documents; longer by their descriptions, if it must be."""
    study = a_study()
    samples = biosamples(documents - 1, study_id=study["id"])
    body = orjson.dumps({"study_set": [study], "biosample_set": samples})
    if of_bytes is None:
        return body
    # Smaller documents where so many would be too long: the first slots of a real biosample.
    keep = ("id", "type", "name", "associated_studies", "env_broad_scale", "env_local_scale")
    keep += ("env_medium", "collection_date")
    slim = [{key: each[key] for key in keep} for each in samples]
    body = orjson.dumps({"study_set": [study], "biosample_set": slim})
    padding = max(0, (of_bytes - len(body)) // (documents - 1) - len(',"description":""'))
    for each in slim:
        each["description"] = "x" * padding
    return orjson.dumps({"study_set": [study], "biosample_set": slim})


class Bare:
    """The bare work: parse with orjson, ask the compiled validator of each class."""

    def __init__(self) -> None:
        schema = load_json_schema()
        registry = load_registry()
        self._collections = {
            name: jsonschema_rs.validator_for(
                {"$defs": schema["$defs"], "$ref": f"#/$defs/{collection.class_names[0]}"}
            )
            for name, collection in registry.collections.items()
            if name in {"study_set", "biosample_set"}
        }

    def __call__(self, body: bytes) -> None:
        for name, documents in orjson.loads(body).items():
            is_valid = self._collections[name].is_valid
            assert all(is_valid(document) for document in documents)


@pytest.fixture(scope="module")
def bare() -> Bare:
    return Bare()


@pytest.fixture
def hub(settings) -> Iterator[tuple[str, int]]:
    with running_hub(settings) as running:
        yield running


def validate(url: str, body: bytes) -> None:
    answer = requests.post(f"{url}/metadata/json:validate", data=body, timeout=120)
    assert answer.content == OKAY, answer.text[:300]


def test_validating_2600_documents(hub, bare, ledger: Ledger):
    url, _ = hub
    body = a_body(2_600)

    measured = median_s(lambda: validate(url, body))

    ledger.add(
        f"validate 2,600 documents ({len(body) / MEGABYTE:.1f} MB)",
        measured,
        "s",
        bar=0.3,
        bare=median_s(lambda: bare(body)),
    )


class HealthWatch:
    """Asks for /health all the time, and remembers the slowest answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.slowest_s = 0.0
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            began = time.perf_counter()
            assert session.get(f"{self._url}/health", timeout=30).ok
            self.slowest_s = max(self.slowest_s, time.perf_counter() - began)
            time.sleep(0.02)

    def __enter__(self) -> "HealthWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def test_validating_58000_documents_while_others_are_answered(hub, bare, ledger: Ledger):
    url, pid = hub
    body = a_body(58_000, of_bytes=45 * MEGABYTE)

    with HealthWatch(url) as watch:
        measured = median_s(lambda: validate(url, body))

    ledger.add(
        f"validate 58,000 documents ({len(body) / MEGABYTE:.0f} MB)",
        measured,
        "s",
        bar=8,
        bare=median_s(lambda: bare(body), times=3),
    )
    ledger.add("  slowest /health meanwhile", watch.slowest_s, "s", bar=0.3)
    memory = psutil.Process(pid).memory_full_info().pss / MEGABYTE
    ledger.add("  memory of the hub afterwards", memory, "MB")


def test_reading_a_page_of_1000_documents(hub, database, ledger: Ledger):
    url, _ = hub
    database["biosample_set"].insert_many(biosamples(1_000, study_id="nmdc:sty-11-a"))

    def read() -> None:
        answer = requests.get(f"{url}/nmdcschema/biosample_set?max_page_size=1000", timeout=30)
        assert len(answer.content) > MEGABYTE

    def read_bare() -> None:
        found = database["biosample_set"].find({}, {"_id": 0}).sort("id")
        assert len(orjson.dumps(list(found))) > MEGABYTE

    ledger.add("read 1,000 biosamples", median_s(read), "s", bare=median_s(read_bare))


def test_reading_one_document(hub, database, ledger: Ledger):
    url, _ = hub
    database["biosample_set"].insert_one(biosamples(1, study_id="nmdc:sty-11-a")[0])
    session = requests.Session()

    def read() -> None:
        assert session.get(f"{url}/nmdcschema/ids/nmdc:bsm-11-000000", timeout=30).ok

    def read_bare() -> None:
        assert orjson.dumps(database["biosample_set"].find_one({}, {"_id": 0}))

    ledger.add(
        "read one document by id", median_s(read, times=50), "s", bare=median_s(read_bare, times=50)
    )


IMPORT = """
import time
began = time.perf_counter()
import nmdc_runtime.api.main
taken = time.perf_counter() - began
with open("/proc/self/status") as status:
    resident = next(line.split()[1] for line in status if line.startswith("VmRSS"))
print(taken, int(resident) * 1024)
"""


def test_importing_the_hub(ledger: Ledger):
    def once() -> tuple[float, float]:
        shown = subprocess.run(
            [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
        ).stdout.split()
        return float(shown[0]), float(shown[1])

    once()
    measured = sorted(once() for _ in range(5))[2]
    fastapi = median_s(
        lambda: subprocess.run([sys.executable, "-c", "import fastapi, pymongo"], check=True)
    )

    ledger.add("import nmdc_runtime.api.main", measured[0], "s", bar=2.0, bare=fastapi)
    ledger.add("  memory then", measured[1] / MEGABYTE, "MB", bar=200)


def test_starting_the_whole_stack(tmp_path: Path, ledger: Ledger):
    began = time.perf_counter()
    with live_stack(tmp_path / ".local") as stack:
        ledger.add("nmdc-runtime up, ready", time.perf_counter() - began, "s", bar=25)
        time.sleep(10)  # until it idles
        report = orjson.loads(stack.run("status", "--json").stdout)
        ledger.add("  memory, idle (PSS)", report["memory_bytes"] / MEGABYTE, "MB", bar=1_300)
        began = time.perf_counter()
        assert stack.run("demo").returncode == 0
        ledger.add("  nmdc-runtime demo on it", time.perf_counter() - began, "s")

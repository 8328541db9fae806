"""The bars of the link graph: a build of 80,000 documents, and how far the follower is behind."""

import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from pymongo.database import Database

from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import open_services
from tests.bench.conftest import Ledger, median_s
from tests.support.servers import wait_until

BIOSAMPLES = 16_000
STUDY_OF_MANY = 3_200
WRITES_A_SECOND = 50
SECONDS = 20


@pytest.fixture
def graph(settings) -> Iterator[GraphService]:
    with open_services(settings) as services:
        yield services.graph


def study_of(number: int) -> str:
    return f"nmdc:sty-11-{0 if number < STUDY_OF_MANY else number % 20}"


def fill(database: Database[Document]) -> int:
    filler = "x" * 1_000
    made = {
        "study_set": [{"id": f"nmdc:sty-11-{n}", "type": "nmdc:Study"} for n in range(20)],
        "instrument_set": [
            {"id": f"nmdc:inst-11-{n}", "type": "nmdc:Instrument"} for n in range(5)
        ],
        "biosample_set": [
            {
                "id": f"nmdc:bsm-11-{n}",
                "type": "nmdc:Biosample",
                "name": str(n),
                "description": filler,
                "associated_studies": [study_of(n)],
            }
            for n in range(BIOSAMPLES)
        ],
        "data_generation_set": [
            {
                "id": f"nmdc:dgns-11-{n}",
                "type": "nmdc:NucleotideSequencing",
                "has_input": [f"nmdc:bsm-11-{n}"],
                "has_output": [f"nmdc:dobj-11-{n}"],
                "associated_studies": [study_of(n)],
                "instrument_used": [f"nmdc:inst-11-{n % 5}"],
            }
            for n in range(BIOSAMPLES)
        ],
        "workflow_execution_set": [
            {
                "id": f"nmdc:wfrqc-11-{n}.1",
                "type": "nmdc:ReadQcAnalysis",
                "has_input": [f"nmdc:dobj-11-{n}"],
                "has_output": [f"nmdc:dobj-12-{n}"],
                "was_informed_by": [f"nmdc:dgns-11-{n}"],
            }
            for n in range(BIOSAMPLES)
        ],
        "data_object_set": [
            {
                "id": f"nmdc:dobj-{series}-{n}",
                "type": "nmdc:DataObject",
                "was_generated_by": f"nmdc:{maker}-11-{n}{run}",
            }
            for series, maker, run in ((11, "dgns", ""), (12, "wfrqc", ".1"))
            for n in range(BIOSAMPLES)
        ],
    }
    for name, documents in made.items():
        database[name].insert_many(documents, ordered=False)
    return sum(map(len, made.values()))


def test_a_build_and_then_following(database, graph, ledger: Ledger) -> None:
    documents = fill(database)
    before = psutil.Process().memory_full_info().uss

    def bare() -> None:
        for name in ("biosample_set", "data_generation_set", "workflow_execution_set"):
            list(database[name].aggregate([{"$out": "bare"}]))

    built_s = median_s(graph.rebuild, times=3)
    ledger.add(
        f"build of the graph, {documents:,} documents",
        built_s,
        "s",
        bar=15,
        bare=median_s(bare, times=3),
    )
    grown = (psutil.Process().memory_full_info().uss - before) / 1e6
    ledger.add("memory of the building process, grown by", grown, "MB", bar=300)
    assert database[ALLDOCS].estimated_document_count() == documents

    stop = threading.Event()
    follower = threading.Thread(target=graph.follow, args=(stop,))
    began = utc_now()
    follower.start()
    try:
        wait_until(lambda: graph.find_state().fresh_as_of > began, timeout_s=60, what="following")
        lags = sorted(lags_of_writes(database))
    finally:
        stop.set()
        follower.join()
    ledger.add(
        f"follower behind, p99 under {WRITES_A_SECOND} writes/s",
        lags[int(len(lags) * 0.99)],
        "s",
        bar=2,
        bare=lags[len(lags) // 2],
    )


def lags_of_writes(database: Database[Document]) -> list[float]:
    """Write at the rate, each write linked to a big study; return when each was in the graph."""
    written: dict[str, float] = {}
    seen: dict[str, float] = {}
    done = threading.Event()

    def look() -> None:
        while not (done.is_set() and len(seen) == len(written)):
            missing = [id_ for id_ in list(written) if id_ not in seen]
            for found in database[ALLDOCS].find({"id": {"$in": missing}}, {"id": 1}):
                seen[found["id"]] = time.monotonic()
            time.sleep(0.02)

    looking = threading.Thread(target=look)
    looking.start()
    began = time.monotonic()
    for number in range(WRITES_A_SECOND * SECONDS):
        id_ = f"nmdc:bsm-12-{number}"
        database["biosample_set"].insert_one(
            {
                "id": id_,
                "type": "nmdc:Biosample",
                "name": id_,
                "associated_studies": [study_of(number)],
            }
        )
        written[id_] = time.monotonic()
        time.sleep(max(0.0, began + (number + 1) / WRITES_A_SECOND - time.monotonic()))
    done.set()
    looking.join(60)
    return [seen[id_] - at for id_, at in written.items()]

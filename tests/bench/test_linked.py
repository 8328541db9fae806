"""The bars of the link graph's reads, on a generated database of some 80,000 documents."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.graph.store import ALLDOCS, GRAPH, STATE_ID
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import boot, open_services
from tests.api.authorisation.world import settings_of
from tests.bench.conftest import Ledger, median_s
from tests.bench.load import memory_growth, requests_a_second
from tests.support.generated import fill
from tests.support.graph import RULES, put_graph
from tests.support.uvicorn_hub import running_hub

#: About eight documents for each biosample.
BIOSAMPLES = 10_000
REQUESTS = 1_500
ROUNDS = 5
LINKED = "/nmdcschema/linked_instances"


@dataclass(frozen=True)
class Linking:
    """A generated database with its graph, the hub on it, and the largest study there is."""

    database: Database[Document]
    url: str
    session: requests.Session
    pid: int
    study_id: str

    def get(self, path: str) -> bytes:
        """Return the body of an answer, which must be 200."""
        answer = self.session.get(self.url + path, timeout=600)
        assert answer.status_code == 200, answer.text[:300]
        return answer.content

    def move_on(self) -> None:
        """Let the graph have changed, so that no kept result may answer."""
        moved = self.database[GRAPH].update_one({"_id": STATE_ID}, {"$inc": {"changes": 1}})
        assert moved.matched_count == 1


def _all_documents(database: Database[Document]) -> list[Document]:
    """Return what the graph is made of; the bar of making it is another bench's."""
    return [
        document
        for name in RULES.collections
        for document in database[name].find({}, dict(RULES.projection))
    ]


@pytest.fixture(scope="module")
def linking(mongo_url, mongo_client) -> Iterator[Linking]:
    with ExitStack() as stack:
        database = mongo_client[f"test_{uuid4().hex}"]
        stack.callback(mongo_client.drop_database, database.name)
        settings = settings_of(mongo_url, database.name)
        services = stack.enter_context(open_services(settings))
        boot(services)
        fill(database, BIOSAMPLES)
        put_graph(database, _all_documents(database))
        by_study = database["biosample_set"].aggregate([{"$sortByCount": "$associated_studies"}])
        largest = next(iter(by_study))["_id"][0]
        url, pid = stack.enter_context(running_hub(settings))
        session = stack.enter_context(requests.Session())
        yield Linking(database, url, session, pid, largest)


def test_linked_instances_of_a_biosample(linking: Linking, ledger: Ledger):
    ids = linking.database["biosample_set"].distinct("id")
    paths = [f"{LINKED}?ids={quote(id_)}" for id_ in ids[:REQUESTS]]
    requests_a_second(linking.url, paths[:200])
    rate = statistics.median(requests_a_second(linking.url, paths) for _ in range(ROUNDS))
    alldocs = linking.database[ALLDOCS]
    bare = median_s(lambda: alldocs.find_one({"id": ids[0]}), times=200)
    ledger.add(
        "linked instances of a biosample",
        1e3 / rate,
        "ms",
        bar=round(1e3 / 300, 2),
        bare=1e3 * bare,
    )


@pytest.mark.parametrize("types", ["nmdc:Biosample", "nmdc:NamedThing"])
def test_linked_instances_of_a_study(linking: Linking, ledger: Ledger, types: str):
    path = f"{LINKED}?ids={linking.study_id}&types={types}&hydrate=true&max_page_size=1000"
    first = orjson.loads(linking.get(path))
    assert len(first["resources"]) == 1_000
    later = f"{LINKED}?page_token={first['next_page_token']}"
    samples = [each["id"] for each in first["resources"]]
    collection = linking.database["biosample_set"]

    def bare() -> None:
        orjson.dumps(list(collection.find({"id": {"$in": samples}}, {"_id": 0})))

    def anew() -> None:
        linking.move_on()
        linking.get(path)

    what = f"linked instances of a study, {types}, hydrated, 1,000 a page"
    bare_s = median_s(bare) if types == "nmdc:Biosample" else None
    ledger.add(what, median_s(lambda: linking.get(path)), "s", bar=0.08, bare=bare_s)
    ledger.add("  a later page", median_s(lambda: linking.get(later)), "s", bar=0.08)
    ledger.add("  the first page, the graph having moved on", median_s(anew), "s")


def test_data_objects_of_a_study(linking: Linking, ledger: Ledger):
    path = f"/data_objects/study/{linking.study_id}"
    linking.get(path)
    with memory_growth(linking.pid) as growth:
        taken = median_s(lambda: linking.get(path), times=3)
    entries = orjson.loads(linking.get(path))
    objects = sum(len(each["data_objects"]) for each in entries)
    ledger.add(f"{objects:,} data objects of {len(entries):,} biosamples", taken, "s")
    ledger.add("  the hub grows by", growth.most_mb, "MB", bar=80)

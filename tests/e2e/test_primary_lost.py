"""The primary of a set of three is killed while sites claim and mint: nothing answered is lost."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import uuid4

import pymongo
import pytest
import requests
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.indexes import Index, ensure_indexes
from tests.support.servers import wait_until
from tests.support.three_members import ThreeMembers, three_members
from tests.support.uvicorn_hub import running_hub

pytestmark = pytest.mark.xdist_group("kill")

JOBS = 500
WORKERS = 8
#: After the primary is gone, how long requests may fail.
ERRORS_END_S = 15


@pytest.fixture
def members() -> Iterator[ThreeMembers]:
    with three_members() as members:
        yield members


@pytest.fixture
def three_settings(settings: Settings, members: ThreeMembers) -> Settings:
    """Return the settings of a hub on the set of three."""
    return settings.model_copy(
        update={"mongo_host": members.url, "mongo_dbname": f"test_{uuid4().hex}"}
    )


@dataclass
class Seen:
    """What the hub has answered."""

    claims: dict[str, str] = field(default_factory=dict)
    minted: list[str] = field(default_factory=list)
    failures: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Worker:
    """A client that sends again until it is answered, as automation does."""

    url: str
    headers: dict[str, str]
    seen: Seen
    session: requests.Session

    def claim(self, job_id: str) -> None:
        operation = self._ask(f"/jobs/{job_id}:claim", {})
        with self.seen.lock:
            self.seen.claims[job_id] = str(operation["id"])

    def mint(self) -> None:
        wanted = {"schema_class": {"id": "nmdc:Biosample"}, "how_many": 2}
        minted = self._ask("/pids/mint", wanted)
        with self.seen.lock:
            self.seen.minted.extend(minted)

    def _ask(self, path: str, body: dict):
        while True:
            answer = self.session.post(self.url + path, json=body, headers=self.headers, timeout=60)
            if answer.status_code == 200:
                return answer.json()
            with self.seen.lock:
                self.seen.failures.append((time.monotonic(), answer.status_code))
            time.sleep(0.2)


def log_in(url: str, settings: Settings) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.api_site_client_id,
        "client_secret": settings.api_site_client_secret.get_secret_value(),
    }
    token = requests.post(f"{url}/token", data=form, timeout=30).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.endurance
def test_losing_the_primary_loses_nothing_that_was_answered(members, three_settings):
    seen = Seen()
    with running_hub(three_settings) as (url, _):
        headers = log_in(url, three_settings)
        with MongoClient(members.url) as client:
            database = client[three_settings.mongo_dbname]
            jobs = [f"job{number:03}" for number in range(JOBS)]
            database["jobs"].insert_many(
                {"id": each, "workflow": {"id": "test"}, "config": {}, "claims": []}
                for each in jobs
            )

        def work(first: int) -> None:
            with requests.Session() as session:
                worker = Worker(url, headers, seen, session)
                for job_id in jobs[first::WORKERS]:
                    worker.claim(job_id)
                    worker.mint()

        with ThreadPoolExecutor(WORKERS) as pool:
            working = [pool.submit(work, first) for first in range(WORKERS)]
            wait_until(lambda: len(seen.claims) > JOBS // 5, timeout_s=120, what="claims")
            killed_at = time.monotonic()
            members.kill(members.primary())
            for each in working:
                each.result()

    assert {status for _, status in seen.failures} <= {503}
    assert [at for at, _ in seen.failures if at > killed_at + ERRORS_END_S] == []
    assert sorted(seen.claims) == jobs
    assert len(seen.minted) == 2 * JOBS
    assert len(set(seen.minted)) == len(seen.minted)
    with MongoClient(members.url, readConcernLevel="majority") as client:
        check_all_there(client, three_settings.mongo_dbname, seen)
    with MongoClient(members.url) as client, pymongo.timeout(60):
        # A member is still down: the majority is enough to build what is missing at boot.
        database = client[three_settings.mongo_dbname]
        assert ensure_indexes(database, [Index(collection="jobs", keys=("config",))]) == []


def check_all_there(client: MongoClient, name: str, seen: Seen) -> None:
    """Check that what was answered is stored, once, and that nothing else holds a job."""
    database = client.get_database(name, read_concern=ReadConcern("majority"))
    for job in database["jobs"].find():
        assert [claim["op_id"] for claim in job["claims"]] == [seen.claims[job["id"]]]
    operations = Counter(
        each["metadata"]["job"]["id"] for each in database["operations"].find({"done": False})
    )
    assert operations == Counter(dict.fromkeys(seen.claims, 1))
    kept = {each["id"] for each in database["minter.id_records"].find({}, {"id": 1})}
    assert set(seen.minted) <= kept

"""A submission of the portal on the whole stack, whose ingest is killed wherever it may be."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.submissions.store import SUBMISSIONS
from tests.support.flows import LONG_S, Desk
from tests.support.live_stack import eventually
from tests.support.peer_server import Answer, PeerServer, peer_server
from tests.support.portal import soil, submission

# Its runs are killed, on the stack that is there for that.
pytestmark = [pytest.mark.xdist_group("kill"), pytest.mark.endurance]

JOB = "ingest_metadata_submission"
SAMPLES = 3
PNG = b"\x89PNG\r\n\x1a\n"


class Ingest:
    """One submission that the portal holds, its ingest, and what has become of it."""

    def __init__(self, desk: Desk, portal: PeerServer) -> None:
        self.id = str(uuid4())
        self._desk, self._portal = desk, portal
        self._tags = {"nmdc/flow": self.id}
        path = f"/api/metadata_submission/{self.id}"
        self.telling, self.picture = f"POST {path}/finalize", f"GET /{self.id}.png"
        samples = [soil(f"{self.id} {number}") for number in range(SAMPLES)]
        portal.put(f"GET {path}", submission(soil_data=samples) | {"id": self.id})
        portal.put(self.telling, {"primary_study_image_url": f"{portal.url}/{self.id}.png"})
        picture = PNG + self.id.encode()  # that nobody else has
        portal.answers[self.picture] = Answer(body=picture, content_type="image/png")

    def launch(self) -> None:
        """Ask Dagster for the run, with this portal as its own."""
        inputs = {"submission_id": self.id, "study_id": ""}
        config = {
            "ops": {"get_submission_portal_pipeline_inputs": {"inputs": inputs}},
            "resources": {
                "nmdc_portal_api_client": {
                    "config": {"base_url": self._portal.url, "refresh_token": "refresh"}
                }
            },
        }
        self._desk.dagster.launch(JOB, config, self._tags)

    def kill(self) -> None:
        """Kill whatever works just now."""
        for worker in self._desk.stack.run_workers():
            worker.kill()

    def kill_at(self, request: str) -> None:
        """Kill the run while it waits for an answer to what it has asked the portal."""
        asked, held = self._portal.requests().count(request), threading.Event()
        self._portal.held[request] = held
        eventually(
            lambda: self._portal.requests().count(request) > asked, what=request, timeout_s=LONG_S
        )
        self.kill()
        del self._portal.held[request]
        held.set()

    def wait_for_success(self) -> None:
        """Wait until the run, or one in its place, has ended well."""

        def is_done() -> bool:
            run = self._desk.dagster.find_run(self._tags)
            return run is not None and run.state is RunState.SUCCESS

        eventually(is_done, what=f"{JOB} is a success", timeout_s=LONG_S)

    def ids(self) -> list[str]:
        """Return the ids that things of the submission have."""
        names = self._desk.stored["_runtime.source_ids"].find({"_id": {"$regex": self.id}})
        return [each["id"] for each in names]

    def check(self) -> None:
        """Check that one study is there with its samples, each written once, and one picture."""
        stored = self._desk.stored
        mine: Document = {"provenance_metadata.submission_portal_identifier": self.id}
        (study,) = stored["study_set"].find(mine)
        samples = list(stored["biosample_set"].find(mine))
        assert sorted(each["name"] for each in samples) == [
            f"{self.id} {number}" for number in range(SAMPLES)
        ]
        ids = [study["id"], *(each["id"] for each in samples)]
        assert sorted(self.ids()) == sorted(ids)
        minted = list(stored["minter.id_records"].find({"id": {"$in": ids}}))
        assert {each["status"] for each in minted} == {"registered"}
        log = stored["txn_log"]
        assert [log.count_documents({"tgt.id": each}) for each in ids] == [2] + [1] * SAMPLES
        (picture,) = stored["objects"].find({"name": f"{self.id}.png"})
        (shown,) = study["study_image"]
        assert shown["url"].endswith(f"/metadata/stored_files/{picture['id']}")
        told = [each.body for each in self._portal.asked if each.request == self.telling]
        assert told
        assert all(study["id"] in each for each in told)


@pytest.fixture(scope="module")
def portal() -> Iterator[PeerServer]:
    with peer_server() as served:
        served.put("POST /auth/refresh", {"access_token": "abc", "expires_in": 86400})
        yield served


@contextmanager
def deaf_hub(desk: Desk) -> Iterator[None]:
    """Have the hub hear nothing for a while."""
    pid = desk.stack.service("fastapi")["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_an_ingest_that_dies_with_its_submission_and_when_it_tells_the_portal_is_finished_once(
    desk: Desk, portal: PeerServer
) -> None:
    ingest = Ingest(desk, portal)
    taken_in = desk.stored[SUBMISSIONS].count_documents

    before = taken_in({})
    with desk.nobody_writes():
        ingest.launch()
        eventually(lambda: taken_in({}) > before, what="it is submitted", timeout_s=LONG_S)
        ingest.kill()
    ingest.kill_at(ingest.telling)
    ingest.wait_for_success()

    ingest.check()
    # What it holds, once; the nothing that the last run had left to submit; and its picture.
    assert taken_in({}) == before + 3
    # Nobody knows whether the first answer has come: it is told once more, and the same.
    assert portal.requests().count(ingest.telling) == 2


def test_an_ingest_that_dies_when_it_has_minted_and_while_it_fetches_pictures_is_finished_once(
    desk: Desk, portal: PeerServer
) -> None:
    ingest = Ingest(desk, portal)

    with deaf_hub(desk):
        ingest.launch()
        eventually(lambda: len(ingest.ids()) == SAMPLES + 1, what="ids are there", timeout_s=LONG_S)
        ingest.kill()
    ingest.kill_at(ingest.picture)
    ingest.wait_for_success()

    ingest.check()

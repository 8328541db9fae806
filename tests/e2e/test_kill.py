"""Killed in the middle of a submission: afterwards everything is there, or nothing is."""

import threading
import time
from collections.abc import Iterator

import orjson
import pytest
import requests
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.cli.demo_steps import Hub, follow
from tests.support.documents import a_study, biosamples
from tests.support.live_stack import LiveStack, eventually

pytestmark = [pytest.mark.xdist_group("kill"), pytest.mark.endurance]

#: Enough that checking and writing take long enough to be hit.
DOCUMENTS = 8_000


@pytest.fixture
def stored(own_stack: LiveStack) -> Iterator[Database]:
    variables = own_stack.variables
    with MongoClient(
        variables["MONGO_HOST"],
        username=variables["MONGO_USERNAME"],
        password=variables["MONGO_PASSWORD"],
    ) as client:
        yield client[variables["MONGO_DBNAME"]]


class Submission:
    """One body that nobody else sends, and what has become of it."""

    def __init__(self, stored: Database, name: str) -> None:
        study = a_study(name)
        self._stored = stored
        self._study_id = study["id"]
        samples = [
            each | {"id": f"nmdc:bsm-11-{name}{number}"}
            for number, each in enumerate(biosamples(DOCUMENTS, study_id=study["id"]))
        ]
        self.body = orjson.dumps({"study_set": [study], "biosample_set": samples})

    def how_many_are_there(self) -> int:
        """Count its documents in one snapshot, so that half a write would show."""
        with (
            self._stored.client.start_session(snapshot=True) as session,
        ):
            return self._stored["biosample_set"].count_documents(
                {"associated_studies": self._study_id}, session=session
            ) + self._stored["study_set"].count_documents({"id": self._study_id}, session=session)

    def how_often_it_was_applied(self) -> int:
        return self._stored["txn_log"].count_documents({"tgt.id": self._study_id})


def send(hub: Hub, body: bytes) -> None:
    """Send the body and do not care for the answer: it may never come."""
    try:
        hub.session.post(f"{hub.url}/metadata/json:submit", data=body, timeout=60)
    except requests.RequestException:
        return


def send_until_accepted(stack: LiveStack, body: bytes) -> str:
    """Send the same bytes again and again, as clients do; return the run."""
    accepted: list[str] = []

    def try_once() -> bool:
        answer = stack.hub().session.post(
            f"{stack.url}/metadata/json:submit", data=body, timeout=60
        )
        if answer.ok:
            accepted.append(answer.json()["detail"]["run_id"])
        return answer.ok

    eventually(try_once, what="the submission is accepted")
    return accepted[0]


def check_all_or_nothing(submission: Submission, *, for_s: float) -> None:
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        assert submission.how_many_are_there() in {0, DOCUMENTS + 1}
        time.sleep(0.2)


def finish(stack: LiveStack, submission: Submission) -> None:
    """Send again until it is done; then all is there, written once."""
    run_id = send_until_accepted(stack, submission.body)
    follow(stack.hub(), run_id, timeout_s=180, tell=lambda _: None)
    assert submission.how_many_are_there() == DOCUMENTS + 1
    assert submission.how_often_it_was_applied() == 1


@pytest.mark.parametrize("after_s", [0.1, 0.6])
def test_killing_the_hub_while_it_takes_a_submission(own_stack, stored, after_s):
    submission = Submission(stored, f"hub{int(after_s * 10)}")
    hub = own_stack.hub()
    sender = threading.Thread(target=send, args=(hub, submission.body))
    sender.start()
    time.sleep(after_s)

    own_stack.kill("fastapi")
    sender.join()

    eventually(
        lambda: requests.get(f"{own_stack.url}/health", timeout=5).ok, what="the hub is back"
    )
    check_all_or_nothing(submission, for_s=1)
    finish(own_stack, submission)


def test_killing_the_worker_while_it_writes(own_stack, stored):
    submission = Submission(stored, "worker")
    run_id = send_until_accepted(own_stack, submission.body)
    eventually(lambda: bool(own_stack.run_workers()), what="a worker runs")
    time.sleep(1)  # it imports, then reads, then writes

    for worker in own_stack.run_workers():
        worker.kill()

    check_all_or_nothing(submission, for_s=2)
    follow_to_the_end(own_stack, run_id, submission)
    assert submission.how_many_are_there() == DOCUMENTS + 1
    assert submission.how_often_it_was_applied() == 1


def follow_to_the_end(stack: LiveStack, run_id: str, submission: Submission) -> None:
    """Send again while the run is not complete, as a client does that sees it fail."""

    def is_complete() -> bool:
        assert send_until_accepted(stack, submission.body) == run_id
        status = requests.get(f"{stack.url}/runs/{run_id}", timeout=30).json()["status"]
        return bool(status == "COMPLETE")

    eventually(is_complete, what="the run is complete", timeout_s=240)


def test_killing_mongod_in_the_middle_of_a_submission(own_stack, stored):
    submission = Submission(stored, "mongod")
    hub = own_stack.hub()
    sender = threading.Thread(target=send, args=(hub, submission.body))
    sender.start()
    time.sleep(0.8)

    own_stack.kill("mongo")
    answer = requests.get(f"{own_stack.url}/nmdcschema/study_set", timeout=60)
    sender.join()

    assert answer.status_code in {200, 503}
    eventually(
        lambda: requests.get(f"{own_stack.url}/health", timeout=5).ok, what="MongoDB is back"
    )
    assert submission.how_many_are_there() in {0, DOCUMENTS + 1}
    finish(own_stack, submission)


def test_with_dagster_down_and_then_up_six_identical_posts_apply_once(own_stack, stored):
    submission = Submission(stored, "dagster")
    own_stack.kill("dagster-dagit")
    hub = own_stack.hub()
    refused = [
        hub.session.post(f"{own_stack.url}/metadata/json:submit", data=submission.body, timeout=60)
        for _ in range(3)
    ]
    assert refused[0].status_code == 503
    run_id = refused[0].json()["run_id"]
    assert refused[0].headers["Retry-After"]
    assert {each.json().get("run_id", run_id) for each in refused} == {run_id}

    accepted = {send_until_accepted(own_stack, submission.body) for _ in range(3)}

    assert accepted == {run_id}
    follow(own_stack.hub(), run_id, timeout_s=180, tell=lambda _: None)
    assert submission.how_many_are_there() == DOCUMENTS + 1
    assert submission.how_often_it_was_applied() == 1
    assert stored["_runtime.submissions"].count_documents({"id": run_id}) == 1

"""Parts of the stack die while runs are in the middle of their work: it is done, and once.

A tagged object, whose run a sensor asked for, and a submission, whose run the hub asked for, are
under way each time. All writes are held up until the part is dead, so that the run is neither done
before nor not yet begun.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.support.documents import a_study
from tests.support.flows import LONG_S, Desk
from tests.support.live_stack import LiveStack, eventually

pytestmark = [pytest.mark.xdist_group("kill"), pytest.mark.endurance]

#: Between two looks for whether all services are back.
PAUSE_S = 1.0


def is_back(stack: LiveStack) -> bool:
    """Say whether everything runs and answers again."""
    time.sleep(PAUSE_S)
    answer = requests.get(f"{stack.url}/health/ready", timeout=10)
    return answer.status_code == 200 and answer.json()["status"] == "ok"


def kill_workers(desk: Desk) -> None:
    eventually(lambda: bool(desk.stack.run_workers()), what="a worker runs")
    for worker in desk.stack.run_workers():
        worker.kill()


def kill_the_code_server_with_its_workers(desk: Desk) -> None:
    workers = desk.stack.run_workers()
    desk.stack.kill("dagster-code")
    for worker in workers:
        worker.kill()


def play(desk: Desk, name: str, outage: Callable[[Desk], Any]) -> None:
    """Take two studies in, with the outage in the middle, and see that each was applied once."""
    tagged, submitted = a_study(f"{name}tagged"), a_study(f"{name}submitted")
    object_id = desk.ingest(f"{name}.json", {"study_set": [tagged]})
    eventually(lambda: desk.job_of(object_id) is not None, what="a job", timeout_s=LONG_S)
    with desk.nobody_writes():  # from now on only, for MongoDB ends this after two minutes
        desk.wait_until_it_writes(object_id)
        run_id = desk.submit({"study_set": [submitted]})
        outage(desk)

    operation = desk.ended(object_id)
    assert operation["result"]["study_set"]["nUpserted"] == 1, operation
    desk.check_applied_once(tagged)
    eventually(lambda: desk.status(run_id) == "COMPLETE", what="the submission", timeout_s=LONG_S)
    desk.check_applied_once(submitted)
    eventually(lambda: is_back(desk.stack), what="all services are back", timeout_s=LONG_S)


def test_a_run_whose_worker_is_killed_is_asked_for_again_and_says_why(desk):
    play(desk, "worker", kill_workers)

    operation = desk.stored["operations"].find_one(
        {"metadata.last_error": {"$regex": "SIGKILL"}, "done": True}
    )
    assert operation["metadata"]["attempts"] == 1


@pytest.mark.parametrize(
    "service",
    ["dagster-daemon", "dagster-code", "dagster-dagit", "fastapi", "mongo", "s3"],
)
def test_a_killed_service_costs_no_work_and_doubles_none(desk, service):
    play(desk, service.replace("-", ""), lambda desk: desk.stack.kill(service))


def test_a_killed_postgresql_costs_no_work_and_doubles_none(desk):
    play(desk, "postgres", lambda desk: desk.stack.kill("postgres"))


def test_a_code_server_killed_with_its_workers_costs_no_work_and_doubles_none(desk):
    play(desk, "together", kill_the_code_server_with_its_workers)

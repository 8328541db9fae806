"""A hub is killed in the middle of a claim: the job is as free or as held as it says it is."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.config import Settings
from tests.support.servers import wait_until
from tests.support.uvicorn_hub import environment_of, running_hub

pytestmark = pytest.mark.xdist_group("kill")

#: A claim that finds nothing in its way takes less than this, also on a busy machine.
SOON_S = 10
#: Housekeeping ends what a dead process left open after 15 s, and comes round every 5 s.
SWEPT_S = 40


def as_site(url: str, settings: Settings) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.api_site_client_id,
        "client_secret": settings.api_site_client_secret.get_secret_value(),
    }
    answer = requests.post(f"{url}/token", data=form, timeout=30)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def post(
    url: str, path: str, headers: dict[str, str], *, within_s: float = 60, **more: Any
) -> dict[str, Any]:
    answer = requests.post(url + path, headers=headers, timeout=within_s, **more)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def create(url: str, headers: dict[str, str]) -> str:
    job = {"workflow": {"id": "test"}, "config": {}, "exclusive": True}
    return str(post(url, "/jobs", headers, json=job)["id"])


def check_agreement(database: Database, job_id: str) -> None:
    """Check that the job's live claims are those whose operations are open."""
    job = database["jobs"].find_one({"id": job_id})
    live = [each["op_id"] for each in job.get("claims", []) if not each.get("done")]
    opened = database["operations"].distinct("id", {"metadata.job.id": job_id, "done": False})
    assert sorted(live) == sorted(opened)
    assert len(live) <= 1


def test_a_hub_killed_between_operation_and_claim_leaves_nothing_in_the_way(settings, database):
    with ExitStack() as stack:
        url, pid = stack.enter_context(running_hub(settings))
        headers = as_site(url, settings)
        job_id = create(url, headers)
        # While somebody else writes to the job, its claim can only be tried again and again.
        session = stack.enter_context(database.client.start_session())
        session.start_transaction()
        database["jobs"].update_one({"id": job_id}, {"$set": {"held": True}}, session=session)
        claiming = stack.enter_context(ThreadPoolExecutor(1)).submit(
            requests.post, f"{url}/jobs/{job_id}:claim", headers=headers, timeout=60
        )
        time.sleep(0.5)
        assert not claiming.done()

        os.kill(pid, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            claiming.result(timeout=30)
        session.abort_transaction()

    assert database["operations"].count_documents({}) == 0
    with running_hub(settings) as (url, _):
        headers = as_site(url, settings)
        post(url, f"/jobs/{job_id}:claim", headers, within_s=SOON_S)
    check_agreement(database, job_id)


@pytest.mark.endurance
def test_hubs_killed_at_any_moment_of_many_claims_leave_no_job_half_claimed(settings, database):
    with ExitStack() as stack:
        url, pid = stack.enter_context(running_hub(settings))
        headers = as_site(url, settings)
        jobs = [create(url, headers) for _ in range(40)]
        answered: list[str] = []
        stopped = threading.Event()

        def work(first: int) -> None:
            with requests.Session() as session:
                while not stopped.is_set():
                    for job_id in jobs[first::4]:
                        for verb in ("claim", "release"):
                            try:
                                answer = session.post(
                                    f"{url}/jobs/{job_id}:{verb}", headers=headers, timeout=60
                                )
                            except requests.ConnectionError:
                                return
                            assert answer.status_code == 200
                            answered.append(job_id)

        with ThreadPoolExecutor(4) as pool:
            working = [pool.submit(work, first) for first in range(4)]
            wait_until(lambda: len(answered) > 40, timeout_s=60, what="claims")
            os.kill(pid, signal.SIGKILL)
            stopped.set()
            for each in working:
                each.result()

    with running_hub(settings) as (url, _):
        headers = as_site(url, settings)
        for job_id in jobs:
            post(url, f"/jobs/{job_id}:claim", headers)
    for job_id in jobs:
        check_agreement(database, job_id)


#: Claims the job in a transaction, says so, and never comes to commit it.
DYING = """
import sys, time
from nmdc_runtime.config import Settings
from nmdc_runtime.jobs.models import JobClaim
from nmdc_runtime.wiring import open_services

with open_services(Settings()) as services:
    def claim(tx):
        services.jobs.jobs.take(sys.argv[1], JobClaim(op_id="dead", site_id="dead"), tx=tx)
        print("taken", flush=True)
        time.sleep(600)
    services.transactions.run(claim)
"""


@pytest.mark.endurance
def test_what_a_process_had_written_to_when_it_died_is_free_again_soon(settings, database):
    with running_hub(settings) as (url, _):
        headers = as_site(url, settings)
        job_id = create(url, headers)
        dying = subprocess.Popen(
            [sys.executable, "-c", DYING, job_id],
            env={**os.environ, **environment_of(settings)},
            stdout=subprocess.PIPE,
        )
        assert dying.stdout is not None
        with dying.stdout:
            assert dying.stdout.readline() == b"taken\n"
            dying.kill()
            dying.wait()

        post(url, f"/jobs/{job_id}:claim", headers, within_s=SWEPT_S)

    check_agreement(database, job_id)
    claims = database["jobs"].find_one({"id": job_id})["claims"]
    assert [each["site_id"] for each in claims] == [settings.api_site_id]

"""Processes killed while they apply plans: who comes next ends it, forward or back, once."""

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import closing

import orjson
import pytest

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.plans.errors import PlanRolledBack
from tests.support.documents import a_study, biosamples, body_of
from tests.support.plans import all_of, leftovers, with_small_journal
from tests.support.refscan import check_integrity
from tests.support.servers import wait_until

#: Applies what it is told of, with a journal of small steps or in one transaction.
APPLIER = """
import json, sys
from datetime import timedelta

import orjson
from pydantic import SecretStr

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.wiring import open_services
from tests.support.plans import with_small_journal

facts = json.loads(sys.stdin.readline())
settings = Settings(
    environment=Environment.TEST,
    mongo_host=facts["url"],
    mongo_dbname=facts["database"],
    jwt_secret_key=SecretStr("0123456789abcdef" * 4),
)
with open_services(settings) as services:
    submissions = with_small_journal(services) if facts["large"] else services.submissions
    documents = orjson.loads(sys.stdin.readline())
    submissions.apply(facts["operation"], documents, dagster_run_id=facts["run"])
"""
COUNT = 300
STUDY_ID = "nmdc:sty-11-abc123"
DOCUMENTS = {
    "study_set": [a_study()],
    "biosample_set": biosamples(COUNT, study_id=STUDY_ID),
}
BODY = body_of(DOCUMENTS)
WRITTEN = ("study_set", "biosample_set", "txn_log")


@pytest.fixture
def start(services, orchestrator, database, mongo_url):
    """Return what starts a process that applies the submission."""
    run_id = services.submissions.submit(BODY, username="alice")
    run = orchestrator.runs[-1]
    started = []

    def start(*, large):
        facts = {
            "url": mongo_url,
            "database": database.name,
            "operation": run.operation_id,
            "run": run.run_id,
            "large": large,
        }
        process = subprocess.Popen([sys.executable, "-c", APPLIER], stdin=subprocess.PIPE)
        started.append(process)
        with closing(process.stdin) as stdin:
            stdin.write(json.dumps(facts).encode() + b"\n" + BODY + b"\n")
        return process

    yield run_id, run, start
    for process in started:
        process.kill()
        process.wait()


def kill_when(process, condition, *, delay_s):
    """Kill the process a moment after the condition holds, wherever it then is."""
    wait_until(lambda: condition() or process.poll() is not None, timeout_s=60, what="its work")
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()


def steps_made(database):
    return database["_runtime.journal_steps"].count_documents({"by": "done"})


#: When it is killed: how many of its steps are made, about.
@pytest.mark.parametrize("steps", [0, 25, 55])
def test_a_large_plan_whose_process_is_killed_is_ended_by_the_next(
    *, services, database, start, steps
):
    run_id, run, start_process = start
    process = start_process(large=True)
    journals = database["_runtime.journals"]
    kill_when(
        process,
        lambda: journals.count_documents({}) and steps_made(database) >= steps,
        delay_s=random.Random(steps).random() * 0.02,
    )
    check_integrity(database)

    counts = with_small_journal(services).apply(
        run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id
    )

    assert counts["biosample_set"]["nUpserted"] == COUNT
    assert database["biosample_set"].count_documents({}) == COUNT
    assert database["txn_log"].count_documents({"plan_id": run_id}) == COUNT + 1
    assert len(list(services.plans.plans.read_changes(run_id))) == COUNT + 1
    assert database["run_events"].count_documents({"type": "COMPLETE"}) == 1
    assert not leftovers(database)
    check_integrity(database)


def test_a_large_plan_whose_process_is_killed_while_it_undoes_is_undone_by_the_next(
    services, database, start
):
    run_id, run, start_process = start
    database["study_set"].insert_one(a_study())
    rival = DOCUMENTS["biosample_set"][-1] | {"id": "nmdc:bsm-11-rival"}
    database["biosample_set"].insert_one(rival)
    before = all_of(database, *WRITTEN)

    journals = database["_runtime.journals"]
    process = start_process(large=True)
    kill_when(
        process,
        lambda: journals.count_documents({"phase": "backward"}) and steps_made(database) < 40,
        delay_s=0.01,
    )
    assert 0 < steps_made(database) <= 40
    again = start_process(large=True)
    kill_when(again, lambda: steps_made(database) < 20, delay_s=0.01)
    check_integrity(database)

    with pytest.raises((PlanRolledBack, MetadataInvalid), match="sample 299"):
        with_small_journal(services).apply(
            run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id
        )

    assert all_of(database, *WRITTEN) == before
    assert services.plans.get(run_id).status == "failed"
    assert services.runs.summary(run_id).status == "FAIL"
    assert not leftovers(database)


@pytest.mark.parametrize("delay_s", [0.0, 0.04, 0.15])
def test_a_plan_of_one_transaction_whose_process_is_killed_is_applied_once(
    *, services, database, start, delay_s
):
    run_id, run, start_process = start
    process = start_process(large=False)
    writers = database["_runtime.submission_writers"]
    kill_when(process, lambda: writers.count_documents({}), delay_s=delay_s)
    assert database["biosample_set"].count_documents({}) in {0, COUNT}

    services.submissions.apply(run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id)

    assert database["biosample_set"].count_documents({}) == COUNT
    assert database["txn_log"].count_documents({"plan_id": run_id}) == COUNT + 1
    assert database["run_events"].count_documents({"type": "COMPLETE"}) == 1
    check_integrity(database)

"""Reverts of processes that are killed, and of plans that were applied step by step."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta

import orjson
import pytest

from nmdc_runtime.plans.models import Cause, PlanKind, PlanStatus
from tests.support.documents import a_study, biosamples, body_of
from tests.support.plans import all_of, with_small_journal
from tests.support.refscan import check_integrity

REVERTER = """
import json, sys

from pydantic import SecretStr

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.wiring import open_services

facts = json.loads(sys.argv[1])
settings = Settings(
    environment=Environment.TEST,
    mongo_host=facts["url"],
    mongo_dbname=facts["database"],
    jwt_secret_key=SecretStr("0123456789abcdef" * 4),
)
with open_services(settings) as services:
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    services.reverts.revert(facts["plan"])
"""
STUDY = a_study()
WRITTEN = ("study_set", "biosample_set")


#: How long the process works on it before it is killed.
@pytest.mark.parametrize("delay_s", [0.02, 0.12])
def test_a_revert_that_is_killed_has_happened_or_not_and_can_be_asked_for_again(
    services, database, mongo_url, delay_s
):
    cause = Cause(plan_id="nmdc:sys0plan", kind=PlanKind.JSON, operation_id="op")
    documents = {"study_set": [STUDY], "biosample_set": biosamples(500, study_id=STUDY["id"])}
    services.plans.run(
        lambda tx: services.plans.apply(
            services.plans.plan_documents(documents, tx=tx), cause=cause, tx=tx
        )
    )
    applied = all_of(database, *WRITTEN)
    facts = {"url": mongo_url, "database": database.name, "plan": cause.plan_id}
    command = [sys.executable, "-c", REVERTER, json.dumps(facts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)

    services.transactions.end_abandoned(idle_for=timedelta(0))
    is_reverted = services.plans.get(cause.plan_id).reverted_by is not None
    found = all_of(database, *WRITTEN)
    assert found == ({name: [] for name in WRITTEN} if is_reverted else applied)
    check_integrity(database)

    revert = services.reverts.revert(cause.plan_id)

    assert all_of(database, *WRITTEN) == {name: [] for name in WRITTEN}
    assert revert.status is PlanStatus.APPLIED
    assert database["txn_log"].count_documents({"plan_id": revert.id}) == 501
    assert database["_runtime.plans"].count_documents({"reverts": cause.plan_id}) == 1


def test_a_plan_that_was_applied_step_by_step_is_undone_as_a_whole(
    services, database, orchestrator
):
    database["study_set"].insert_one(STUDY | {"title": "from a dump"})
    before = all_of(database, *WRITTEN)
    samples = biosamples(40, study_id="nmdc:sty-11-new")
    body = body_of({"study_set": [STUDY, a_study("new")], "biosample_set": samples})
    plan_id = services.submissions.submit(body, username="alice")
    run = orchestrator.runs[-1]
    with_small_journal(services).apply(
        run.operation_id, orjson.loads(body), dagster_run_id=run.run_id
    )
    assert database["biosample_set"].count_documents({}) == 40
    versions, _ = services.histories.versions("study_set", STUDY["id"], size=0)
    assert [(each.submission, each.by) for each in versions] == [(None, None), (plan_id, "alice")]

    services.reverts.revert(plan_id)

    assert all_of(database, *WRITTEN) == before

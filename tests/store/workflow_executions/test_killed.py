"""Killed while it submits and deletes: each has happened as a whole, or not at all."""

import itertools
import json
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from nmdc_runtime.mongo.transactions import Transactions
from tests.support.executions import an_execution, links, payload, plant_sequencing
from tests.support.servers import wait_until

#: Submits run 1, run 2, ...; from the third on it deletes the one before the last, too.
WORKER = """
import json, sys
from itertools import count

from pydantic import SecretStr

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.config.sections import QuerySettings
from nmdc_runtime.schema.body import Body
from nmdc_runtime.wiring import open_services

facts = json.loads(sys.stdin.readline())
settings = Settings(
    environment=Environment.TEST,
    mongo_host=facts["url"],
    mongo_dbname=facts["database"],
    jwt_secret_key=SecretStr("0123456789abcdef" * 4),
    queries=QuerySettings(deleted_database=facts["deleted"]),
)
with open_services(settings) as services:
    executions = services.workflow_executions
    for run in count(1):
        body = facts["body"].replace("RUN", str(run))
        executions.taking_in.submit(Body(body.encode()), username="tester")
        if run > 2:
            executions.deletion.delete(f"nmdc:wfrqc-11-a.{run - 1}")
"""
#: Longer than any step of a transaction here.
IDLE_FOR = timedelta(seconds=3)


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.031])
def test_killed_while_it_submits_and_deletes_it_leaves_whole_runs_linked(
    *, database, settings, mongo_client, mongo_url, delay_s
):
    deleted = mongo_client[settings.queries.deleted_database]
    mongo_client.drop_database(deleted.name)
    plant_sequencing(database)
    body = payload(an_execution("wfrqc-a.RUN", outputs=("oRUN", "pRUN")), data=("oRUN", "pRUN"))
    facts = {
        "url": mongo_url,
        "database": database.name,
        "deleted": deleted.name,
        "body": json.dumps(body),
    }
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE)
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(facts).encode() + b"\n")
    worker.stdin.flush()
    audit = database["_runtime.audit"]
    wait_until(lambda: audit.count_documents({}) >= 6, timeout_s=60, what="changes")
    time.sleep(delay_s)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdin.close()
    time.sleep(IDLE_FOR.total_seconds())
    Transactions(mongo_client).end_abandoned(idle_for=IDLE_FOR)

    submitted = audit.count_documents({"action": "submit_workflow_executions"})
    gone = audit.count_documents({"action": "delete_workflow_execution"})
    assert submitted - gone in {2, 3}
    left = [1, *range(gone + 2, submitted + 1)]
    stored = database["workflow_execution_set"].distinct("id")
    assert sorted(stored) == sorted(f"nmdc:wfrqc-11-a.{run}" for run in left)
    names = sorted(f"nmdc:dobj-11-{letter}{run}" for run in left for letter in "op")
    assert sorted(database["data_object_set"].distinct("id", {"id": {"$regex": "[op][0-9]"}})) == (
        names
    )
    assert links(database) == {
        short: f"wfrqc-a.{newer}"
        for older, newer in itertools.pairwise(left)
        for short in (f"wfrqc-a.{older}", f"o{older}", f"p{older}")
    }
    assert deleted["workflow_execution_set"].count_documents({}) == gone
    assert deleted["data_object_set"].count_documents({}) == 2 * gone
    assert database["_runtime.plans"].count_documents({"status": "applied"}) == submitted + gone

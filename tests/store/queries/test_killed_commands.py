"""Killed while it runs commands: each has happened as a whole, with its images, or not at all."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from nmdc_runtime.mongo.transactions import Transactions
from tests.support.documents import a_study
from tests.support.servers import wait_until

#: Updates all studies, then deletes a group of rows, for as long as it lives.
CHANGER = """
import json, sys
from itertools import count

from pydantic import SecretStr

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.config.sections import QuerySettings
from nmdc_runtime.queries.models import DeleteCommand, UpdateCommand
from nmdc_runtime.wiring import open_services

facts = json.loads(sys.stdin.readline())
settings = Settings(
    environment=Environment.TEST,
    mongo_host=facts["url"],
    mongo_dbname=facts["database"],
    jwt_secret_key=SecretStr("0123456789abcdef" * 4),
    queries=QuerySettings(deleted_database=facts["deleted"], updated_database=facts["updated"]),
)
with open_services(settings) as services:
    for number in count():
        change = {"$set": {"description": f"round {number}"}}
        services.queries.update(
            UpdateCommand(update="study_set", updates=[{"q": {}, "u": change, "multi": True}]),
            allow_broken_refs=False,
        )
        services.queries.delete(
            DeleteCommand(
                delete="functional_annotation_agg", deletes=[{"q": {"count": number}, "limit": 0}]
            ),
            allow_broken_refs=False,
        )
"""
STUDIES = 120
GROUP = 40
#: Longer than any step of a transaction here.
IDLE_FOR = timedelta(seconds=3)


@pytest.mark.parametrize("delay_s", [0.0, 0.029, 0.061])
def test_killed_while_it_changes_documents_it_leaves_all_of_a_command_or_nothing(
    *, database, settings, mongo_client, mongo_url, delay_s
):
    names = settings.queries
    deleted, updated = mongo_client[names.deleted_database], mongo_client[names.updated_database]
    for each in (deleted, updated):
        mongo_client.drop_database(each.name)
    database["study_set"].insert_many([a_study(f"s{number}") for number in range(STUDIES)])
    rows = database["functional_annotation_agg"]
    rows.insert_many([{"count": number // GROUP} for number in range(GROUP * 200)])
    facts = {
        "url": mongo_url,
        "database": database.name,
        "deleted": deleted.name,
        "updated": updated.name,
    }
    changer = subprocess.Popen([sys.executable, "-c", CHANGER], stdin=subprocess.PIPE)
    assert changer.stdin is not None
    changer.stdin.write(json.dumps(facts).encode() + b"\n")
    changer.stdin.flush()
    audit = database["_runtime.audit"]
    wait_until(lambda: audit.count_documents({}) >= 5, timeout_s=60, what="commands")
    time.sleep(delay_s)
    changer.send_signal(signal.SIGKILL)
    changer.wait()
    changer.stdin.close()
    time.sleep(IDLE_FOR.total_seconds())
    Transactions(mongo_client).end_abandoned(idle_for=IDLE_FOR)

    updates = audit.count_documents({"action": "update_by_query"})
    deletes = audit.count_documents({"action": "delete_by_query"})
    assert updates - deletes in {0, 1}
    assert database["study_set"].distinct("description") == [f"round {updates - 1}"]
    assert updated["study_set"].count_documents({}) == STUDIES * updates
    assert database["txn_log"].count_documents({"type": "update"}) == STUDIES * updates
    plans = database["_runtime.plans"]
    for kind, number in (("update_by_query", updates), ("delete_by_query", deletes)):
        assert plans.count_documents({"kind": kind, "status": "applied"}) == number
    assert plans.count_documents({}) == updates + deletes
    recorded = list(database["_runtime.plan_changes"].find())
    assert {each["plan"] for each in recorded} == set(plans.distinct("id"))
    assert sum(len(each["changes"]) for each in recorded) == STUDIES * updates + GROUP * deletes
    assert sorted(rows.distinct("count")) == list(range(deletes, 200))
    assert rows.count_documents({}) == GROUP * (200 - deletes)
    assert deleted["functional_annotation_agg"].count_documents({}) == GROUP * deletes

"""``DELETE /workflows/workflow_executions/{id}``: what goes, what stays, and what is mended."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.executions import (
    RAW,
    aggregates,
    an_execution,
    data_id,
    execution_id,
    links,
    payload,
)
from tests.support.people import a_user

REFUSAL = "Only specific users are allowed to issue update and delete commands."
DONE = "Workflow execution and dependencies deleted successfully"
KEPT = ("workflow_execution_set", "data_object_set", "functional_annotation_agg", "jobs")


@pytest.fixture
def delete(hub, as_admin):
    """Return what deletes as the administrator."""

    def delete(name: str, query: str = "", headers: Any = None) -> Any:
        return hub.delete(
            f"/workflows/workflow_executions/{execution_id(name)}{query}",
            headers=as_admin if headers is None else headers,
        )

    return delete


def ids(database, collection: str) -> set[str]:
    return set(database[collection].distinct("id"))


def contents(database) -> dict[str, list[Any]]:
    names = (*KEPT, "operations", "txn_log", "_runtime.plans", "_runtime.audit")
    return {name: list(database[name].find().sort("_id")) for name in names}


def lists(answer) -> list[list[str]]:
    """Return executions, data objects, aggregates and jobs that an answer says are deleted."""
    kinds = ("workflow_execution_ids", "data_object_ids", "functional_annotation_agg_oids")
    return [answer.json()[f"deleted_{kind}"] for kind in (*kinds, "job_ids")]


def test_a_simple_execution_goes_with_its_output_and_nothing_else(
    submit, delete, database, mongo_client, settings
):
    submit(payload(an_execution("wfrqc-a.1", outputs=("one",)), data=("one", "other")))
    whole = database["workflow_execution_set"].find_one({"id": execution_id("wfrqc-a.1")})

    answer = delete("wfrqc-a.1")

    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == DONE
    assert lists(answer) == [[execution_id("wfrqc-a.1")], [data_id("one")], [], []]
    assert ids(database, "workflow_execution_set") == set()
    assert ids(database, "data_object_set") == {RAW, data_id("spare"), data_id("other")}
    deleted = mongo_client[settings.queries.deleted_database]
    copy = deleted["workflow_execution_set"].find_one({"doc.id": whole["id"]})
    assert (copy["doc"], copy["by"]) == (whole, "admin")
    assert abs(copy["deleted_at"] - datetime.now(UTC)).total_seconds() < 60
    assert deleted["data_object_set"].count_documents({"doc.id": data_id("one")}) == 1
    assert delete("wfrqc-a.1").status_code == 404, "sent again"


def test_all_that_follows_goes_too_and_what_was_superseded_is_no_longer(submit, delete, database):
    """Must hold, api-write 15: the cascade, with jobs and aggregates, and what stays."""
    submit(payload(an_execution("wfrqc-a.1", outputs=("old",)), data=("old", "elsewhere")))
    submit(
        payload(
            an_execution("wfrqc-a.2", outputs=("reads",)),
            an_execution("wfmgas-b.1", inputs=("reads",), outputs=("contigs",)),
            an_execution("wfmgan-c.1", inputs=("contigs", "elsewhere"), outputs=("genes",)),
            an_execution("wfmgan-d.1", inputs=("elsewhere",), outputs=("others",)),
            data=("reads", "contigs", "genes", "others"),
            functional_annotation_agg=[
                *aggregates("wfmgan-c.1", 1, 2),
                *aggregates("wfmgan-d.1", 3),
            ],
        )
    )
    assert links(database) == {"wfrqc-a.1": "wfrqc-a.2", "old": "wfrqc-a.2"}
    for job_id, activity in (("job1", "wfmgas-b.1"), ("job2", "wfmgan-d.1")):
        config = {"activity_id": execution_id(activity)}
        database["jobs"].insert_one(
            {"id": job_id, "workflow": {"id": "w"}, "config": config, "claims": []}
        )
    rows = {
        str(each["_id"])
        for each in database["functional_annotation_agg"].find({"count": {"$lt": 3}})
    }
    before = contents(database)

    told = delete("wfrqc-a.2", "?dry_run=true")
    assert contents(database) == before, "a dry run changes nothing"
    answer = delete("wfrqc-a.2")

    gone = [execution_id(each) for each in ("wfmgan-c.1", "wfmgas-b.1", "wfrqc-a.2")]
    made = [data_id(each) for each in ("contigs", "genes", "reads")]
    assert lists(answer) == lists(told) == [gone, made, sorted(rows), ["job1"]]
    assert answer.json()["message"] == DONE != told.json()["message"]
    stay = {execution_id("wfrqc-a.1"), execution_id("wfmgan-d.1")}
    assert ids(database, "workflow_execution_set") == stay
    assert {data_id("old"), data_id("elsewhere"), RAW} < ids(database, "data_object_set")
    assert ids(database, "jobs") == {"job2"}
    assert [each["count"] for each in database["functional_annotation_agg"].find()] == [3]
    assert links(database) == {}
    plan = database["_runtime.plans"].find_one({"kind": "workflow_execution_delete"})
    assert (plan["status"], plan["username"]) == ("applied", "admin")
    assert plan["counts"]["data_object_set"]["deleted"] == 3
    assert database["txn_log"].count_documents({"type": "delete", "plan_id": plan["id"]}) == 8


def test_what_a_deleted_run_superseded_is_superseded_by_the_next_one(submit, delete, database):
    for run in (1, 2, 3):
        output = f"o{run}"
        submit(payload(an_execution(f"wfrqc-a.{run}", outputs=(output,)), data=(output,)))

    assert delete("wfrqc-a.2").status_code == 200

    assert links(database) == {"wfrqc-a.1": "wfrqc-a.3", "o1": "wfrqc-a.3"}


def test_an_output_that_a_kept_execution_has_made_too_stays(submit, delete, database):
    """Published: it goes, and the kept execution names what is not there (api-write D-21)."""
    submit(payload(an_execution("wfrqc-a.1", outputs=("both", "one")), data=("both", "one")))
    submit(payload(an_execution("wfrqc-b.1", outputs=("both",))))
    where = {"id": data_id("both")}
    generated = {"$set": {"was_generated_by": execution_id("wfrqc-a.1")}}
    database["data_object_set"].update_one(where, generated)

    answer = delete("wfrqc-a.1")

    assert lists(answer) == [[execution_id("wfrqc-a.1")], [data_id("one")], [], []]
    kept = database["data_object_set"].find_one(where)
    assert kept["was_generated_by"] == execution_id("wfrqc-b.1"), "who has made it is there"


def test_circles_missing_outputs_and_claimed_jobs_are_no_obstacle(
    submit, delete, hub, as_site, database
):
    """Published: 418, with half of it deleted already (api-write D-21)."""
    database["workflow_execution_set"].insert_many(
        [
            an_execution("wfrqc-a.1", inputs=("two",), outputs=("one",)),
            an_execution("wfrqc-b.1", inputs=("one",), outputs=("two",)),
        ]
    )
    made = hub.post(
        "/jobs",
        json={"workflow": {"id": "w"}, "config": {"activity_id": execution_id("wfrqc-b.1")}},
        headers=as_site,
    ).json()
    operation = hub.post(f"/jobs/{made['id']}:claim", headers=as_site).json()

    answer = delete("wfrqc-a.1")

    both = [execution_id("wfrqc-a.1"), execution_id("wfrqc-b.1")]
    assert lists(answer) == [both, [], [], [made["id"]]]
    closed = hub.get(f"/operations/{operation['id']}").json()
    assert closed["done"] is True
    assert closed["metadata"]["cancelled"] is True
    assert execution_id("wfrqc-a.1") in closed["result"]["message"]
    assert hub.post(f"/jobs/{made['id']}:release", headers=as_site).status_code == 404


def test_an_unknown_id_and_a_caller_without_the_allowance_change_nothing(
    *, submit, delete, hub, as_admin, as_site, database
):
    submit(payload(an_execution("wfrqc-a.1")))
    before = contents(database)

    unknown = delete("wfrqc-b.1")
    refused = delete("wfrqc-a.1", headers=as_site)

    assert unknown.status_code == 404
    assert unknown.json()["detail"] == f"Workflow execution {execution_id('wfrqc-b.1')} not found"
    assert delete("wfrqc-b.1", "?dry_run=true").status_code == 404
    assert (refused.status_code, refused.json()["detail"]) == (403, REFUSAL)
    assert contents(database) == before
    nobody = a_user(hub, as_admin, "nobody")
    assert delete("wfrqc-a.1", headers=nobody).status_code == 403
    assert delete("wfrqc-a.1", "?dry_run=true", headers=nobody).status_code == 403

"""``POST /workflows/workflow_executions``: what is stored, linked, refused, and sent again."""

import gzip

import pytest

from tests.support.documents import a_study, body_of
from tests.support.executions import (
    a_data_object,
    aggregates,
    an_execution,
    data_id,
    execution_id,
    links,
    payload,
)
from tests.support.people import a_user, allow

REFUSAL = "Only specific users can submit workflow executions."
INVALID = (
    "Request payload must represent a valid 'nmdc:Database' instance that includes a "
    "'workflow_execution_set' collection. Validation result: "
)
CHANGED = ("workflow_execution_set", "data_object_set", "functional_annotation_agg", "txn_log")


def contents(database) -> dict[str, list]:
    """Return all that a submission may change."""
    return {
        name: list(database[name].find().sort("_id"))
        for name in (*CHANGED, "_runtime.plans", "_runtime.audit")
    }


def test_an_execution_is_stored_with_all_that_comes_with_it_once(submit, database):
    body = payload(
        an_execution("wfmgan-a.1", outputs=("one", "two")),
        data=("one", "two"),
        functional_annotation_agg=aggregates("wfmgan-a.1", 3, 4),
        study_set=[a_study()],
    )

    answer = submit({"@type": "whatever"} | body)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"message": "Inserted 6 documents"}
    stored = database["workflow_execution_set"].find_one({}, {"_id": 0})
    assert stored == body["workflow_execution_set"][0], "no field of ours"
    assert database["functional_annotation_agg"].count_documents({}) == 2
    assert database["study_set"].find_one()["provenance_metadata"]["add_date"]
    plan = database["_runtime.plans"].find_one()
    assert (plan["kind"], plan["status"]) == ("workflow_executions", "applied")
    assert database["txn_log"].count_documents({"plan_id": plan["id"], "by": "admin"}) == 6
    before = contents(database)

    again = submit(body)

    assert (again.status_code, again.json()) == (200, {"message": "Inserted 6 documents"})
    assert contents(database) == before, "sent again, it changes nothing"


def test_a_newer_run_supersedes_the_one_before_it_and_a_retry_of_either_changes_nothing(
    submit, database
):
    first = payload(an_execution("wfrqc-a.1", outputs=("one", "both")), data=("one", "both"))
    second = payload(an_execution("wfrqc-a.2", outputs=("two", "both")), data=("two",))
    submit(first)

    told = submit(second, "?dry_run=true")

    successor = {"superseded_by": execution_id("wfrqc-a.2")}
    outdated = [
        {"collection": "data_object_set", "id": data_id("both"), **successor},
        {"collection": "data_object_set", "id": data_id("one"), **successor},
        {
            "collection": "workflow_execution_set",
            "id": execution_id("wfrqc-a.1"),
            **successor,
        },
    ]
    assert told.json()["message"] == "Dry run: Inserted 2 documents"
    assert told.json()["superseded"] == outdated
    assert told.json()["plan"]["counts"]["workflow_execution_set"] == {
        "inserted": 1,
        "replaced": 1,
        "deleted": 0,
        "unchanged": 0,
    }
    assert links(database) == {}, "a dry run changes nothing"
    assert submit(second).json() == {"message": "Inserted 2 documents"}
    linked = {"wfrqc-a.1": "wfrqc-a.2", "one": "wfrqc-a.2", "both": "wfrqc-a.2"}
    assert links(database) == linked
    assert submit(first).status_code == submit(second).status_code == 200
    assert links(database) == linked


def test_runs_sent_together_are_linked_with_each_other_and_with_those_stored(submit, database):
    submit(payload(an_execution("wfrqc-a.1", outputs=("o1",)), data=("o1",)))
    submit(payload(an_execution("wfrqc-a.2", outputs=("o2",)), data=("o2", "o3")))
    submit(payload(an_execution("wfrqc-a.5", outputs=("o5",)), data=("o5",)))
    assert links(database)["wfrqc-a.2"] == "wfrqc-a.5", "across the gap"

    submit(
        payload(
            an_execution("wfrqc-a.3", outputs=("o3",)),
            an_execution("wfrqc-a.4", outputs=("o4",)),
            data=("o4",),
        )
    )

    chain = {f"wfrqc-a.{run}": f"wfrqc-a.{run + 1}" for run in range(1, 5)}
    assert links(database) == chain | {f"o{run}": f"wfrqc-a.{run + 1}" for run in range(1, 5)}


def test_what_is_stored_with_other_content_is_a_conflict_that_names_it(submit, database):
    body = payload(an_execution("wfrqc-a.1", outputs=("one",)), data=("one",))
    submit(body)
    before = contents(database)

    answer = submit(
        payload(
            an_execution("wfrqc-a.1", outputs=("one",), version="v2"),
            an_execution("wfrqc-a.2"),
            data_object_set=[a_data_object("one", description="another")],
        )
    )

    assert answer.status_code == 409
    assert answer.json()["existing_ids"] == {
        "data_object_set": [data_id("one")],
        "workflow_execution_set": [execution_id("wfrqc-a.1")],
    }
    assert execution_id("wfrqc-a.1") in answer.json()["detail"]
    assert contents(database) == before


def test_a_dangling_reference_is_refused_by_name_and_nothing_is_stored(submit, database):
    before = contents(database)

    answer = submit(payload(an_execution("wfrqc-a.1", was_informed_by=["nmdc:dgns-11-nowhere"])))

    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail.startswith(INVALID)
    assert all(word in detail for word in ("errors", "workflow_execution_set", "was_informed_by"))
    assert "has_input" not in detail
    assert "has_output" not in detail
    assert answer.json()["errors"][0]["pointer"] == "/workflow_execution_set/0/was_informed_by/0"
    assert contents(database) == before


def test_what_is_no_database_with_executions_is_refused(submit, hub, as_admin, database):
    before = contents(database)
    long_run = an_execution("wfrqc-a.1") | {"id": f"{execution_id('wfrqc-a')}.{'1' * 6000}"}
    bodies = {
        b'{"study_set": []}': "'result': 'All Okay!'",
        b"{}": "'result': 'All Okay!'",
        b'{"workflow_execution_set": null}': "workflow_execution_set",
        b'{"workflow_execution_set": {}}': "workflow_execution_set",
        b'{"workflow_execution_set": [1]}': "workflow_execution_set",
        b'{"workflow_execution_set": [], "study_set": null}': "study_set",
        b'{"workflow_execution_set": [], "workflow_execution_set": []}': "more than once",
        b'{"@type": 1, "workflow_execution_set": [{}]}': "workflow_execution_set",
        b'{"workflow_execution_set": [], "nothing_set": []}': "nothing_set",
        body_of(payload(an_execution("wfrqc-a"))): "wfrqc-11-a",
        body_of(payload(an_execution("wfrqc-a.0"))): "wfrqc-11-a.0",
        body_of(payload(an_execution("wfrqc-a.1"), an_execution("wfrqc-a.1"))): "wfrqc-11-a.1",
        body_of(payload(long_run)): "is not in the format required by our supersession",
        b'{"@type": 1, "workflow_execution_set": [], "study_set": [{"n": 1%s}]}'
        % (b"0" * 30): "id",
        b"[]": "JSON",
        b'{"workflow_execution_set": [': "JSON",
        b"": "JSON",
    }

    for body, said in bodies.items():
        answer = hub.post("/workflows/workflow_executions", content=body, headers=as_admin)
        assert answer.status_code == 422, body[:100]
        assert said in str(answer.json()["detail"]), body[:100]
    assert contents(database) == before


def test_nothing_to_do_is_done(submit, hub, as_admin, database):
    before = contents(database)

    assert submit({"workflow_execution_set": []}).json() == {"message": "Done"}
    compressed = hub.post(
        "/workflows/workflow_executions",
        content=gzip.compress(body_of({"@type": "Database", "workflow_execution_set": []})),
        headers=as_admin | {"Content-Encoding": "gzip"},
    )

    assert compressed.json() == {"message": "Done"}
    assert contents(database) == before


def test_a_key_gives_the_first_answer_again_even_if_the_documents_have_changed_since(
    submit, database
):
    body = payload(an_execution("wfrqc-a.1"))
    key = {"Idempotency-Key": "mine"}
    first = submit(body, **key)
    database["workflow_execution_set"].update_one({}, {"$set": {"name": "changed"}})

    assert submit(body).status_code == 409
    assert submit(body, **key).json() == first.json() == {"message": "Inserted 1 documents"}
    assert submit(payload(an_execution("wfrqc-b.1")), **key).status_code == 422


@pytest.mark.parametrize("caller", ["user", "client"])
def test_the_allowance_decides_for_users_and_for_site_clients(
    *, submit, hub, as_admin, as_site, database, caller
):
    name = {"user": "submitter", "client": "own-client"}[caller]
    headers = a_user(hub, as_admin, name) if caller == "user" else as_site
    body = payload(an_execution("wfrqc-a.1"))

    refused = submit(body, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (403, REFUSAL)
    assert database["workflow_execution_set"].count_documents({}) == 0

    allow(hub, as_admin, name, "/metadata/json:submit")
    assert submit(body, headers=headers).status_code == 200


def test_activities_are_gone(hub, as_site, as_admin):
    gone = hub.post("/workflows/activities", json={"activity_set": []}, headers=as_site)

    assert gone.status_code == 410
    assert gone.json() == (
        "DEPRECATED: POST your request to `/workflows/workflow_executions` instead."
    )
    assert hub.post("/workflows/activities", json=[], headers=as_site).status_code == 422
    assert hub.post("/workflows/activities", json={}, headers=as_admin).status_code == 401

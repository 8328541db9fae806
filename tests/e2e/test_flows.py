"""What makes the Runtime work by itself, from the event to its result, on the whole stack.

All of it is set off at once, what cannot be done first: it must keep none of the rest from being
done. Each test then waits for its own part.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.runs.store import RUN_REQUESTS
from tests.support.documents import a_study, body_of
from tests.support.flows import LONG_S, SHEET_TYPE, Desk
from tests.support.live_stack import eventually

# On the stack of the tests that kill: they leave it as it was.
pytestmark = pytest.mark.xdist_group("kill")


@dataclass
class Events:
    """What was set off: ids of objects, operations and runs, by the name of the flow."""

    objects: dict[str, str] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    began_at: float = field(default_factory=time.time)


def study_of(flow: str) -> dict[str, Any]:
    return a_study(f"flow{flow}")


def renaming(flow: str) -> bytes:
    return f"id,action,attribute,value\n{study_of(flow)['id']},update,title,Deep\n".encode()


@pytest.fixture(scope="module")
def events(desk: Desk) -> Events:
    """Set everything off."""
    began = Events()
    put, told = began.objects, began.operations
    desk.stored["study_set"].insert_many([study_of("sheet"), study_of("tagged")])

    # What cannot be done.
    put["no json"] = desk.ingest("no.json", b"not JSON")
    put["refused"] = desk.ingest("bad.json", {"study_set": [{**study_of("x"), "type": "nmdc:No"}]})
    put["no sheet"] = desk.ingest("bad.csv", b"id,action\nnothing,does", SHEET_TYPE)
    put["lost"] = desk.upload("lost.json", b'{"study_set": []}')
    desk.lose_bytes(put["lost"])
    told["lost"] = desk.claim_for(put["lost"])
    began.runs["lost"] = desk.run(put["lost"], told["lost"])
    told["spoiled"], _ = desk.report_upload("spoiled.txt", b"spoiled", size="large")
    put["unknown"] = desk.ingest("reads", b"reads", "metatranscriptome_raw_paired_end_reads")

    # What can.
    put["json"] = desk.ingest("good.json", {"study_set": [study_of("json")]})
    put["tagged"] = desk.ingest("good.csv", renaming("tagged"), SHEET_TYPE)
    put["sheet"] = desk.submit_sheet("sheet.csv", renaming("sheet"))
    began.runs["direct"] = desk.submit({"study_set": [study_of("direct")]})
    put["asked"] = desk.upload("asked.json", body_of({"study_set": [study_of("asked")]}))
    told["asked"] = desk.claim_for(put["asked"])
    began.runs["asked"] = desk.run(put["asked"], told["asked"])
    told["upload"], put["upload"] = desk.report_upload("told.txt", b"reported and not registered")
    long_ago = datetime.now(UTC) - timedelta(days=400)
    desk.stored["operations"].insert_one(
        {
            "id": "nmdc:sys0longago",
            "done": True,
            "expire_time": long_ago,
            "result": {"code": "EXPIRED", "message": "its time was over"},
            "metadata": None,
        }
    )
    for job in ("housekeeping", "ensure_alldocs"):
        desk.dagster.launch(job, {}, {"nmdc/flow": job})
    return began


def kinds(desk: Desk, run_id: str) -> list[str]:
    return [event["type"] for event in desk.events(run_id)]


def wait_for(desk: Desk, run_id: str, status: str) -> None:
    eventually(
        lambda: desk.status(run_id) == status, what=f"{run_id} is {status}", timeout_s=LONG_S
    )


def test_a_type_set_on_an_object_has_its_documents_taken_in(desk, events):
    operation = desk.ended(events.objects["json"])

    assert operation["result"]["study_set"]["nUpserted"] == 1
    assert desk.job_of(events.objects["json"])["workflow"]["id"] == "metadata-in-1.0.0"
    desk.check_applied_once(study_of("json"))


def test_a_tagged_changesheet_is_applied(desk, events):
    operation = desk.ended(events.objects["tagged"])

    assert "update_cmd" in operation["result"]
    changed = desk.stored["study_set"].find_one({"id": study_of("tagged")["id"]})
    assert changed["title"] == "Deep"


def test_a_submitted_changesheet_is_applied_once(desk, events):
    operation = desk.ended(events.objects["sheet"])

    assert "update_cmd" in operation["result"]
    study_id = study_of("sheet")["id"]
    assert desk.stored["study_set"].find_one({"id": study_id})["title"] == "Deep"
    assert desk.stored["txn_log"].count_documents({"tgt.id": study_id}) == 1
    submission = desk.stored["_runtime.submissions"].find_one(
        {"object_id": events.objects["sheet"]}
    )
    assert kinds(desk, submission["id"]) == ["COMPLETE", "STARTED", "REQUESTED"]


def test_submitted_documents_are_there_when_the_run_is_complete(desk, events):
    wait_for(desk, events.runs["direct"], "COMPLETE")

    assert kinds(desk, events.runs["direct"]) == ["COMPLETE", "STARTED", "REQUESTED"]
    desk.check_applied_once(study_of("direct"))


def test_a_requested_run_keeps_the_promise_that_it_was_asked_for(desk, events):
    wait_for(desk, events.runs["asked"], "COMPLETE")

    request = desk.stored[RUN_REQUESTS].find_one({"_id": events.runs["asked"]})
    assert "look_at" not in request  # nobody has to look after it any more
    operation = desk.ended(events.objects["asked"])
    assert operation["id"] == events.operations["asked"]
    assert desk.user.call("GET", f"/runs/{events.runs['asked']}")["outputs"] == [
        f"/operations/{operation['id']}"
    ]
    desk.check_applied_once(study_of("asked"))


def test_a_reported_upload_becomes_an_object_behind_one_that_cannot(desk, events):
    operation_id, object_id = events.operations["upload"], events.objects["upload"]

    def facts(of: str) -> dict[str, Any]:
        return desk.stored["operations"].find_one({"id": of})["metadata"]

    eventually(lambda: "settled_at" in facts(operation_id), what="the upload is looked at")
    assert facts(operation_id)["registered_object_id"] == object_id
    assert "size" in facts(events.operations["spoiled"])["registration_error"]
    found = desk.user.call("GET", f"/objects/{object_id}")
    assert (found["name"], found["size"]) == ("told.txt", 27)


def test_a_run_that_fails_says_why_and_frees_the_job(desk, events):
    wait_for(desk, events.runs["lost"], "FAIL")

    message = desk.events(events.runs["lost"])[0]["run"]["facets"]["nmdcRuntime_failure"]["message"]
    assert message.startswith("get_json_in: ")
    assert events.objects["lost"] in message
    operation = desk.ended(events.objects["lost"])
    assert operation["result"]["code"] == "FAILED"
    assert events.objects["lost"] in operation["result"]["message"]


@pytest.mark.parametrize(
    ("flow", "reason"),
    [("no json", "is not JSON"), ("refused", "nmdc:No"), ("no sheet", "attribute")],
)
def test_what_cannot_be_taken_in_ends_with_the_reason_and_frees_the_job(desk, events, flow, reason):
    operation = desk.ended(events.objects[flow])

    assert operation["result"]["code"] == "FAILED"
    assert reason in operation["result"]["message"]


def test_housekeeping_puts_away_what_ended_long_ago_and_the_graph_is_built(desk, events):
    for job in ("housekeeping", "ensure_alldocs"):
        eventually(
            lambda job=job: desk.dagster.find_run({"nmdc/flow": job}).is_finished,
            what=f"{job} ends",
        )
        assert desk.dagster.find_run({"nmdc/flow": job}).state is RunState.SUCCESS

    assert desk.stored["operations"].find_one({"id": "nmdc:sys0longago"}) is None
    archived = desk.stored["_runtime.archived_operations"].find_one({"id": "nmdc:sys0longago"})
    assert archived["result"]["code"] == "EXPIRED"
    assert desk.stored["alldocs"].count_documents({"id": study_of("sheet")["id"]}) == 1


def test_an_unknown_workflow_makes_no_job_and_no_run_and_no_look_fails(desk, events):
    desk.ended(events.objects["json"])  # which was tagged later

    assert desk.job_of(events.objects["unknown"]) is None
    asked = desk.user.session.post(
        f"{desk.user.url}/runs", params={"job_id": "metat-1.0.0"}, json={}
    )
    assert asked.status_code == 404
    assert "metadata-in-1.0.0" in asked.text
    assert desk.failed_looks(since=events.began_at) == []

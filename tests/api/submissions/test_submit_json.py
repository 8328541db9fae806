"""``POST /metadata/json:submit``: acceptance, refusal, and the same bytes again."""

from typing import Any

import orjson
import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.submissions.errors import OperationClosed
from tests.support.documents import a_study, biosamples, body_of


def submit(hub, body: bytes, headers: dict[str, str], **more: str):
    return hub.post("/metadata/json:submit", content=body, headers=headers | more)


def run_of(hub, answer) -> dict[str, Any]:
    return hub.get(f"/runs/{answer.json()['detail']['run_id']}").json()


def do_the_run(hub, run) -> None:
    """Do what the run worker does."""
    services = hub.app.state.services
    content = services.objects.content(run.run_config["ops"]["get_json_in"]["config"]["object_id"])
    services.submissions.apply(
        run.operation_id, orjson.loads(content.content), dagster_run_id=run.run_id
    )
    run.state = RunState.SUCCESS


STUDY = body_of({"study_set": [a_study()]})


def test_an_accepted_submission_is_answered_with_its_run(hub, as_admin, orchestrator):
    answer = submit(hub, STUDY, as_admin)

    assert answer.status_code == 200
    assert set(answer.json()) == {"type", "detail"}
    assert answer.json()["type"] == "success"
    run = run_of(hub, answer)
    assert run["status"] == "STARTED"
    assert run["was_started_by"] == "admin"
    assert run["job"]["id"] == "metadata-in-1.0.0"
    assert run["inputs"] == [
        f"/objects/{orchestrator.runs[0].run_config['ops']['get_json_in']['config']['object_id']}"
    ]


def test_the_documents_are_there_when_the_run_is_complete(hub, as_admin, orchestrator):
    answer = submit(hub, STUDY, as_admin)
    assert hub.get("/nmdcschema/study_set").json() == {"resources": []}

    do_the_run(hub, orchestrator.runs[0])

    run = run_of(hub, answer)
    assert run["status"] == "COMPLETE"
    assert run["outputs"] == [f"/operations/{orchestrator.runs[0].operation_id}"]
    stored = hub.get("/nmdcschema/study_set/nmdc:sty-11-abc123").json()
    assert stored["provenance_metadata"].pop("add_date").endswith("Z")
    assert stored["provenance_metadata"] == {"type": "nmdc:ProvenanceMetadata"}
    operation = hub.get(run["outputs"][0]).json()
    assert operation["done"] is True
    assert operation["result"]["study_set"]["nUpserted"] == 1
    job = hub.get("/jobs").json()["resources"][0]
    assert job["claims"] == [
        {"op_id": operation["id"], "site_id": "nmdc-runtime", "done": True},
    ]


def test_a_second_write_keeps_the_first_date_and_adds_its_own(hub, as_admin, orchestrator):
    submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])
    first = hub.get("/nmdcschema/study_set/nmdc:sty-11-abc123").json()["provenance_metadata"]

    submit(hub, body_of({"study_set": [a_study(title="another")]}), as_admin)
    do_the_run(hub, orchestrator.runs[1])

    stored = hub.get("/nmdcschema/study_set/nmdc:sty-11-abc123").json()
    assert stored["title"] == "another"
    assert stored["provenance_metadata"]["add_date"] == first["add_date"]
    assert stored["provenance_metadata"]["mod_date"].endswith("Z")


def test_the_bytes_of_a_submission_can_be_read_back(hub, as_admin, orchestrator):
    submit(hub, STUDY, as_admin)
    object_id = orchestrator.runs[0].run_config["ops"]["get_json_in"]["config"]["object_id"]

    record = hub.get(f"/objects/{object_id}").json()
    url = hub.get(f"/objects/{object_id}/access/{object_id}").json()["url"]

    assert record["mime_type"] == "application/json"
    assert record["size"] == len(STUDY)
    assert record["self_uri"] == f"drs://testserver/{object_id}"
    assert hub.get(url).content == STUDY


def test_without_a_token_nothing_is_accepted(hub, database):
    answer = submit(hub, STUDY, {})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert database["objects"].count_documents({}) == 0


def test_without_the_allowance_nothing_is_accepted(hub, as_site, database):
    answer = submit(hub, STUDY, as_site)

    assert answer.status_code == 403
    assert answer.json()["detail"] == (
        "Only specific users are allowed to submit json at this time."
    )
    assert database["_runtime.submissions"].count_documents({}) == 0


def test_a_site_client_with_the_allowance_may_submit(hub, as_site, database):
    database["_runtime.api.allow"].insert_one(
        {"username": "own-client", "action": "/metadata/json:submit"}
    )

    assert submit(hub, STUDY, as_site).status_code == 200


def test_a_dangling_reference_is_refused_and_nothing_is_kept(hub, as_admin, database):
    body = body_of({"study_set": [a_study(part_of=["nmdc:sty-11-nowhere"])]})

    answer = submit(hub, body, as_admin)

    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert isinstance(detail, str)
    assert all(word in detail for word in ("errors", "study_set", "part_of"))
    assert answer.json()["errors"][0]["pointer"].startswith("/study_set/0/part_of")
    for collection in ("objects", "jobs", "operations", "run_events", "_runtime.submissions"):
        assert database[collection].count_documents({}) == 0


def test_a_name_taken_in_the_study_is_refused(hub, as_admin, orchestrator):
    study = a_study()
    sample = biosamples(1, study_id=study["id"])[0]
    submit(hub, body_of({"study_set": [study], "biosample_set": [sample]}), as_admin)
    do_the_run(hub, orchestrator.runs[0])

    answer = submit(
        hub, body_of({"biosample_set": [sample | {"id": "nmdc:bsm-11-other"}]}), as_admin
    )

    assert answer.status_code == 422
    assert "There is already a biosample having name 'sample 0'" in answer.json()["detail"]


def test_an_existing_biosample_may_be_sent_again(hub, as_admin, orchestrator):
    study = a_study()
    sample = biosamples(1, study_id=study["id"])[0]
    submit(hub, body_of({"study_set": [study], "biosample_set": [sample]}), as_admin)
    do_the_run(hub, orchestrator.runs[0])

    answer = submit(hub, body_of({"biosample_set": [sample | {"elev": 12.5}]}), as_admin)
    do_the_run(hub, orchestrator.runs[1])

    assert answer.status_code == 200
    assert hub.get(f"/nmdcschema/biosample_set/{sample['id']}").json()["elev"] == 12.5


def test_the_same_bytes_again_are_the_same_submission(hub, as_admin, orchestrator, database):
    first = submit(hub, STUDY, as_admin)
    second = submit(hub, STUDY, as_admin)

    assert second.status_code == 200
    assert second.json() == first.json()
    assert len(orchestrator.runs) == 1
    for collection in ("objects", "jobs", "operations", "_runtime.submissions"):
        assert database[collection].count_documents({}) == 1


def test_with_dagster_down_the_submission_is_kept_and_goes_on_later(
    hub, as_admin, orchestrator, database
):
    orchestrator.is_down = True
    answers = [submit(hub, STUDY, as_admin) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {503}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert "Dagster" in answers[0].json()["detail"]
    assert answers[0].headers["Retry-After"]
    run_id = answers[0].json()["run_id"]
    assert hub.get(f"/runs/{run_id}").json()["status"] == "FAIL"
    claims = database["jobs"].find_one({})["claims"]
    assert all(claim["cancelled"] for claim in claims)

    orchestrator.is_down = False
    answer = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])

    assert answer.json()["detail"]["run_id"] == run_id
    assert len(orchestrator.runs) == 1
    assert hub.get(f"/runs/{run_id}").json()["status"] == "COMPLETE"
    assert database["objects"].count_documents({}) == 1
    assert database["jobs"].count_documents({}) == 1
    assert database["txn_log"].count_documents({}) == 1


def test_a_refused_run_is_recorded_with_dagsters_reason(hub, as_admin, orchestrator):
    orchestrator.refusal = "Missing required config entry"

    answer = submit(hub, STUDY, as_admin)

    assert answer.status_code == 503
    events = hub.get(f"/runs/{answer.json()['run_id']}/events").json()["resources"]
    assert [event["type"] for event in events] == ["FAIL", "REQUESTED"]
    failure = events[0]["run"]["facets"]["nmdcRuntime_failure"]
    assert failure["message"] == "Missing required config entry"


def test_a_lost_answer_of_dagsters_does_not_run_twice(hub, as_admin, orchestrator):
    orchestrator.loses_answers = True
    first = submit(hub, STUDY, as_admin)
    orchestrator.loses_answers = False

    again = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])

    assert (first.status_code, again.status_code) == (200, 200)
    assert len(orchestrator.runs) == 1
    assert run_of(hub, again)["status"] == "COMPLETE"


def test_a_run_that_was_taken_by_a_dagster_that_died_leaves_the_work_to_another(
    hub, as_admin, orchestrator, database
):
    orchestrator.loses_answers = orchestrator.dies_of_runs = True
    assert submit(hub, STUDY, as_admin).status_code == 503
    orchestrator.loses_answers = orchestrator.dies_of_runs = orchestrator.is_down = False

    again = submit(hub, STUDY, as_admin)
    lost, taken = orchestrator.runs
    with pytest.raises(OperationClosed):
        do_the_run(hub, lost)
    do_the_run(hub, taken)

    assert run_of(hub, again)["status"] == "COMPLETE"
    assert database["txn_log"].count_documents({"tgt.id": a_study()["id"]}) == 1


def test_a_run_that_died_is_run_again_when_the_same_bytes_come(hub, as_admin, orchestrator):
    first = submit(hub, STUDY, as_admin)
    orchestrator.runs[0].state = RunState.FAILURE

    again = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[1])

    assert again.json() == first.json()
    assert run_of(hub, again)["status"] == "COMPLETE"
    assert orchestrator.runs[0].operation_id != orchestrator.runs[1].operation_id


def test_a_complete_submission_sent_again_at_once_is_that_submission(hub, as_admin, orchestrator):
    first = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])

    assert submit(hub, STUDY, as_admin).json() == first.json()
    assert len(orchestrator.runs) == 1


def test_a_complete_submission_sent_again_after_other_writes_is_a_new_one(
    hub, as_admin, orchestrator, database
):
    first = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])
    submit(hub, body_of({"study_set": [a_study(title="meanwhile")]}), as_admin)
    do_the_run(hub, orchestrator.runs[1])

    second = submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[2])

    assert second.json() != first.json()
    assert database["objects"].count_documents({}) == 2
    assert run_of(hub, second)["status"] == "COMPLETE"
    assert "title" not in hub.get("/nmdcschema/study_set/nmdc:sty-11-abc123").json()


def test_an_idempotency_key_gives_the_same_run_even_when_it_is_complete(
    hub, as_admin, orchestrator
):
    first = submit(hub, STUDY, as_admin, **{"Idempotency-Key": "one"})
    do_the_run(hub, orchestrator.runs[0])

    again = submit(hub, STUDY, as_admin, **{"Idempotency-Key": "one"})

    assert again.json() == first.json()
    assert len(orchestrator.runs) == 1


def test_an_idempotency_key_with_another_body_is_a_conflict(hub, as_admin):
    submit(hub, STUDY, as_admin, **{"Idempotency-Key": "one"})

    answer = submit(
        hub, body_of({"study_set": [a_study("other")]}), as_admin, **{"Idempotency-Key": "one"}
    )

    assert answer.status_code == 409
    assert "Idempotency-Key 'one'" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'"text"', b'{"study_set": [}'])
def test_a_body_that_is_no_json_object_is_malformed(hub, as_admin, database, body):
    answer = submit(hub, body, as_admin)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert database["_runtime.submissions"].count_documents({}) == 0


def test_the_trail_tells_who_submitted_and_what_was_applied(hub, as_admin, orchestrator):
    answer = submit(hub, STUDY, as_admin, **{"X-Request-ID": "my-request"})
    submit(hub, STUDY, as_admin)
    do_the_run(hub, orchestrator.runs[0])

    run_id = answer.json()["detail"]["run_id"]
    submitted, applied = hub.app.state.services.audit.list_of(f"runs/{run_id}")
    assert (submitted.action, submitted.username) == ("submit_metadata", "admin")
    assert submitted.request_id == "my-request"
    assert (applied.action, applied.username) == ("apply_metadata", "_system")
    assert any(target.startswith("jobs/") for target in applied.targets)

"""``POST /runs``."""

from concurrent.futures import ThreadPoolExecutor

from nmdc_runtime.runs.store import RUN_REQUESTS

EXPORT = "export-study-biosamples-as-csv-1.0.0"
METADATA_IN = "metadata-in-1.0.0"
STUDY = "nmdc:sty-11-8fb6t785"
BODY = {"inputs": [STUDY], "run_config": {"ops": {}}}


def post(hub, headers, job_id=EXPORT, *, body=BODY, key=None):
    sent = headers | ({"Idempotency-Key": key} if key else {})
    return hub.post("/runs", params={"job_id": job_id}, json=body, headers=sent)


def apply_config(object_id, operation_id):
    return {
        "run_config": {
            "ops": {
                "get_json_in": {"config": {"object_id": object_id}},
                "perform_mongo_updates": {"config": {"operation_id": operation_id}},
            }
        }
    }


def counts(database):
    names = ("run_events", RUN_REQUESTS, "_runtime.idempotency")
    return [database[name].count_documents({}) for name in names]


def test_a_run_is_requested_started_and_linked_to_dagster(hub, database, as_admin, orchestrator):
    answer = post(hub, as_admin)

    assert answer.status_code == 200
    summary = answer.json()
    run_id, launched = summary["id"], orchestrator.runs[0]
    assert summary["status"] == "STARTED"
    assert summary["was_started_by"] == "admin"
    assert summary["inputs"] == [f"/studies/{STUDY}"]
    assert summary["job"]["id"] == EXPORT
    assert summary["dagster_run_url"] == f"http://127.0.0.1:1/runs/{launched.run_id}"
    assert summary == hub.get(f"/runs/{run_id}").json()
    assert launched.job_name == "export_study_biosamples_metadata"
    asked = {"study_id": STUDY, "username": "admin"}
    assert launched.run_config == {"ops": {"get_study_biosamples_metadata": {"config": asked}}}
    assert launched.tags == {
        "nmdc/run_id": run_id,
        "nmdc/workflow_id": EXPORT,
        "nmdc/launched_by": "hub",
    }
    newest, requested = hub.get(f"/runs/{run_id}/events").json()["resources"]
    assert newest["run"]["facets"]["nmdcRuntime_dagsterRunId"] == launched.run_id
    assert requested["run"]["facets"] == {"nmdcRuntime_runConfig": launched.run_config}
    audited = database["_runtime.audit"].find_one({"action": "request_run"})
    assert (audited["username"], audited["targets"]) == ("admin", [f"runs/{run_id}"])


CANNOT_RUN = {
    "unknown": ("no-such-workflow", BODY, 404, f"{EXPORT}, gold_study_to_database, {METADATA_IN}"),
    "not runnable": ("apply-changesheet-1.0.0", BODY, 404, "can be started"),
    "no body": (EXPORT, None, 422, "needs the id of a study"),
    "no study": (EXPORT, {"inputs": [""]}, 422, "needs the id of a study"),
    "no object": (METADATA_IN, BODY, 422, "run_config.ops.get_json_in.config.object_id"),
    "resources": (EXPORT, BODY | {"run_config": {"resources": {}}}, 422, "only `ops`"),
    "env": (EXPORT, BODY | {"run_config": {"ops": {"a": {"env": "PATH"}}}}, 422, "environment"),
    "a list": (EXPORT, BODY | {"run_config": {"ops": []}}, 422, "an object is needed"),
    "no operation": (METADATA_IN, apply_config("gfs0x", "nmdc:sys0none"), 404, "Not found"),
}


def test_what_cannot_run_is_refused_with_a_reason_and_leaves_nothing(
    hub, database, as_admin, orchestrator
):
    for name, (job_id, body, status, said) in CANNOT_RUN.items():
        answer = post(hub, as_admin, job_id, body=body, key=name)

        assert answer.status_code == status, name
        assert said in answer.json()["detail"], name
    assert counts(database) == [0, 0, 0]
    assert orchestrator.runs == []


def test_a_body_that_is_malformed_is_refused_as_fastapi_does(hub, database, as_admin):
    bodies = [{"inputs": "a"}, {"inputs": [1]}, {"run_config": []}, {"run_config": {"n": 2**64}}]
    answers = [post(hub, as_admin, body=body) for body in bodies]
    no_workflow = hub.post("/runs", json=BODY, headers=as_admin)

    assert [each.status_code for each in answers] == [422] * 4
    assert no_workflow.json()["detail"][0]["loc"] == ["query", "job_id"]
    assert counts(database) == [0, 0, 0]


def test_a_config_that_dagster_refuses_is_recorded_as_failed_and_told(
    hub, database, as_admin, orchestrator
):
    orchestrator.refusal = "Received unexpected config entry"

    answer = post(hub, as_admin)

    problem = answer.json()
    run_id = problem["run_id"]
    assert answer.status_code == 422
    assert problem["detail"] == (
        f"Runtime failed to start {EXPORT} job. Detail: {{'run_id': '{run_id}', "
        "'error_detail': 'Received unexpected config entry'}"
    )
    assert hub.get(f"/runs/{run_id}").json()["status"] == "FAIL"
    assert "dagster_run_url" not in hub.get(f"/runs/{run_id}").json()
    failure = hub.get(f"/runs/{run_id}/events").json()["resources"][0]["run"]["facets"]
    assert failure["nmdcRuntime_failure"]["message"] == "Received unexpected config entry"


def test_while_dagster_is_down_the_failure_is_told_and_the_same_request_tries_again(
    hub, database, as_admin, orchestrator
):
    orchestrator.is_down = True
    first = post(hub, as_admin, key="once")
    second = post(hub, as_admin, key="once")
    orchestrator.is_down = False
    third = post(hub, as_admin, key="once")
    fourth = post(hub, as_admin, key="once")

    assert (first.status_code, second.status_code) == (503, 503)
    assert int(first.headers["Retry-After"]) > 0
    run_id = first.json()["run_id"]
    assert f"Runtime failed to start {EXPORT} job. Detail: {{'run_id'" in first.json()["detail"]
    assert second.json()["run_id"] == run_id
    assert (third.json()["id"], third.json()["status"]) == (run_id, "STARTED")
    assert fourth.json() == third.json()
    assert len(orchestrator.runs) == 1


def test_a_run_whose_answer_was_lost_is_not_started_twice(hub, database, as_admin, orchestrator):
    orchestrator.loses_answers = True
    first = post(hub, as_admin, key="once")
    orchestrator.loses_answers = False
    second = post(hub, as_admin, key="once")

    assert (first.status_code, second.status_code) == (503, 200)
    assert second.json()["id"] == first.json()["run_id"]
    assert second.json()["dagster_run_url"].endswith(orchestrator.runs[0].run_id)
    assert len(orchestrator.runs) == 1


def test_the_same_request_under_one_key_is_one_run_also_at_once(
    hub, database, as_admin, orchestrator
):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(hub, as_admin, key="once"), range(8)))
    other = post(hub, as_admin, body=BODY | {"inputs": ["nmdc:sty-11-other"]}, key="once")
    without = post(hub, as_admin)

    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["id"] for each in answers}) == 1
    assert other.status_code == 422
    assert without.json()["id"] != answers[0].json()["id"]
    assert len(orchestrator.runs) == 2


def test_metadata_in_keeps_a_promise_of_the_runtimes_own_site_and_no_other(
    hub, database, as_admin, as_site, orchestrator
):
    config = {"object_id": "gfs0mine"}
    job = {"workflow": {"id": METADATA_IN}, "config": config}
    job_id = hub.post("/jobs", json=job, headers=as_site).json()["id"]
    operation_id = hub.post(f"/jobs/{job_id}:claim", headers=as_site).json()["id"]

    def start(object_id="gfs0mine"):
        return post(hub, as_admin, METADATA_IN, body=apply_config(object_id, operation_id))

    other_object = start("gfs0other")
    database["operations"].update_one({"id": operation_id}, {"$set": {"metadata.site_id": "x"}})
    other_site = start()
    database["operations"].update_one(
        {"id": operation_id},
        {"$set": {"metadata.site_id": "nmdc-runtime", "metadata.job.workflow.id": "test"}},
    )
    other_workflow = start()
    assert orchestrator.runs == []
    database["operations"].update_one(
        {"id": operation_id}, {"$set": {"metadata.job.workflow.id": METADATA_IN}}
    )
    good = start()
    database["operations"].update_one({"id": operation_id}, {"$set": {"done": True}})
    done = start()

    refused = [other_object, other_site, other_workflow]
    assert [each.status_code for each in refused] == [422, 422, 422]
    assert "is not for the object 'gfs0other'" in other_object.json()["detail"]
    assert "nmdc-runtime" in other_site.json()["detail"]
    assert METADATA_IN in other_workflow.json()["detail"]
    assert good.json()["inputs"] == ["/objects/gfs0mine"]
    (launched,) = orchestrator.runs
    assert launched.job_name == "apply_metadata_in"
    assert launched.operation_id == operation_id
    assert (done.status_code, done.json()["id"]) == (409, operation_id)


def test_starting_runs_takes_an_allowance_and_metadata_in_one_more(
    hub, as_admin, as_site, orchestrator
):
    def allow(action):
        row = {"username": "own-client", "action": action}
        hub.post("/admin/allowances", json=row, headers=as_admin).raise_for_status()

    body = apply_config("gfs0x", "nmdc:sys0none")
    nothing = [post(hub, as_site), post(hub, as_site, "no-such-workflow")]
    allow("/runs:start")
    half = [post(hub, as_site), post(hub, as_site, METADATA_IN, body=body)]
    allow("/metadata/json:submit")
    whole = post(hub, as_site, METADATA_IN, body=body)

    assert [each.status_code for each in nothing] == [403, 403]
    assert [each.status_code for each in half] == [200, 403]
    assert half[0].json()["was_started_by"] == "own-client"
    assert half[1].json()["missing_permission"] == "/metadata/json:submit"
    assert whole.status_code == 404
    assert len(orchestrator.runs) == 1


def test_nobody_forges_the_end_of_a_run_of_ours(hub, as_admin, as_site, orchestrator):
    run_id = post(hub, as_admin).json()["id"]
    before = hub.get(f"/runs/{run_id}").json()
    for kind, time in (("COMPLETE", "2031-01-01T00:00:00Z"), ("REQUESTED", "2001-01-01T00:00:00Z")):
        told = {"producer": "mallory", "schemaURL": "x", "type": kind, "time": time}
        body = {
            "run": {"id": run_id},
            "job": {"id": "evil", "description": "", "producer": "p", "schemaURL": "s"},
            "outputs": ["/objects/evil"],
        }
        answer = hub.post(f"/runs/{run_id}/events", params=told, json=body, headers=as_site)
        assert answer.status_code == 200

    assert hub.get(f"/runs/{run_id}").json() == before
    events = hub.get(f"/runs/{run_id}/events").json()["resources"]
    assert len(events) == 4
    assert all("reported_by" not in event for event in events)

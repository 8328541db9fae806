"""From a tagged object to its documents, as the sensors and the runs that they ask for do it."""

from typing import Any

import dagster as dg
import orjson
import pytest
from pymongo.database import Database

from nmdc_runtime.jobs.models import JobIn, WorkflowRef
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site import claims, triggers
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.run_outcomes import record_failure
from nmdc_runtime.submissions.rules import MOST_ATTEMPTS, PIPELINES
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.wiring import Services

STUDY = {
    "id": "nmdc:sty-11-8fb6t785",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Deep subsurface",
}
JSON = PIPELINES[PlanKind.JSON]
SHEET = PIPELINES[PlanKind.CHANGESHEET]
OWN = Caller(username="own-client", site_id="nmdc-runtime")


def execute(name: str, request: dg.RunRequest, **more: Any) -> dg.ExecuteInProcessResult:
    job = repository_of("repo", preset_dev).get_job(name)
    return job.execute_in_process(run_config=request.run_config, tags=request.tags, **more)


def the_request(result: dg.SensorResult) -> dg.RunRequest:
    (request,) = result.run_requests or []
    return request


def tag(services: Services, object_id: str, content: bytes, object_type: str, **file: Any) -> None:
    stored = StoredFile(
        **{"name": "x", "content_type": "application/json", **file}, content=content
    )
    services.objects.keep(object_id, stored, description="", username="admin")
    services.drs.set_types(object_id, [object_type], caller=OWN)


def claimed(services: Services, documents: dict[str, Any]) -> dg.RunRequest:
    """Return the request for the run that applies a tagged object."""
    tag(services, "gfs0tagged", orjson.dumps(documents), "metadata-in")
    execute("ensure_job_triggered", the_request(triggers.look(services, None)))
    return the_request(claims.look(services, JSON))


def the_operation(database: Database[Document]) -> Operation:
    (document,) = database["operations"].find({}, {"_id": 0})
    return Operation.model_validate(document)


def test_a_tagged_object_becomes_a_job_that_is_claimed_and_applied_once(
    services: Services, database: Database[Document], deployed: None
) -> None:
    tag(services, "gfs0tagged", orjson.dumps({"study_set": [STUDY]}), "metadata-in")

    wanted = triggers.look(services, None)
    done = execute("ensure_job_triggered", the_request(wanted))
    request = the_request(claims.look(services, JSON))
    again = the_request(claims.look(services, JSON))
    applied = execute("apply_metadata_in_sensed", request)

    assert done.output_for_node("maybe_post_jobs") == 1
    assert not triggers.look(services, wanted.cursor).run_requests
    operation = the_operation(database)
    assert request.run_key == again.run_key == operation.id
    assert applied.output_for_node("perform_mongo_updates") == [f"/operations/{operation.id}"]
    assert database["study_set"].count_documents({"id": STUDY["id"]}) == 1
    assert operation.done
    assert operation.result["study_set"]["nUpserted"] == 1  # type: ignore[index]
    (claim,) = database["jobs"].find_one({})["claims"]  # type: ignore[index]
    assert (claim["site_id"], claim["done"]) == ("nmdc-runtime", True)
    assert not claims.look(services, JSON).run_requests
    assert execute("apply_metadata_in_sensed", request).success  # Dagster ran it a second time
    assert database["txn_log"].count_documents({}) == 1


def test_a_tagged_changesheet_is_claimed_and_applied(
    services: Services, database: Database[Document], deployed: None
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    rows = f"id,action,attribute,value\n{STUDY['id']},update,title,Deep\n"
    file = {"name": "sheet.csv", "content_type": "text/csv"}
    tag(services, "gfs0sheet", rows.encode(), "metadata-changesheet", **file)

    execute("ensure_job_triggered", the_request(triggers.look(services, None)))
    request = the_request(claims.look(services, SHEET))
    execute("apply_changesheet", request)

    assert (database["study_set"].find_one({"id": STUDY["id"]}) or {})["title"] == "Deep"
    assert the_operation(database).done
    assert not claims.look(services, SHEET).run_requests


@pytest.mark.parametrize("content", ["refused", "missing"])
def test_what_cannot_be_applied_ends_its_operation_with_the_reason_and_frees_the_claim(
    content: str, services: Services, database: Database[Document], deployed: None
) -> None:
    request = claimed(services, {"study_set": [{**STUDY, "study_category": "nonsense"}]})
    if content == "missing":
        database["fs.files"].delete_many({})

    failed = execute("apply_metadata_in_sensed", request, raise_on_error=False)
    said = record_failure(services, failed.dagster_run, reason="gfs0tagged", is_final=True)

    assert not failed.success
    assert the_operation(database).id in said
    operation = the_operation(database)
    assert operation.done
    assert operation.result["code"] == "FAILED"  # type: ignore[index]
    wanted = "nonsense" if content == "refused" else "gfs0tagged"
    assert wanted in operation.result["message"]  # type: ignore[index]
    (claim,) = database["jobs"].find_one({})["claims"]  # type: ignore[index]
    assert (claim["done"], claim["cancelled"]) == (True, True)
    assert database["study_set"].count_documents({}) == 0
    assert not claims.look(services, JSON).run_requests


def test_a_run_that_dies_is_asked_for_again_and_at_last_given_up(
    services: Services, database: Database[Document], deployed: None
) -> None:
    request = claimed(services, {"study_set": [STUDY]})
    nobodys = repository_of("repo", preset_dev).get_job("hello_job").execute_in_process()
    keys = []
    for _ in range(MOST_ATTEMPTS):
        keys.append(request.run_key)
        run = nobodys.dagster_run.with_tags(request.tags)
        record_failure(services, run, reason="the process died")
        record_failure(services, run, reason="the process died")  # told twice, counted once
        request = next(iter(claims.look(services, JSON).run_requests or []), request)

    operation = the_operation(database)
    assert keys == [operation.id, f"{operation.id}/2", f"{operation.id}/3"]
    assert operation.done
    assert operation.result == {"code": "FAILED", "message": "the process died"}
    assert not claims.look(services, JSON).run_requests
    assert "closed" in record_failure(services, run, reason="too late")


def test_what_was_given_up_is_run_again_when_somebody_claims_it_for_the_site(
    services: Services, database: Database[Document], deployed: None
) -> None:
    request = claimed(services, {"study_set": [STUDY]})
    services.jobs.release(request.tags["nmdc/job_id"], site_id="nmdc-runtime")
    assert not claims.look(services, JSON).run_requests

    operation = services.jobs.claim(request.tags["nmdc/job_id"], site_id="nmdc-runtime")

    retried = the_request(claims.look(services, JSON))
    assert retried.run_key == operation.id
    execute("apply_metadata_in_sensed", retried)
    assert database["study_set"].count_documents({}) == 1


def test_what_the_hub_launches_is_left_to_it(
    services: Services, database: Database[Document], deployed: None
) -> None:
    services.submissions.submit(orjson.dumps({"study_set": [STUDY]}), username="admin")
    services.submissions.submit_changesheet(
        StoredFile("s.csv", "text/csv", b"id,action,attribute,value\n"), username="admin"
    )

    assert not triggers.look(services, None).run_requests
    assert not claims.look(services, JSON).run_requests
    assert not claims.look(services, SHEET).run_requests
    assert database["operations"].count_documents({"done": False}) == 2


def test_jobs_that_cannot_be_claimed_or_run_stop_no_other(
    services: Services, database: Database[Document], deployed: None
) -> None:
    def create(**fields: Any) -> str:
        wanted = JobIn(workflow=WorkflowRef(id=JSON.workflow_id), **fields)
        return services.jobs.create(wanted, site_id="lanl").id

    nothing = create(config={})
    held = create(config={"object_id": "gfs0held"}, exclusive=True)
    services.jobs.claim(held, site_id="lanl")
    by_hand = create(config={"object_id": 5})
    promise = services.jobs.claim(by_hand, site_id="nmdc-runtime")
    free = create(config={"object_id": "gfs0free"})

    found = claims.look(services, JSON)

    assert the_request(found).tags["nmdc/job_id"] == free
    given_up = services.operations.get(promise.id)
    assert given_up.result == {"code": "FAILED", "message": "the job names no object"}
    own = services.submissions.own_claims.claim_new(JSON.workflow_id, most=5)
    assert own.how_many == 0
    assert sorted(line.split(" ")[0] for line in own.refusals) == sorted([nothing, held])


def test_a_failure_of_an_operation_that_nobody_knows_is_said_and_forgotten(
    services: Services, deployed: None
) -> None:
    run = repository_of("repo", preset_dev).get_job("hello_job").execute_in_process().dagster_run
    tagged = run.with_tags({"nmdc/operation_id": "nmdc:sys0elsewhere", "nmdc/attempt": "x"})

    assert "nmdc:sys0elsewhere" in record_failure(services, tagged, reason="x")


def test_the_sensors_look_with_the_services_of_the_deployment(
    services: Services, deployed: None
) -> None:
    repo = repository_of("repo", preset_dev)
    names = (
        *("process_workflow_job_triggers", "claim_and_run_metadata_in_jobs"),
        *("claim_and_run_apply_changesheet_jobs", "done_object_put_ops"),
    )
    tag(services, "gfs0tagged", b"{}", "metadata-in")

    asked = {}
    for name in names:
        sensor = repo.get_sensor_def(name)
        with (
            dg.DagsterInstance.ephemeral() as instance,
            dg.build_sensor_context(
                instance=instance,
                repository_def=repo,
                sensor_name=name,
                resources=dict(preset_dev.resources),
            ) as context,
        ):
            requests = sensor.evaluate_tick(context).run_requests or []
        asked[name] = [sensor.job_name for _ in requests]

    assert asked == {
        "process_workflow_job_triggers": ["ensure_job_triggered"],
        "claim_and_run_metadata_in_jobs": [],
        "claim_and_run_apply_changesheet_jobs": [],
        "done_object_put_ops": [],
    }

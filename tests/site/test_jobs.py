from importlib.metadata import version
from typing import Any

import dagster as dg
import orjson
import pytest
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.ensure_jobs import ensure_jobs
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.repository import preset_normal
from nmdc_runtime.site.run_outcomes import record_failure
from nmdc_runtime.wiring import Services
from tests.site.launches import Launches

STUDY = {
    "id": "nmdc:sty-11-8fb6t785",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Deep subsurface",
}


def job(name: str) -> dg.JobDefinition:
    return repository_of("repo", preset_dev).get_job(name)


def base_job(object_id: str) -> dict[str, Any]:
    return {"workflow": {"id": "apply-changesheet-1.0"}, "config": {"object_id": object_id}}


def ensure_config(*object_ids: str) -> dict[str, Any]:
    wanted = [base_job(object_id) for object_id in object_ids]
    return {"ops": {"construct_jobs": {"config": {"base_jobs": wanted}}}}


def submit(services: Services, body: dict[str, Any]) -> str:
    return services.submissions.submit(orjson.dumps(body), username="admin")


def run_launched(launches: Launches, **more: Any) -> dg.ExecuteInProcessResult:
    job_name, run_config, tags = launches.launched[-1]
    return job(job_name).execute_in_process(
        run_config=run_config, tags=tags, run_id="11111111-1111-4111-8111-111111111111", **more
    )


def test_hello_greets_nmdc_or_whom_it_is_told_to() -> None:
    named = {"ops": {"hello": {"config": {"name": "world"}}}}

    assert job("hello_job").execute_in_process().output_value() == "Hello, NMDC!"
    assert job("hello_job").execute_in_process(named).output_value() == "Hello, world!"


def test_the_version_is_told_by_a_run_and_without_one() -> None:
    told = job("show_version_info").execute_in_process().output_value()

    assert told == version("nmdc-runtime")
    assert job("show_version_info").metadata["nmdc_runtime"].value == told


def test_ensuring_jobs_stores_each_once_and_says_so_with_a_materialisation(
    services: Services, database: Database[Document], deployed: None
) -> None:
    kept = services.objects.keep(
        "gfs0abc", StoredFile("sheet.tsv", "text/tsv", b"id\n"), description="", username="admin"
    )

    first = job("ensure_jobs").execute_in_process(ensure_config(kept.id))
    again = job("ensure_jobs").execute_in_process(ensure_config(kept.id, "gfs0def"))

    assert first.output_for_node("maybe_post_jobs") == 1
    assert again.output_for_node("maybe_post_jobs") == 1
    stored = list(database["jobs"].find({}, {"_id": 0}))
    assert [found["config"]["object_id"] for found in stored] == ["gfs0abc", "gfs0def"]
    assert stored[0]["workflow"] == {"id": "apply-changesheet-1.0"}
    (event,) = first.asset_materializations_for_node("maybe_post_jobs")
    assert event.asset_key.path == ["job", "apply-changesheet-1.0"]
    assert event.metadata["object_id"].value == "gfs0abc"


def test_a_job_built_with_the_published_preset_ensures_jobs(
    services: Services, database: Database[Document], deployed: None
) -> None:
    built = ensure_jobs.to_job(name="ensure_jobs", **preset_normal)

    done = built.execute_in_process(ensure_config("gfs0abc"))

    assert done.success
    assert database["jobs"].count_documents({}) == 1


def test_a_run_may_name_another_database_in_its_config(
    services: Services,
    database: Database[Document],
    deployed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONGO_DBNAME", "a-database-that-nobody-wants")
    mongo = preset_normal["config"]["resources"]["mongo"]["config"]
    config = ensure_config("gfs0abc") | {
        "resources": {"mongo": {"config": {**mongo, "dbname": database.name}}}
    }

    job("ensure_jobs").execute_in_process(config)

    assert database["jobs"].count_documents({}) == 1


def test_a_submission_is_applied_and_reported_by_its_run(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    run_id = submit(services, {"study_set": [STUDY]})

    done = run_launched(launches)

    operation_id = launches.launched[-1][2]["nmdc/operation_id"]
    assert done.output_for_node("perform_mongo_updates") == [f"/operations/{operation_id}"]
    assert done.output_for_node("add_output_run_event") == run_id
    assert database["study_set"].count_documents({"id": STUDY["id"]}) == 1
    summary = services.runs.summary(run_id)
    assert summary.status is RunEventType.COMPLETE
    assert summary.outputs == [f"/operations/{operation_id}"]
    result = services.operations.get(operation_id).result
    assert isinstance(result, dict)
    assert result["study_set"]["nUpserted"] == 1


def test_documents_without_ids_are_all_inserted_by_a_run_that_the_hub_configured(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})
    row = {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": "nmdc:wfmgan-11-a.1",
        "gene_function_id": "KEGG.ORTHOLOGY:K00001",
        "count": 3,
    }
    submit(services, {"functional_annotation_agg": [row, {**row, "count": 4}]})

    assert run_launched(launches).success
    assert set(launches.launched[-1][1]) == {"ops"}
    assert database["functional_annotation_agg"].count_documents({}) == 2


def test_running_an_applied_submission_again_changes_nothing(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    run_id = submit(services, {"study_set": [STUDY]})
    run_launched(launches)
    before = list(database["study_set"].find()), list(database["run_events"].find())

    again = run_launched(launches)

    assert again.success
    assert (list(database["study_set"].find()), list(database["run_events"].find())) == before
    assert services.runs.summary(run_id).status is RunEventType.COMPLETE


def test_an_object_that_is_not_there_fails_the_run_at_once_and_is_recorded(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    run_id = submit(services, {"study_set": [STUDY]})
    launches.launched[-1][1]["ops"]["get_json_in"]["config"]["object_id"] = "gfs0missing"

    failed = run_launched(launches, raise_on_error=False)

    assert not failed.success
    assert failed.retry_attempts_for_node("get_json_in") == 0
    assert database["study_set"].count_documents({}) == 0
    said = record_failure(services, failed.dagster_run, reason="gfs0missing is not there")
    assert run_id in said
    assert record_failure(services, failed.dagster_run, reason="the same again")
    events = [event.type for event in services.runs.list_events(run_id)]
    assert events.count(RunEventType.FAIL) == 1
    assert services.runs.summary(run_id).status is RunEventType.FAIL


def test_a_worker_that_died_after_its_work_leaves_the_run_complete(
    services: Services, launches: Launches, deployed: None
) -> None:
    run_id = submit(services, {"study_set": [STUDY]})
    done = run_launched(launches)

    record_failure(services, done.dagster_run, reason="the process died")

    assert services.runs.summary(run_id).status is RunEventType.COMPLETE


def test_a_run_of_nobodys_and_a_run_that_goes_on_are_not_recorded(
    services: Services, launches: Launches, deployed: None
) -> None:
    run_id = submit(services, {"study_set": [STUDY]})
    nobodys = job("hello_job").execute_in_process().dagster_run
    goes_on = nobodys.with_tags({"nmdc/run_id": run_id, "dagster/will_retry": "true"})

    unknown = nobodys.with_tags({"nmdc/run_id": "nmdc:sys0elsewhere"})

    assert "no NMDC run" in record_failure(services, nobodys, reason="x")
    assert "nmdc:sys0elsewhere" in record_failure(services, unknown, reason="x")
    assert "again" in record_failure(services, goes_on, reason="x")
    assert services.runs.summary(run_id).status is RunEventType.STARTED


def test_bytes_that_are_not_a_json_object_fail_the_run_at_once(
    services: Services, deployed: None
) -> None:
    for object_id, content in (("gfs0list", b"[]"), ("gfs0text", b"not json")):
        services.objects.keep(
            object_id, StoredFile("x", "text/plain", content), description="", username="admin"
        )
        failed = job("apply_metadata_in").execute_in_process(
            {
                "ops": {
                    "get_json_in": {"config": {"object_id": object_id}},
                    "perform_mongo_updates": {"config": {"operation_id": "nmdc:sys0op"}},
                }
            },
            raise_on_error=False,
        )
        assert not failed.success
        assert "JSON" in str(failed.get_step_failure_events()[0].event_specific_data)


def test_a_changesheet_is_applied_and_reported_by_its_run(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    rows = f"id,action,attribute,value\n{STUDY['id']},update,title,Deep\n"
    kept = services.submissions.submit_changesheet(
        StoredFile("sheet.csv", "text/csv", rows.encode()), username="admin"
    )

    done = run_launched(launches)

    operation_id = launches.launched[-1][2]["nmdc/operation_id"]
    assert launches.launched[-1][0] == "apply_changesheet"
    assert done.output_for_node("perform_changesheet_updates") == [f"/operations/{operation_id}"]
    run_id = done.output_for_node("add_output_run_event")
    assert services.runs.summary(run_id).status is RunEventType.COMPLETE
    assert services.runs.summary(run_id).inputs == [f"/objects/{kept['id']}"]
    assert (database["study_set"].find_one({"id": STUDY["id"]}) or {})["title"] == "Deep"
    assert run_launched(launches).success  # the same run again changes nothing
    assert database["txn_log"].count_documents({}) == 1


def test_a_changesheet_that_is_none_fails_its_run_at_once(
    services: Services, deployed: None
) -> None:
    services.objects.keep(
        "gfs0text", StoredFile("x", "text/plain", b"text"), description="", username="admin"
    )
    job_ = services.jobs.prepare(
        workflow_id="apply-changesheet-1.0.0", config={"object_id": "gfs0text"}
    )
    operation = services.jobs.claim(
        services.transactions.run(lambda tx: services.jobs.ensure(job_, tx=tx))[0].id,
        site_id="nmdc-runtime",
    )

    failed = job("apply_changesheet").execute_in_process(
        {
            "ops": {
                "get_changesheet_in": {"config": {"object_id": "gfs0text"}},
                "perform_changesheet_updates": {"config": {"operation_id": operation.id}},
            }
        },
        raise_on_error=False,
    )

    assert not failed.success
    assert failed.retry_attempts_for_node("perform_changesheet_updates") == 0
    assert "text/plain" in str(failed.get_step_failure_events()[0].event_specific_data)

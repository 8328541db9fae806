"""The jobs that look after the data, run as Dagster runs them, on a real bucket and database."""

from collections.abc import Iterator

import dagster as dg
import pytest
from bson import ObjectId

from nmdc_runtime.backups.rules import PREFIX
from nmdc_runtime.config import Settings
from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev, preset_test
from nmdc_runtime.wiring import Services, open_services
from tests.site.conftest import variables
from tests.support.documents import a_study, biosamples
from tests.support.object_storage import storage_variables, with_storage
from tests.support.servers import S3Endpoint, shared_s3

STUDY = a_study()


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory):
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def services(
    settings: Settings, s3_endpoint: S3Endpoint, fresh_database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """Yield the services that runs get too: on a small database, and a bucket of its own."""
    with_s3 = with_storage(settings, s3_endpoint).model_copy(
        update={
            "api_site_id": fresh_database.name.replace("_", "-")[:30] + "-upkeep",
            "mongo_dbname": fresh_database.name,
        }
    )
    for name, value in {**variables(with_s3), **storage_variables(with_s3)}.items():
        monkeypatch.setenv(name, value)
    with open_services(Settings()) as opened:
        yield opened


def run(name: str, *, succeeds: bool = True, **config: object) -> dg.ExecuteInProcessResult:
    done = (
        repository_of("repo", preset_dev)
        .get_job(name)
        .execute_in_process(run_config=dict(config), raise_on_error=False)
    )
    assert done.success is succeeds
    return done


def output_metadata(done: dg.ExecuteInProcessResult, op: str) -> dict[str, object]:
    (event,) = [each for each in done.events_for_node(op) if each.event_type_value == "STEP_OUTPUT"]
    return {name: each.value for name, each in event.step_output_data.metadata.items()}


def test_the_check_tells_of_each_collection_and_its_run_succeeds_whatever_it_finds(
    services: Services, capfd: pytest.CaptureFixture[str]
) -> None:
    services.database["study_set"].insert_one(dict(STUDY))
    samples = biosamples(2, study_id=STUDY["id"])
    samples[1]["associated_studies"] = ["nmdc:sty-11-gone"]
    services.database["biosample_set"].insert_many(samples)

    done = run("check_nmdcdb")

    (report,) = services.upkeep.checks.reports.list_of("check_nmdcdb")
    assert done.output_for_node("check_all_collections") == report.id
    assert report.run_id == done.run_id
    told = output_metadata(done, "check_all_collections")
    assert (told["outcome"], told["problems"], told["documents"]) == ("problems", 1, 3)
    assert told["report"].endswith(f"/admin/checks/{report.id}")
    checked = {
        each.event_specific_data.asset_key.to_user_string(): each.event_specific_data
        for each in done.events_for_node("check_all_collections")
        if each.event_type_value == "ASSET_CHECK_EVALUATION"
    }
    assert {key: each.passed for key, each in checked.items()} == {
        "collection/biosample_set": False,
        "collection/study_set": True,
    }
    facts = checked["collection/biosample_set"].metadata
    assert (facts["documents"].value, facts["problems"].value) == (2, 1)
    log = capfd.readouterr().err
    assert "biosample_set: 2 documents, 1 problems" in log
    assert "nmdc:sty-11-gone" in log


def test_a_backup_is_made_and_tried_and_one_that_is_damaged_fails_the_drill(
    services: Services,
) -> None:
    services.database["study_set"].insert_one(dict(STUDY))

    nothing = run("restore_drill", succeeds=False)
    made = run("backup_nmdcdb")
    tried = run("restore_drill")
    (dump,) = services.upkeep.backups.list_dumps()
    (study,) = [each for each in dump.manifest.collections if each.name == "study_set"]
    key = f"{PREFIX}/{dump.id}/{study.file}"
    storage = services.objects.storage
    storage.upload(key, [b"x" * study.size_bytes], content_type="application/gzip")
    damaged = run("restore_drill", succeeds=False)

    assert _reasons(nothing) == [
        f"there is no whole backup of {services.database.name}: see which there are with "
        "nmdc-runtime restore --list"
    ]
    assert output_metadata(made, "dump_to_object_storage")["outcome"] == "good"
    assert "restored as it was dumped" in output_metadata(tried, "restore_into_scratch")["summary"]
    (reason,) = _reasons(damaged)
    assert "the newest backup cannot be restored" in reason
    drills = services.upkeep.checks.reports.list_of("restore_drill")
    assert [each.outcome for each in drills] == ["problems", "good", "failed"]


def _reasons(done: dg.ExecuteInProcessResult) -> list[str]:
    return [
        each.step_failure_data.user_failure_data.description
        for each in done.all_events
        if each.event_type_value == "STEP_FAILURE"
    ]


def test_the_sweep_removes_nothing_unless_it_is_told_to(
    services: Services,
) -> None:
    chunk = {"files_id": "gfs0gone", "n": 0, "data": b"abc"}
    services.database["fs.chunks"].insert_one({"_id": ObjectId("5" * 24), **chunk})

    dry = run("sweep_gridfs")

    assert output_metadata(dry, "sweep_leftovers")["chunks"] == 1
    assert services.database["fs.chunks"].count_documents({}) == 1
    schedule = repository_of("repo", preset_dev).get_schedule_def("weekly_sweep_gridfs")
    tick = schedule.evaluate_tick(dg.build_schedule_context())
    (request,) = tick.run_requests

    run("sweep_gridfs", **request.run_config)

    assert services.database["fs.chunks"].count_documents({}) == 0


def test_what_only_reads_is_on_by_itself_and_the_rest_when_an_operator_says_so() -> None:
    names = {
        "nightly_check_nmdcdb": "check_nmdcdb",
        "daily_backup_nmdcdb": "backup_nmdcdb",
        "weekly_restore_drill": "restore_drill",
        "weekly_sweep_gridfs": "sweep_gridfs",
    }
    in_dev, in_tests = (
        {
            each.name: each
            for concern in CONCERNS.values()
            for each in (make(preset) for make in concern.schedules)
            if each.name in names
        }
        for preset in (preset_dev, preset_test)
    )

    assert {name: each.job_name for name, each in in_dev.items()} == names
    assert {
        name
        for name, each in in_dev.items()
        if each.default_status is dg.DefaultScheduleStatus.RUNNING
    } == {"nightly_check_nmdcdb"}
    assert {each.default_status for each in in_tests.values()} == {dg.DefaultScheduleStatus.STOPPED}
    exclusive = [
        repository_of("repo", preset_dev).get_job(job).tags["nmdc/exclusive"]
        for job in ("backup_nmdcdb", "restore_drill")
    ]
    assert exclusive == ["nmdcdb-backup"] * 2

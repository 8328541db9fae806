import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.autodiscovery import loadable_targets_from_loaded_module

from nmdc_runtime.config import Environment
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site import repository
from nmdc_runtime.site.definitions import CONCERNS, defs, repository_of
from nmdc_runtime.site.frozen import thaw
from nmdc_runtime.site.hello import hello_graph
from nmdc_runtime.site.instance import MIRRORS, mirror_of
from nmdc_runtime.site.presets import PRESETS, preset_dev, preset_prod, preset_test
from nmdc_runtime.site.repository import (
    preset_normal,
    resource_defs,
    run_config_frozen__normal_env,
)
from nmdc_runtime.submissions.rules import PIPELINES

ROOT = Path(__file__).parents[2]

PUBLISHED = [
    "biosample_export",
    "biosample_submission_ingest",
    "database_records_stitching",
    "repo",
]


def all_jobs() -> dict[str, dg.JobDefinition]:
    return {
        job.name: job for name in CONCERNS for job in repository_of(name, preset_dev).get_all_jobs()
    }


def test_dagster_finds_the_four_published_repositories_in_the_module() -> None:
    found = loadable_targets_from_loaded_module(repository)

    assert sorted(target.attribute for target in found) == PUBLISHED
    assert repository.repo is repository.repo
    assert sorted(job.name for job in repository.repo.get_all_jobs()) == [
        "__ASSET_JOB",  # Dagster's own, for checks of assets that somebody asks for
        "apply_changesheet",
        "apply_metadata_in",
        "apply_metadata_in_sensed",
        "backup_nmdcdb",
        "check_nmdcdb",
        "create_objects_from_site_object_puts",
        "ensure_alldocs",
        "ensure_job_triggered",
        "ensure_jobs",
        "export_study_biosamples_metadata",
        "hello_job",
        "housekeeping",
        "observe_collections",
        "purge_old_runs",
        "restore_drill",
        "scheduled_envo_ontology_load",
        "scheduled_po_ontology_load",
        "scheduled_uberon_ontology_load",
        "show_version_info",
        "sweep_gridfs",
    ]
    stitching = repository.database_records_stitching.get_all_jobs()
    assert sorted(job.name for job in stitching) == [
        "generate_biosample_set_from_samples_in_gold",
        "generate_data_generation_set_for_biosamples_in_nmdc_study",
        "generate_update_script_for_insdc_biosample_identifiers",
    ]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_sort"):
        repository.nothing_of_the_sort  # noqa: B018


def test_job_names_are_unique_over_all_repositories() -> None:
    names = Counter(
        job.name for name in CONCERNS for job in repository_of(name, preset_dev).get_all_jobs()
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_the_merged_definitions_load_with_all_jobs(deployed: None) -> None:
    merged: dg.Definitions = defs()

    dg.Definitions.validate_loadable(merged)
    assert {job.name for job in merged.get_repository_def().get_all_jobs()} >= set(all_jobs())


#: Jobs that have to be told what to work on.
TOLD = {
    *("apply_changesheet", "apply_metadata_in", "apply_metadata_in_sensed"),
    "export_study_biosamples_metadata",
}


@pytest.mark.parametrize("job_name", sorted(set(all_jobs()) - TOLD))
def test_a_job_without_required_config_runs_as_it_stands(job_name: str, deployed: None) -> None:
    assert dg.validate_run_config(all_jobs()[job_name]) is not None


def test_the_hubs_run_config_of_changesheets_is_valid(deployed: None) -> None:
    pipeline = PIPELINES[PlanKind.CHANGESHEET]
    config = pipeline.run_config(object_id="gfs0abc", operation_id="nmdc:sys0abc")

    assert dg.validate_run_config(all_jobs()[pipeline.dagster_job], config) is not None


@pytest.mark.parametrize("resources", [None, "published"])
def test_the_hubs_run_config_is_valid_with_ops_alone_and_with_the_published_resources(
    resources: str | None, deployed: None
) -> None:
    config: dict[str, Any] = PIPELINES[PlanKind.JSON].run_config(
        object_id="gfs0abc", operation_id="nmdc:sys0op"
    )
    if resources:
        config["resources"] = preset_normal["config"]["resources"]

    assert (
        dg.validate_run_config(all_jobs()[PIPELINES[PlanKind.JSON].dagster_job], config) is not None
    )


def test_config_keys_that_no_op_has_are_refused() -> None:
    wrong = {"ops": {"get_json_in": {"config": {"object": "gfs0abc"}}}}

    with pytest.raises(dg.DagsterInvalidConfigError, match="object_id"):
        dg.validate_run_config(all_jobs()[PIPELINES[PlanKind.JSON].dagster_job], wrong)


def test_the_mode_decides_whether_sensors_run_by_themselves_and_what_runs_are_tagged() -> None:
    statuses = {
        preset.environment: {
            sensor.default_status for sensor in repository_of("repo", preset).sensor_defs
        }
        for preset in PRESETS.values()
    }
    tags = [
        repository_of("repo", preset).get_job("hello_job").tags["nmdc/environment"]
        for preset in (preset_dev, preset_prod, preset_test)
    ]

    assert statuses == {
        Environment.DEV: {dg.DefaultSensorStatus.RUNNING},
        Environment.PROD: {dg.DefaultSensorStatus.RUNNING},
        Environment.TEST: {dg.DefaultSensorStatus.STOPPED},
    }
    assert tags == ["dev", "prod", "test"]
    assert preset_test.schedule_status is dg.DefaultScheduleStatus.STOPPED


def test_whatever_the_ui_lists_says_in_a_sentence_what_it_is_for() -> None:
    repositories = [repository_of(name, preset_dev) for name in CONCERNS]
    jobs = [job for job in all_jobs().values() if job.name != "__ASSET_JOB"]
    listed = [
        *jobs,
        *(sensor for each in repositories for sensor in each.sensor_defs),
        *(schedule for each in repositories for schedule in each.schedule_defs),
        *(op for job in all_jobs().values() for op in job.all_node_defs),
    ]

    assert len(listed) > len(jobs)
    assert [each.name for each in listed if not (each.description or "").endswith(".")] == []


def test_runs_are_a_users_unless_a_schedule_or_a_sensor_says_that_they_are_its_own(
    deployed: None,
) -> None:
    schedules = [
        schedule for name in CONCERNS for schedule in repository_of(name, preset_dev).schedule_defs
    ]
    requests = [
        request
        for schedule in schedules
        for request in schedule.evaluate_tick(dg.build_schedule_context()).run_requests or ()
    ]

    assert {job.tags.get("nmdc/launched_by") for job in all_jobs().values()} == {"user", None}
    assert len(requests) == len(schedules) > 0
    assert {request.tags["nmdc/launched_by"] for request in requests} == {"schedule"}


def test_importing_reads_no_setting_and_opens_no_connection() -> None:
    script = """
import sys
def refuse(event, args):
    if event == "socket.connect":
        raise AssertionError(args)
sys.addaudithook(refuse)
from nmdc_runtime.site import repository
try:
    repository.repo
except ValueError as error:
    print("only now:", "environment" in str(error))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"NMDC_ENVIRONMENT": "nonsense", "MONGO_HOST": "mongodb://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.returncode) == ("only now: True", 0), done.stderr


def test_the_published_preset_makes_a_job_and_its_values_are_references(deployed: None) -> None:
    job = hello_graph.to_job(name="mine", **preset_normal)

    assert job.execute_in_process().output_value() == "Hello, NMDC!"
    assert set(resource_defs) >= {"mongo", "runtime_api_site_client", "runtime_api_user_client"}
    values = [
        value
        for resource in preset_normal["config"]["resources"].values()
        for value in resource["config"].values()
    ]
    assert values
    assert all(set(value) == {"env"} for value in values)


def test_the_frozen_run_config_is_a_key_and_thaws_to_what_it_was() -> None:
    assert {run_config_frozen__normal_env: 1}[run_config_frozen__normal_env] == 1
    assert thaw(run_config_frozen__normal_env) == preset_normal["config"]


@pytest.mark.parametrize("name", sorted(MIRRORS))
def test_the_mirror_of_a_configuration_file_is_up_to_date(name: str) -> None:
    assert (ROOT / MIRRORS[name]).read_text() == mirror_of(name)

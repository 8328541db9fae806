import json
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._utils.tags import TagConcurrencyLimitsCounter

from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.instance import content_of
from nmdc_runtime.site.kinds import KIND_TAG, POD_TAG, Kind, tags_of
from nmdc_runtime.site.presets import EXCLUSIVE_TAG, preset_dev

CONCURRENCY: dict[str, Any] = yaml.safe_load(content_of("dagster.yaml"))["concurrency"]
JOBS = {
    job.name: job
    for name in CONCERNS
    for job in repository_of(name, preset_dev).get_all_jobs()
    if not job.name.startswith("__")  # Dagster's own, of assets that no job of ours makes
}


def run_of(tags: dict[str, str]) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="some_job", tags=tags)


@pytest.mark.parametrize("name", sorted(JOBS))
def test_every_job_has_a_kind_and_says_what_its_pod_needs(name: str) -> None:
    tags = JOBS[name].tags
    resources = json.loads(tags[POD_TAG])["container_config"]["resources"]
    assert tags[KIND_TAG] in set(Kind)
    assert tags[POD_TAG] == tags_of(Kind(tags[KIND_TAG]))[POD_TAG]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_heavy_jobs_are_of_the_kinds_that_are_limited() -> None:
    kinds = {name: job.tags[KIND_TAG] for name, job in JOBS.items()}
    assert kinds["export_nmdcdb"] == Kind.EXPORT
    maintenance = {name for name, kind in kinds.items() if kind == Kind.MAINTENANCE}
    assert maintenance >= {
        *("scheduled_envo_ontology_load", "purge_old_runs", "check_nmdcdb", "backup_nmdcdb"),
        *("restore_drill", "sweep_gridfs"),
    }
    assert kinds["apply_metadata_in"] == kinds["apply_changesheet"] == Kind.APPLY
    assert kinds["hello_job"] == kinds["ensure_jobs"] == Kind.LIGHT


def test_the_queue_holds_back_a_second_run_of_a_heavy_kind_and_lets_a_changesheet_pass() -> None:
    at_work = [run_of(tags_of(kind)) for kind in (Kind.INGEST, Kind.EXPORT, Kind.MAINTENANCE)]
    counter = TagConcurrencyLimitsCounter(CONCURRENCY["runs"]["tag_concurrency_limits"], at_work)

    held_back = {kind for kind in Kind if counter.is_blocked(run_of(tags_of(kind)))}

    assert held_back == {Kind.INGEST, Kind.EXPORT, Kind.MAINTENANCE}


def test_runs_that_work_on_the_same_thing_follow_one_another_and_others_do_not_wait() -> None:
    at_work = [run_of({EXCLUSIVE_TAG: "metadata-in"})]
    counter = TagConcurrencyLimitsCounter(CONCURRENCY["runs"]["tag_concurrency_limits"], at_work)

    assert counter.is_blocked(run_of({EXCLUSIVE_TAG: "metadata-in"}))
    assert not counter.is_blocked(run_of({EXCLUSIVE_TAG: "alldocs"}))

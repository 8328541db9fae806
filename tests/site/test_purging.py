"""Old runs on the storage that is deployed: PostgreSQL, by our own dagster.yaml."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from nmdc_runtime.site.instance import content_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.purging import ENDED, purge, purge_old_runs_job


@pytest.fixture
def instance(
    postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text(content_of("dagster.yaml"))
    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        yield opened
        opened.run_storage.wipe()
        opened.event_log_storage.wipe()


@dg.op
def speak(context: dg.OpExecutionContext) -> None:
    print("something")  # noqa: T201 (what a run prints is what is kept)
    asset = context.run.tags.get("made")
    if asset:
        context.log_event(dg.AssetMaterialization(asset_key=asset.split("/")))


@dg.job
def speak_job() -> None:
    speak()


def spoken(instance: dg.DagsterInstance, **tags: str) -> str:
    return speak_job.execute_in_process(instance=instance, tags=tags).run_id


def recorded(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    """Return a run that Dagster has on record, and that nobody runs."""
    return instance.create_run_for_job(speak_job, status=status).run_id


def now_at_dagster() -> datetime:
    """Return a time after all that has happened and before all that will."""
    time.sleep(0.01)
    return datetime.now(UTC)


def logs_of(tmp_path: Path, run_id: str) -> list[Path]:
    return [each for each in (tmp_path / "storage" / run_id).rglob("*") if each.is_file()]


def test_runs_that_ended_before_the_time_go_with_their_events_and_logs_and_no_others(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    old = [spoken(instance) for _ in range(3)]
    at_work = {
        recorded(instance, status)
        for status in dg.DagsterRunStatus
        if status not in {*ENDED, dg.DagsterRunStatus.QUEUED}  # which takes a workspace
    }
    assert all(logs_of(tmp_path, run_id) for run_id in old)
    before = now_at_dagster()
    new = spoken(instance)
    told: list[str] = []

    purged = purge(instance, ended_before=before, batch=2, tell=told.append)

    assert (purged.deleted, purged.kept_for_assets, dict(purged.failed)) == (3, 0, {})
    assert set(instance.get_run_ids()) == {*at_work, new}
    assert [instance.all_logs(run_id) for run_id in old] == [[]] * 3
    assert not any((tmp_path / "storage" / run_id).exists() for run_id in old)
    assert instance.all_logs(new)
    assert logs_of(tmp_path, new)
    assert len(told) == 2


def test_the_run_that_made_the_newest_version_of_an_asset_stays(
    instance: dg.DagsterInstance,
) -> None:
    first = spoken(instance, made="alldocs")
    newest = spoken(instance, made="alldocs")
    once = spoken(instance, made="drs/gfs0abc")

    purged = purge(instance, ended_before=now_at_dagster(), batch=1)

    assert (purged.deleted, purged.kept_for_assets) == (2, 1)
    assert instance.get_run_ids() == [newest]
    assert {first, once}.isdisjoint(instance.get_run_ids())
    assert instance.get_latest_materialization_event(dg.AssetKey("alldocs")) is not None


def test_a_run_that_cannot_be_deleted_keeps_none_of_the_others_and_is_named(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    stuck, other = spoken(instance), recorded(instance, dg.DagsterRunStatus.FAILURE)
    # As of a folder that somebody else owns, which root would remove all the same.
    folder, kept = tmp_path / "storage" / stuck, tmp_path / "elsewhere"
    folder.rename(kept)
    folder.symlink_to(kept)

    purged = purge(instance, ended_before=now_at_dagster())

    assert purged.deleted == 1
    assert list(purged.failed) == [stuck]
    assert instance.get_run_ids() == [stuck]
    assert instance.all_logs(stuck)
    assert other not in instance.get_run_ids()


def test_the_job_deletes_what_is_older_than_the_setting_says(
    instance: dg.DagsterInstance, deployed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = recorded(instance, dg.DagsterRunStatus.CANCELED)
    job = purge_old_runs_job(preset_dev)

    kept = job.execute_in_process(instance=instance)
    monkeypatch.setenv("NMDC_DAGSTER__RUNS_KEPT", "PT0.001S")
    purged = job.execute_in_process(instance=instance)

    assert kept.output_for_node("delete_old_runs") == 0
    assert purged.output_for_node("delete_old_runs") == 2
    assert instance.get_run_ids() == [purged.run_id]
    assert old not in instance.get_run_ids()

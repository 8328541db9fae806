"""Delete runs that ended long ago, with their events and logs: Dagster keeps them for ever.

What happened to data stays: that is in MongoDB (run events, operations, audit).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

#: In the night, when nobody waits for the database of the runs.
CRON: Final = "20 4 * * *"
BATCH: Final = 200
#: Begin the keys of assets of which there is a new one each time: as an asset each would keep its
#: run for ever.
MADE_ONCE: Final = frozenset({"drs"})
#: A run in any other state may still write.
ENDED: Final = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
)


class PurgeOldRuns(dg.Config):
    """Which runs are old."""

    kept_days: int | None = Field(
        default=None,
        ge=1,
        description="Days that a run is kept after its end; null: NMDC_DAGSTER__RUNS_KEPT.",
    )


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did."""

    deleted: int
    #: Old runs that were left, because they hold the newest materialization of an asset.
    kept_for_assets: int
    #: Why a run could not be deleted, by its id.
    failed: Mapping[str, str]


def purge(
    instance: dg.DagsterInstance,
    *,
    ended_before: datetime,
    batch: int = BATCH,
    tell: Callable[[str], object] = lambda _: None,
) -> Purged:
    """Delete the runs that ended before the time, a batch at a time.

    Logs go first and the run last: a purge that is killed finds the run again, and what is left
    of it. A run that cannot be deleted does not keep the others.
    """
    wanted = dg.RunsFilter(statuses=list(ENDED), updated_before=ended_before)
    of_assets = _runs_of_newest_materializations(instance)
    left: set[str] = set()
    failed: dict[str, str] = {}
    deleted = 0
    while True:
        found = instance.get_run_ids(wanted, limit=batch + len(left))
        fresh = [run_id for run_id in found if run_id not in left]
        if not fresh:
            break
        for run_id in fresh:
            if run_id in of_assets:
                left.add(run_id)
                continue
            try:
                _delete(instance, run_id)
            except Exception as error:  # whatever a log's storage may raise: the others go on
                failed[run_id] = f"{type(error).__name__}: {error}"
                left.add(run_id)
            else:
                deleted += 1
        tell(f"{deleted} runs deleted, {len(left)} left")
    return Purged(deleted, len(left) - len(failed), MappingProxyType(failed))


def _runs_of_newest_materializations(instance: dg.DagsterInstance) -> set[str]:
    """Return the runs without whose events an asset would look as if it was never made."""
    run_ids: set[str] = set()
    cursor: str | None = None
    while keys := instance.get_asset_keys(limit=BATCH, cursor=cursor):
        cursor = keys[-1].to_string()
        lasting = [key for key in keys if key.path[0] not in MADE_ONCE]
        for record in instance.get_asset_records(lasting) if lasting else ():
            if newest := record.asset_entry.last_materialization:
                run_ids.add(newest.run_id)
    return run_ids


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.event_log_storage.delete_events(run_id)
    instance.delete_run(run_id)


@dg.op
def delete_old_runs(
    context: dg.OpExecutionContext, config: PurgeOldRuns, services: dg.ResourceParam[Services]
) -> int:
    """Delete the runs that ended long ago; return how many."""
    days = config.kept_days
    kept = services.settings.dagster.runs_kept if days is None else timedelta(days=days)
    purged = purge(context.instance, ended_before=services.clock() - kept, tell=context.log.info)
    context.add_output_metadata(
        {
            "deleted": purged.deleted,
            "kept_for_assets": purged.kept_for_assets,
            "failed": len(purged.failed),
        }
    )
    if purged.failed:
        run_id, reason = next(iter(purged.failed.items()))
        raise dg.Failure(
            description=f"{purged.deleted} runs were deleted, {len(purged.failed)} could not be; "
            f"the first is {run_id}: {reason}",
            metadata={"runs": list(purged.failed)[:BATCH]},
            allow_retries=False,
        )
    return purged.deleted


@dg.graph
def purge_old_runs() -> None:
    """Delete runs that ended long ago, with their events and logs."""
    delete_old_runs()


def purge_old_runs_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``purge_old_runs``."""
    return preset.job(
        purge_old_runs,
        name="purge_old_runs",
        kind=Kind.MAINTENANCE,
        exclusive="purge",
        is_repeatable=True,
    )


def nightly_purge_old_runs(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name."""
    return preset.schedule(
        name="nightly_purge_old_runs",
        job_name="purge_old_runs",
        cron=CRON,
        description="Each night: delete runs that ended long ago (NMDC_DAGSTER__RUNS_KEPT).",
    )

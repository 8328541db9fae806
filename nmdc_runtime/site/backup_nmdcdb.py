"""Back the database up, and try whether the newest backup can be restored."""

from typing import Final

import dagster as dg

from nmdc_runtime.checks.models import Outcome
from nmdc_runtime.site.check_nmdcdb import about
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

BACKUP_CRON: Final = "0 1 * * *"
DRILL_CRON: Final = "0 4 * * 0"
#: Both work on the backups: one at a time.
EXCLUSIVE: Final = "nmdcdb-backup"


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def dump_to_object_storage(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> str:
    """Dump the database, and remove the backups that need not stay; return the report's id."""
    with permanent_unless_unavailable():
        report = services.upkeep.backups.backup(run_id=context.run_id, tell=context.log.info)
    context.add_output_metadata(about(report, services))
    for note in report.notes:
        context.log.info(note)
    return report.id


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def restore_into_scratch(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> str:
    """Restore the newest backup into a scratch database, compare, and drop that.

    A backup that cannot be restored fails the run: somebody must hear of it.
    """
    with permanent_unless_unavailable():
        report = services.upkeep.backups.drill(run_id=context.run_id, tell=context.log.info)
    if report.outcome is not Outcome.GOOD:
        raise dg.Failure(
            description=f"the newest backup cannot be restored: {report.summary}",
            metadata=about(report, services),
            allow_retries=False,
        )
    context.add_output_metadata(about(report, services))
    return report.id


@dg.graph
def backup_nmdcdb() -> None:
    """Dump the database to object storage."""
    dump_to_object_storage()


@dg.graph
def restore_drill() -> None:
    """Try whether the newest backup can be restored."""
    restore_into_scratch()


def backup_nmdcdb_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``backup_nmdcdb``: what a dead run left is none, and goes later."""
    return preset.job(
        backup_nmdcdb,
        name="backup_nmdcdb",
        kind=Kind.MAINTENANCE,
        exclusive=EXCLUSIVE,
        is_repeatable=True,
    )


def restore_drill_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``restore_drill``: what a dead run left, the next drops."""
    return preset.job(
        restore_drill,
        name="restore_drill",
        kind=Kind.MAINTENANCE,
        exclusive=EXCLUSIVE,
        is_repeatable=True,
    )


def daily_backup_nmdcdb(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name, which an operator has to switch on."""
    return preset.schedule(
        name="daily_backup_nmdcdb",
        job_name="backup_nmdcdb",
        cron=BACKUP_CRON,
        description="Each night: dump the database to object storage.",
        is_up_to_operators=True,
    )


def weekly_restore_drill(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name, which an operator has to switch on."""
    return preset.schedule(
        name="weekly_restore_drill",
        job_name="restore_drill",
        cron=DRILL_CRON,
        description="Each Sunday: try whether the newest backup can be restored.",
        is_up_to_operators=True,
    )

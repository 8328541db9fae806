"""Remove what work that died left behind: bytes that nothing leads to, temporary collections."""

from typing import Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.site.check_nmdcdb import about
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

CRON: Final = "0 5 * * 0"


class Sweep(dg.Config):
    """Whether to remove what is found."""

    dry_run: bool = Field(default=True, description="Only count and tell; remove nothing.")


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def sweep_leftovers(
    context: dg.OpExecutionContext, config: Sweep, services: dg.ResourceParam[Services]
) -> str:
    """Count, and unless it is a dry run remove, what is left behind; return the report's id."""
    with permanent_unless_unavailable():
        report = services.upkeep.sweeps.sweep(
            dry_run=config.dry_run, run_id=context.run_id, tell=context.log.info
        )
    context.add_output_metadata(about(report, services))
    return report.id


@dg.graph
def sweep_gridfs() -> None:
    """Find what is left behind."""
    sweep_leftovers()


def sweep_gridfs_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``sweep_gridfs``, which removes nothing unless it is told to."""
    return preset.job(
        sweep_gridfs,
        name="sweep_gridfs",
        kind=Kind.MAINTENANCE,
        exclusive="sweep-gridfs",
        is_repeatable=True,
    )


def weekly_sweep_gridfs(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name: it removes, and an operator has to switch it on."""
    return preset.schedule(
        name="weekly_sweep_gridfs",
        job_name="sweep_gridfs",
        cron=CRON,
        description="Each Sunday: remove what work that died left behind.",
        run_config={"ops": {"sweep_leftovers": {"config": {"dry_run": False}}}},
        is_up_to_operators=True,
    )

"""Close promises whose time is over, and put operations away that ended long ago."""

from datetime import datetime
from typing import Final

import dagster as dg
from bson import json_util

from nmdc_runtime.site.operations import delete_operations, list_operations
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

CRON: Final = "45 6 * * 1"


def undone_expired(now: datetime) -> str:
    """Return the filter of operations that are not done and whose time is over."""
    return json_util.dumps({"done": {"$ne": True}, "expire_time": {"$lt": now}})


@dg.op
def filter_ops_undone_expired(services: dg.ResourceParam[Services]) -> str:
    """Return the filter of operations that are not done and whose time is over by now."""
    return undone_expired(services.clock())


@dg.graph
def housekeeping() -> None:
    """Close promises whose time is over, and put operations away that ended long ago."""
    delete_operations(list_operations(filter_ops_undone_expired()))


def housekeeping_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``housekeeping``."""
    return preset.job(housekeeping, name="housekeeping", is_repeatable=True)


def housekeeping_weekly(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name."""
    return preset.schedule(
        name="housekeeping_weekly",
        job_name="housekeeping",
        cron=CRON,
        description="Each Monday: close promises whose time is over.",
    )

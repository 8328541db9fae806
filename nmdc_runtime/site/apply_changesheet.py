"""Apply a submitted changesheet: fetch it, then rehearse, write and report at once."""

import json
import time

import dagster as dg

from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.asset_events import preview, written_collections
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.stored_files import stored_file
from nmdc_runtime.wiring import Services


class ChangesheetIn(dg.Config):
    """Which stored object to read."""

    object_id: str


class ChangesheetUpdates(dg.Config):
    """Which operation promised the changes."""

    operation_id: str


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_changesheet_in(config: ChangesheetIn, services: dg.ResourceParam[Services]) -> StoredFile:
    """Read the stored object as a table, whose name and type say how its cells are separated."""
    with permanent_unless_unavailable():
        return stored_file(services, config.object_id)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def perform_changesheet_updates(
    context: dg.OpExecutionContext,
    config: ChangesheetUpdates,
    services: dg.ResourceParam[Services],
    sheet_in: StoredFile,
) -> list[str]:
    """Make all changes or none; asked again for the same operation, change nothing."""
    began = time.monotonic()
    with permanent_unless_unavailable():
        result = services.submissions.apply_changesheet(
            config.operation_id, sheet_in, dagster_run_id=context.run_id
        )
        plan = services.submissions.find_plan(config.operation_id)
    for event in written_collections(services, plan, seconds=time.monotonic() - began):
        context.log_event(event)
    # The commands may be megabytes: the operation has them all.
    context.log.info(preview(f"{config.operation_id}: {json.dumps(result)}"))
    return [f"/operations/{config.operation_id}"]


@dg.graph
def apply_changesheet() -> None:
    """Apply a submitted changesheet."""
    add_output_run_event(perform_changesheet_updates(get_changesheet_in()))


def apply_changesheet_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``apply_changesheet``; one run at a time writes metadata."""
    return preset.job(
        apply_changesheet,
        name="apply_changesheet",
        kind=Kind.APPLY,
        exclusive="metadata-in",
        is_repeatable=True,
    )

"""Register the objects whose upload a site has reported by ending its operation."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import dagster as dg

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.operations.models import OBJECT_PUT_MODEL, Operation
from nmdc_runtime.site.asset_events import uploaded_object
from nmdc_runtime.site.batches import Asked, ask_for
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.site.operations import delete_operations, list_operations
from nmdc_runtime.site.presets import LAUNCHED_BY_TAG, Preset
from nmdc_runtime.wiring import Services

#: Operations that make a request of their own; the run takes all that there are by then.
MOST_PUTS: Final = 100

#: Uploads that are done, of which nobody has looked at the result yet.
DONE_PUTS: Final = json.dumps(
    {"done": True, "metadata.model": OBJECT_PUT_MODEL, "metadata.settled_at": None}
)


@dg.op
def filter_ops_done_object_puts() -> str:
    """Return the filter of uploads that are done and have not been looked at."""
    return DONE_PUTS


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def create_objects_from_ops(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    op_docs: list[Operation],
) -> list[Operation]:
    """Register the object of each operation; one that is refused is told of, and stops no other.

    Its operation says why, so that nobody looks at it again and again.
    """
    registered = 0
    for operation in op_docs:
        try:
            object_id = services.drs.promised.settle(operation.id)
            record = services.objects.get(object_id)
        except NmdcError as refusal:
            if refusal.kind is ErrorKind.UNAVAILABLE:
                raise
            context.log.warning(f"{operation.id}: {refusal}")
        else:
            registered += 1
            context.log.info(f"{operation.id}: the object is {object_id}")
            if event := uploaded_object(record, base_url=services.settings.api_host_external):
                context.log_event(event)
    context.add_output_metadata({"operations": len(op_docs), "registered": registered})
    return op_docs


@dg.graph
def create_objects_from_site_object_puts() -> None:
    """Register the objects whose upload a site has reported by ending its operation."""
    delete_operations(create_objects_from_ops(list_operations(filter_ops_done_object_puts())))


def create_objects_from_site_object_puts_job(preset: Preset) -> dg.JobDefinition:
    """Return the job of this name."""
    return preset.job(
        create_objects_from_site_object_puts,
        name="create_objects_from_site_object_puts",
        is_repeatable=True,
    )


def asked_by(cursor: str | None) -> Asked | None:
    """Return what was asked for last; None: nothing, or by another version."""
    try:
        return Asked.from_json(json.loads(cursor or "{}"))
    except (ValueError, TypeError, KeyError):
        return None


def request_for(
    operation_ids: Sequence[str], asked: Asked | None, *, now: datetime
) -> tuple[dg.RunRequest, Asked]:
    """Return the request for a run on these operations, and what to remember of it."""
    asking = ask_for([[operation_id] for operation_id in operation_ids], asked, now=now)
    request = dg.RunRequest(run_key=asking.run_key, tags={LAUNCHED_BY_TAG: "sensor"})
    return request, asking


def look(services: Services, cursor: str | None) -> dg.SensorResult:
    """Look for uploads that are done, and ask for a run that registers their objects."""
    found = services.operations.list_matching(DONE_PUTS, most=MOST_PUTS)
    if not found:
        return dg.SensorResult(skip_reason="no upload is done that was not looked at")
    ids = [operation.id for operation in found]
    request, asked = request_for(ids, asked_by(cursor), now=services.clock())
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(asked.to_json()))


def done_object_put_ops(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""

    @dg.sensor(
        name="done_object_put_ops",
        job_name="create_objects_from_site_object_puts",
        description="Looks for uploads that sites have reported as done.",
        minimum_interval_seconds=preset.sensor_interval_s,
        default_status=preset.sensor_status,
    )
    def sensor(
        context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
    ) -> dg.SensorResult:
        return look(services, context.cursor)

    return sensor

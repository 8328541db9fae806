"""Write the documents of a JSON submission: fetch, then check, write and report at once."""

import json
import time
from typing import Any

import dagster as dg
import orjson

from nmdc_runtime.clients.dagster import RUN_ID_TAG
from nmdc_runtime.site.asset_events import written_collections
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.stored_files import stored_file
from nmdc_runtime.wiring import Services


class JsonIn(dg.Config):
    """Which stored object to read."""

    object_id: str


class MongoUpdates(dg.Config):
    """Which operation promised the documents."""

    operation_id: str


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_json_in(config: JsonIn, services: dg.ResourceParam[Services]) -> Any:  # noqa: ANN401 (any JSON)
    """Read the stored object as JSON."""
    with permanent_unless_unavailable():
        stored = stored_file(services, config.object_id)
    try:
        return orjson.loads(stored.content)
    except orjson.JSONDecodeError as error:
        raise dg.Failure(
            description=f"the object {config.object_id} is not JSON: {error}", allow_retries=False
        ) from error


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def perform_mongo_updates(
    context: dg.OpExecutionContext,
    config: MongoUpdates,
    services: dg.ResourceParam[Services],
    json_in: Any,  # noqa: ANN401 (any JSON)
) -> list[str]:
    """Write all documents or none; asked again for the same operation, write nothing."""
    if not isinstance(json_in, dict):
        raise dg.Failure(
            description="the submission is not a JSON object of collections", allow_retries=False
        )
    began = time.monotonic()
    with permanent_unless_unavailable():
        counts = services.submissions.apply(
            config.operation_id, json_in, dagster_run_id=context.run_id
        )
        plan = services.submissions.find_plan(config.operation_id)
    for event in written_collections(services, plan, seconds=time.monotonic() - began):
        context.log_event(event)
    context.log.info(f"{config.operation_id}: {json.dumps(counts)}")
    context.add_output_metadata({"counts": dg.MetadataValue.json(counts)})
    return [f"/operations/{config.operation_id}"]


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def add_output_run_event(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services], outputs: list[str]
) -> str | None:
    """Record that the NMDC run is complete, if the run serves one; return its id."""
    with permanent_unless_unavailable():
        run_id = services.runs.record_complete(
            run_id=context.run.tags.get(RUN_ID_TAG),
            dagster_run_id=context.run_id,
            outputs=outputs,
        )
    context.log.info(f"run {run_id} is complete" if run_id else "no NMDC run to report to")
    return run_id


@dg.graph
def apply_metadata_in() -> None:
    """Write the documents of a JSON submission."""
    add_output_run_event(perform_mongo_updates(get_json_in()))


def apply_metadata_in_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``apply_metadata_in``; one run at a time writes."""
    return preset.job(
        apply_metadata_in,
        name="apply_metadata_in",
        kind=Kind.APPLY,
        exclusive="metadata-in",
        is_repeatable=True,
    )

"""Claim the jobs that the Runtime's own site does itself, and ask for the runs that do them.

A look first claims, then asks for a run for all that is claimed and not done: so a claim whose
run was never asked for, since the daemon died in between, is run the next time. Dagster runs one
request of a key only.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site.apply_metadata_in import apply_metadata_in
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.submissions.models import Claimed, PromisedWork
from nmdc_runtime.submissions.rules import ATTEMPT_TAG, OPERATION_ID_TAG, PIPELINES, Pipeline
from nmdc_runtime.wiring import Services

#: Jobs that one look claims.
MOST_CLAIMS: Final = 20
#: Promises that runs are asked for at once: until they are kept, no further job is claimed.
MOST_PROMISED: Final = 100


def room_for(promised: Sequence[PromisedWork]) -> int:
    """Return how many jobs may be claimed by who has promised so much."""
    return max(0, min(MOST_CLAIMS, MOST_PROMISED - len(promised)))


def run_key_of(work: PromisedWork) -> str:
    """Return the operation's id, which is published; further attempts are numbered."""
    return work.operation_id if work.attempt == 1 else f"{work.operation_id}/{work.attempt}"


def request_of(work: PromisedWork, pipeline: Pipeline) -> dg.RunRequest:
    """Return the request for the run that keeps a promise."""
    return dg.RunRequest(
        run_key=run_key_of(work),
        run_config=pipeline.run_config(object_id=work.object_id, operation_id=work.operation_id),
        tags={
            "nmdc/workflow_id": pipeline.workflow_id,
            "nmdc/job_id": work.job_id,
            "nmdc/object_id": work.object_id,
            "nmdc/launched_by": "sensor",
            OPERATION_ID_TAG: work.operation_id,
            ATTEMPT_TAG: str(work.attempt),
            # If its process dies, the next look asks anew. Dagster would do so by itself, but
            # forgets it if the code server died too and is not back yet.
            "dagster/max_retries": "0",
        },
    )


def result_of(
    promised: Sequence[PromisedWork], claimed: Claimed, pipeline: Pipeline
) -> dg.SensorResult:
    """Return what a look asks for, or why it asks for nothing."""
    if promised:
        return dg.SensorResult(run_requests=[request_of(work, pipeline) for work in promised])
    nothing_new = f"no job of {pipeline.workflow_id} is to be claimed"
    return dg.SensorResult(skip_reason="; ".join(claimed.refusals[:10]) or nothing_new)


def look(services: Services, pipeline: Pipeline) -> dg.SensorResult:
    """Claim what is new, and ask for runs for all that is claimed and not done."""
    own = services.submissions.own_claims
    promised = own.list_promised(pipeline.workflow_id, most=MOST_PROMISED)
    claimed = own.claim_new(pipeline.workflow_id, most=room_for(promised))
    if claimed.how_many:
        promised = own.list_promised(pipeline.workflow_id, most=MOST_PROMISED)
    return result_of(promised, claimed, pipeline)


def _sensor(preset: Preset, *, name: str, job_name: str, kind: PlanKind) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        job_name=job_name,
        minimum_interval_seconds=preset.sensor_interval_s,
        default_status=preset.sensor_status,
    )
    def sensor(services: dg.ResourceParam[Services]) -> dg.SensorResult:
        return look(services, PIPELINES[kind])

    return sensor


def claim_and_run_metadata_in_jobs(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""
    return _sensor(
        preset,
        name="claim_and_run_metadata_in_jobs",
        job_name="apply_metadata_in_sensed",
        kind=PlanKind.JSON,
    )


def claim_and_run_apply_changesheet_jobs(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""
    return _sensor(
        preset,
        name="claim_and_run_apply_changesheet_jobs",
        job_name="apply_changesheet",
        kind=PlanKind.CHANGESHEET,
    )


def apply_metadata_in_sensed_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``apply_metadata_in_sensed``: what runs by itself, by its published name."""
    return preset.job(
        apply_metadata_in,
        name="apply_metadata_in_sensed",
        exclusive="metadata-in",
        is_repeatable=True,
    )

"""Claim the jobs that the Runtime's own site does itself, and ask for the runs that do them.

A look first claims, then asks for a run for all that is claimed and not done: so a claim whose
run was never asked for, since the daemon died in between, is run the next time. Dagster runs one
request of a key only; so a look also sees which of these runs have ended and left their work
undone. The sensors that hear of failed runs hear once, and MongoDB may be away just then.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site.apply_metadata_in import apply_metadata_in
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import LAUNCHED_BY_TAG, Preset
from nmdc_runtime.site.run_outcomes import attempt_of, how_it_ended, record_failure
from nmdc_runtime.submissions.models import Claimed, PromisedWork
from nmdc_runtime.submissions.rules import ATTEMPT_TAG, OPERATION_ID_TAG, PIPELINES, Pipeline
from nmdc_runtime.wiring import Services

#: Jobs that one look claims.
MOST_CLAIMS: Final = 20
#: Promises that runs are asked for at once: until they are kept, no further job is claimed.
MOST_PROMISED: Final = 100
#: When nothing more will come of a run.
ENDED: Final = (
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
    dg.DagsterRunStatus.SUCCESS,
)


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
            LAUNCHED_BY_TAG: "sensor",
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


def note_ended(
    services: Services, instance: dg.DagsterInstance, promised: Sequence[PromisedWork]
) -> int:
    """Record the end of runs that were to keep these promises and have not; return of how many.

    Asking again changes nothing, nor does it if somebody else records the same meanwhile.
    """
    attempts = {work.operation_id: work.attempt for work in promised}
    if not attempts:
        return 0
    records = instance.get_run_records(
        dg.RunsFilter(tags={OPERATION_ID_TAG: list(attempts)}, statuses=list(ENDED))
    )
    noted = 0
    for run in (record.dagster_run for record in records):
        if attempts[run.tags[OPERATION_ID_TAG]] != attempt_of(run.tags):
            continue
        ended = how_it_ended(instance, run)
        record_failure(services, run, reason=ended.reason, is_final=ended.is_final)
        noted += 1
    return noted


def look(
    services: Services, pipeline: Pipeline, instance: dg.DagsterInstance | None = None
) -> dg.SensorResult:
    """Claim what is new, and ask for runs for all that is claimed and not done.

    Parameters
    ----------
    instance
        What knows of runs that were asked for before; None: there were none.
    """
    own = services.submissions.own_claims
    promised = own.list_promised(pipeline.workflow_id, most=MOST_PROMISED)
    noted = 0 if instance is None else note_ended(services, instance, promised)
    claimed = own.claim_new(pipeline.workflow_id, most=room_for(promised))
    if noted or claimed.how_many:
        promised = own.list_promised(pipeline.workflow_id, most=MOST_PROMISED)
    return result_of(promised, claimed, pipeline)


def _sensor(
    preset: Preset, *, name: str, job_name: str, kind: PlanKind, description: str
) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        job_name=job_name,
        description=description,
        minimum_interval_seconds=preset.sensor_interval_s,
        default_status=preset.sensor_status,
    )
    def sensor(
        context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
    ) -> dg.SensorResult:
        return look(services, PIPELINES[kind], context.instance)

    return sensor


def claim_and_run_metadata_in_jobs(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""
    return _sensor(
        preset,
        name="claim_and_run_metadata_in_jobs",
        job_name="apply_metadata_in_sensed",
        kind=PlanKind.JSON,
        description="Claims jobs that take documents in, and asks for the runs that do them.",
    )


def claim_and_run_apply_changesheet_jobs(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""
    return _sensor(
        preset,
        name="claim_and_run_apply_changesheet_jobs",
        job_name="apply_changesheet",
        kind=PlanKind.CHANGESHEET,
        description="Claims jobs that apply changesheets, and asks for the runs that do them.",
    )


def apply_metadata_in_sensed_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``apply_metadata_in_sensed``: what runs by itself, by its published name."""
    return preset.job(
        apply_metadata_in,
        name="apply_metadata_in_sensed",
        kind=Kind.APPLY,
        exclusive="metadata-in",
        is_repeatable=True,
        description="Write the documents of a stored object, when a sensor asks for it.",
    )

"""Tell the hub of runs that ended without reporting: failed steps, dead workers, cancellations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import dagster as dg

from nmdc_runtime.clients.dagster import RUN_ID_TAG, WILL_RETRY_TAG
from nmdc_runtime.runs.errors import RunNotFound
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.run_launcher import LOST
from nmdc_runtime.submissions.rules import ATTEMPT_TAG, OPERATION_ID_TAG
from nmdc_runtime.wiring import Services

INTERVAL_S: Final = 10
#: What Dagster says of a run that did not fail by itself: then events before it say more.
SAYS_NOTHING: Final = "marked as failed from outside"
#: How Dagster begins what an error of ours says: with its class.
OUR_ERRORS: Final = "nmdc_runtime."
#: What Dagster calls a worker in events that tell of its death.
WORKER: Final = "Run execution process"


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a run came to nothing, in one sentence, and whether it would again."""

    reason: str
    is_final: bool = False


def how_it_ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Ended:
    """Return what Dagster's events say of the end of a run."""
    if run.status is dg.DagsterRunStatus.CANCELED:
        return Ended("the run was cancelled", is_final=True)
    if run.status is dg.DagsterRunStatus.SUCCESS:
        return Ended("the run ended well, but its work is not on record")
    wanted = {
        *(dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE),
        dg.DagsterEventType.ENGINE_EVENT,
    }
    entries = instance.all_logs(run.run_id, of_type=wanted)
    return ended_by([entry.dagster_event for entry in entries if entry.dagster_event is not None])


def ended_by(events: Sequence[dg.DagsterEvent]) -> Ended:
    """Return what the events of a failed run say of its end."""
    steps = [event for event in events if event.is_step_failure]
    if steps:
        return Ended(
            "; ".join(told_by(event) for event in steps),
            is_final=any(is_refusal(event) for event in steps),
        )
    said = [event.message or "" for event in events if event.is_job_failure]
    deaths = [event.message or "" for event in events if event.is_engine_event]
    deaths = [message[message.index(WORKER) :] for message in deaths if WORKER in message]
    if any(LOST in message for message in said):
        return Ended(LOST)
    telling = [message for message in said if message and SAYS_NOTHING not in message]
    return Ended(next(iter([*telling[-1:], *deaths[-1:], *said[-1:]]), "") or "the run failed")


def record_failure(
    services: Services, run: dg.DagsterRun, *, reason: str, is_final: bool = False
) -> str:
    """Record FAIL on the NMDC run that the Dagster run served, and say what was done.

    Of a run that a sensor asked for, the failure is recorded on the operation that it was to do.
    Asking again changes nothing. A worker may die after its work was done: what is complete
    stays complete.

    Parameters
    ----------
    is_final
        Whether running again would come to the same.
    """
    run_id, operation_id = run.tags.get(RUN_ID_TAG), run.tags.get(OPERATION_ID_TAG)
    if run_id is None and operation_id is None:
        return f"{reason} (the Dagster run {run.run_id} served no NMDC run)"
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return f"the NMDC run {run_id or operation_id} goes on: Dagster runs it again"
    if run_id is None:
        return services.submissions.own_claims.record_failed_run(
            str(operation_id), attempt=attempt_of(run.tags), reason=reason, is_final=is_final
        )
    try:
        status = services.runs.summary(run_id).status
    except RunNotFound:
        # Somebody else's tag, or another database's: a sensor that raises never gets past it.
        return f"no NMDC run has the id {run_id}, which the Dagster run {run.run_id} names"
    if status is RunEventType.COMPLETE:
        return f"the NMDC run {run_id} is complete all the same"
    services.submissions.record_dead_run(
        run_id,
        operation_id=run.tags.get(OPERATION_ID_TAG),
        reason=reason,
        dagster_run_id=run.run_id,
    )
    return f"the NMDC run {run_id} has failed: {reason}"


def attempt_of(tags: Mapping[str, str]) -> int:
    """Return which attempt a run is that a sensor asked for; what is not numbered is the first."""
    number = tags.get(ATTEMPT_TAG, "")
    return int(number) if number.isdecimal() else 1


def is_refusal(step_failure: dg.DagsterEvent) -> bool:
    """Say whether the op itself found that its work cannot be done, now or later."""
    return step_failure.step_failure_data.user_failure_data is not None


def told_by(step_failure: dg.DagsterEvent) -> str:
    """Return which step failed and why, as the op said it, without the stack."""
    data = step_failure.step_failure_data
    said = data.user_failure_data.description if data.user_failure_data else None
    if said is None and data.error is not None:
        cause = data.error.cause or data.error  # Dagster wraps what an op raises
        said = cause.message.strip().partition("\n")[0]
        if said.startswith(OUR_ERRORS):  # they say all in words: the class is for programmers
            said = said.partition(": ")[2] or said
    return f"{step_failure.step_key}: {said or 'no reason given'}"


def tell(services: Services, context: dg.RunStatusSensorContext) -> None:
    """Record how the run ended, and say on its page in Dagster what that means.

    A look takes up several runs only if nothing is returned for any of them.
    """
    run = context.dagster_run
    ended = how_it_ended(context.instance, run)
    said = record_failure(services, run, reason=ended.reason, is_final=ended.is_final)
    context.instance.report_engine_event(said, run)


def on_run_fail(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name, which hears of failed runs in all code locations."""

    @dg.run_failure_sensor(
        name="on_run_fail",
        description="Tells the hub of each run that failed, and why; the job can be claimed again.",
        monitor_all_code_locations=True,
        default_status=preset.sensor_status,
        minimum_interval_seconds=min(INTERVAL_S, preset.sensor_interval_s),
    )
    def sensor(context: dg.RunFailureSensorContext, services: dg.ResourceParam[Services]) -> None:
        tell(services, context)

    return sensor


def on_run_canceled(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name, which hears of cancelled runs in all code locations."""

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.CANCELED,
        name="on_run_canceled",
        description="Tells the hub of each run that was cancelled; the job can be claimed again.",
        monitor_all_code_locations=True,
        default_status=preset.sensor_status,
        minimum_interval_seconds=min(INTERVAL_S, preset.sensor_interval_s),
    )
    def sensor(context: dg.RunStatusSensorContext, services: dg.ResourceParam[Services]) -> None:
        tell(services, context)

    return sensor

"""What is told of a run that came to nothing, by the events that Dagster keeps of it."""

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.execution.plan.objects import StepFailureData, UserFailureData
from dagster._utils.error import SerializableErrorInfo

from nmdc_runtime.site.run_launcher import LOST
from nmdc_runtime.site.run_outcomes import Ended, ended_by

DEATH = "Run execution process for r1 was terminated by signal 9 (SIGKILL)."
FROM_OUTSIDE = "This run has been marked as failed from outside the execution context."


def event(kind: dg.DagsterEventType, message: str, **more: object) -> dg.DagsterEvent:
    return dg.DagsterEvent(kind.value, "apply_metadata_in", message=message, **more)


def failure(message: str) -> dg.DagsterEvent:
    return event(dg.DagsterEventType.RUN_FAILURE, message)


def engine(message: str) -> dg.DagsterEvent:
    return event(dg.DagsterEventType.ENGINE_EVENT, message, event_specific_data=EngineEventData())


def step(
    *, refused: str | None = None, raised: str | None = None, retried: str | None = None
) -> dg.DagsterEvent:
    error = SerializableErrorInfo(raised, [], "Error") if raised else None
    if retried:
        cause = SerializableErrorInfo(retried, [], "Error")
        error = SerializableErrorInfo("Exceeded max_retries of 5\n", [], "RetryRequested", cause)
    data = StepFailureData(
        error=error,
        user_failure_data=UserFailureData("refused", refused) if refused else None,
    )
    return event(
        dg.DagsterEventType.STEP_FAILURE, "it failed", step_key="get", event_specific_data=data
    )


@pytest.mark.parametrize(
    ("events", "ended"),
    [
        ([step(refused="it is not JSON"), failure("x")], Ended("get: it is not JSON", True)),
        ([step(raised="AutoReconnect: gone\nat line 5")], Ended("get: AutoReconnect: gone")),
        (
            [step(retried="nmdc_runtime.clients.x.Gone: http://x: is away\n"), failure("x")],
            Ended("get: http://x: is away"),
        ),
        ([engine("Starting"), engine(f"[Server] {DEATH}"), failure(FROM_OUTSIDE)], Ended(DEATH)),
        ([engine(DEATH), failure("Exceeded maximum runtime")], Ended("Exceeded maximum runtime")),
        ([failure(f"Detected run worker status ({LOST}). Marking it failed.")], Ended(LOST)),
        ([failure(FROM_OUTSIDE)], Ended(FROM_OUTSIDE)),
        ([], Ended("the run failed")),
    ],
    ids=[
        "refused",
        "raised",
        "tried in vain",
        "killed",
        "too long",
        "lost",
        "from outside",
        "nothing",
    ],
)
def test_the_end_of_a_run_is_told_in_one_sentence(events, ended):
    assert ended_by(events) == ended

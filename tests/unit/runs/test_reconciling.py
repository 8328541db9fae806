import pytest

from nmdc_runtime.clients.dagster import DagsterRunStatus, RunState
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.runs.reconciling import ending_of

ENDED = {
    RunState.SUCCESS: (RunEventType.COMPLETE, ""),
    RunState.FAILURE: (RunEventType.FAIL, "the Dagster run d1 failed"),
    RunState.CANCELED: (RunEventType.FAIL, "the Dagster run d1 was cancelled"),
}


@pytest.mark.parametrize("state", sorted(RunState))
def test_a_run_has_ended_when_dagster_says_so(state):
    ending = ending_of(DagsterRunStatus(run_id="d1", state=state))

    assert (ending and (ending.kind, ending.reason)) == ENDED.get(state)


def test_a_run_that_dagster_will_repeat_goes_on():
    assert ending_of(DagsterRunStatus(run_id="d", state=RunState.FAILURE, will_retry=True)) is None


def test_a_run_that_dagster_does_not_know_has_failed():
    ending = ending_of(None)

    assert ending is not None
    assert ending.kind is RunEventType.FAIL
    assert "Dagster does not know" in ending.reason

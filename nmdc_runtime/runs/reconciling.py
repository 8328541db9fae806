"""What became of runs that the hub handed to Dagster, where nobody has told it."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nmdc_runtime.clients.dagster import (
    RUN_ID_TAG,
    DagsterRunStatus,
    Orchestrator,
    OrchestratorUnavailable,
    RunState,
)
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.runs.models import RunEventType, RunRequest
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.runs.store import RunRequestStore

logger = logging.getLogger(__name__)

#: Runs that are looked at in one go.
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended, as Dagster tells it."""

    kind: RunEventType
    reason: str = ""


def ending_of(found: DagsterRunStatus | None) -> Ending | None:
    """Return how the run ended, or None while Dagster still has something to do for it.

    Parameters
    ----------
    found
        The latest Dagster run for the run; None: Dagster does not know of any.
    """
    if found is None:
        return Ending(kind=RunEventType.FAIL, reason="Dagster does not know the run")
    if found.state is RunState.SUCCESS:
        return Ending(kind=RunEventType.COMPLETE)
    if not found.has_failed:
        return None
    what = "was cancelled" if found.state is RunState.CANCELED else "failed"
    return Ending(kind=RunEventType.FAIL, reason=f"the Dagster run {found.run_id} {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReconciler:
    """Look up runs of which nothing was heard for a while, and record what Dagster says.

    Parameters
    ----------
    look_after
        How long nothing must have been heard of a run.
    """

    requests: RunRequestStore
    runs: RunService
    orchestrator: Orchestrator
    clock: Clock
    look_after: timedelta

    def reconcile(self) -> int:
        """Look at the runs whose time has come; return how many of them have ended.

        Safe when several processes do it at once. While Dagster cannot be asked, nothing is
        recorded of any run.
        """
        ended = 0
        for run_id in self.requests.list_due(now=self.clock(), most=AT_ONCE):
            now = self.clock()
            request = self.requests.take_look(run_id, now=now, look_at=now + self.look_after)
            if request is None:
                continue
            try:
                found = self.orchestrator.find_run({RUN_ID_TAG: run_id})
            except OrchestratorUnavailable as error:
                logger.warning("runs not looked at", extra={"reason": str(error)[:200]})
                break
            ended += self._settle(request, found)
        return ended

    def _settle(self, request: RunRequest, found: DagsterRunStatus | None) -> bool:
        """Record what Dagster says of the run; say whether it has ended."""
        if self.runs.summary(request.id).status is RunEventType.COMPLETE:
            self.requests.close(request.id)
            return True
        if found is not None and found.run_id != request.dagster_run_id:
            # Its answer to the launch was lost, or it has begun another attempt by itself.
            self.runs.record_started(request.id, dagster_run_id=found.run_id)
            self.requests.mark_launched(
                request.id, dagster_run_id=found.run_id, look_at=self.clock() + self.look_after
            )
        ending = ending_of(found)
        if ending is None:
            return False
        if ending.kind is RunEventType.COMPLETE and found is not None:
            self.runs.record_complete(run_id=request.id, dagster_run_id=found.run_id, outputs=[])
        elif self._is_news(request, found):
            attempt = found.run_id if found else (request.dagster_run_id or "unknown to Dagster")
            self.runs.record_failed(request.id, reason=ending.reason, attempt=attempt)
        else:
            self.requests.close(request.id)
        logger.info("run settled", extra={"run_id": request.id, "ending": ending.kind.value})
        return True

    def _is_news(self, request: RunRequest, found: DagsterRunStatus | None) -> bool:
        """Say whether the failure is not on record: a launch that Dagster did not answer is."""
        is_failed = self.runs.summary(request.id).status is RunEventType.FAIL
        return found is not None or not is_failed

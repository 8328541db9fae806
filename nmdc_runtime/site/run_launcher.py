"""A run launcher that notices dead run workers.

Dagster's own launcher for a gRPC code server hands a run over and forgets it. The server reports
a worker that dies, but not its own death: after a restart its runs would stay STARTED for ever,
and hold the places in the queue that they occupy.
"""

from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value


class WatchedRunLauncher(DefaultRunLauncher):
    """Launches runs on a code server and can tell whether it still works on them."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Ask the code server that started the run whether it knows it."""
        untyped: Any = self
        client = untyped._get_grpc_client_for_termination(run.run_id)
        if client is None:
            # Started by hand, in a process of somebody's own: nobody to ask.
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        answer = deserialize_value(
            client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id)),
            CanCancelExecutionResult,
        )
        if answer.can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND,
            "the code server that started the run does not know it: it was restarted, or the "
            "run's process died",
        )

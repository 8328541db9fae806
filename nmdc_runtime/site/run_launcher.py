"""A run launcher that notices dead run workers.

Dagster's own launcher for a gRPC code server hands a run over and forgets it. The server reports
a worker that dies, but not its own death: after a restart its runs would stay STARTED for ever,
and hold the places in the queue that they occupy.
"""

import time
from typing import Any, Final

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import ConfigurableClassData, deserialize_value

#: How long a code server must not know a run for it to be lost. After its restart the daemon has
#: to load the workspace anew: before that it could not run anything again, and would not later.
PATIENCE_S: Final = 10.0
FORGET_AFTER_S: Final = 600.0

#: What is told of such a run.
LOST: Final = (
    "the code server that started the run does not know it: it was restarted, or the run's "
    "process died"
)


class Missed:
    """Runs that the code server did not know, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def is_lost(self, run_id: str, *, now: float) -> bool:
        """Note that the run is not known; say whether that has been so for long enough.

        A run that has just ended well is asked for once, and never again: it is forgotten.
        """
        self._since = {each: at for each, at in self._since.items() if now - at < FORGET_AFTER_S}
        since = self._since.setdefault(run_id, now)
        if now - since < PATIENCE_S:
            return False
        del self._since[run_id]
        return True

    def forget(self, run_id: str) -> None:
        """Note that the run is known."""
        self._since.pop(run_id, None)


class WatchedRunLauncher(DefaultRunLauncher):
    """Launches runs on a code server and can tell whether it still works on them."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._missed = Missed()

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
            self._missed.forget(run.run_id)
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if not self._missed.is_lost(run.run_id, now=time.monotonic()):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, LOST)

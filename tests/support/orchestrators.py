"""An orchestrator whose runs do what a test says: to play what a real one does only by accident.

The whole way through a real Dagster is tested in ``tests/e2e``; lost answers, refusals and runs
that die at a chosen moment are played with this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from nmdc_runtime.clients.dagster import (
    DagsterRunStatus,
    OrchestratorUnavailable,
    RunRefused,
    RunState,
)


@dataclass
class LaunchedRun:
    """A run that was asked for."""

    job_name: str
    run_config: Mapping[str, Any]
    tags: Mapping[str, str]
    run_id: str = field(default_factory=lambda: str(uuid4()))
    state: RunState = RunState.QUEUED

    @property
    def operation_id(self) -> str:
        """The operation that the run is told to do."""
        config = self.run_config["ops"]["perform_mongo_updates"]["config"]
        return str(config["operation_id"])


@dataclass
class ScriptedOrchestrator:
    """Takes runs; can be down, refuse, or lose its answer after it has taken one."""

    is_down: bool = False
    loses_answers: bool = False
    #: Whether it goes down when it has taken a run.
    dies_of_runs: bool = False
    refusal: str | None = None
    runs: list[LaunchedRun] = field(default_factory=list)

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Take the run, as the script says."""
        self._check_up()
        if self.refusal is not None:
            raise RunRefused(self.refusal)
        run = LaunchedRun(job_name, run_config, tags)
        self.runs.append(run)
        self.is_down = self.is_down or self.dies_of_runs
        if self.loses_answers:
            raise OrchestratorUnavailable("Dagster's answer was lost")
        return run.run_id

    def find_run(self, tags: Mapping[str, str]) -> DagsterRunStatus | None:
        """Return the latest run that carries all these tags."""
        self._check_up()
        for run in reversed(self.runs):
            if tags.items() <= run.tags.items():
                return DagsterRunStatus(run_id=run.run_id, state=run.state)
        return None

    def is_alive(self) -> bool:
        """Say whether it is up."""
        return not self.is_down

    def _check_up(self) -> None:
        if self.is_down:
            raise OrchestratorUnavailable("Dagster cannot be reached")

"""What stands for Dagster where a test runs the launched job itself."""

from collections.abc import Mapping
from typing import Any

from nmdc_runtime.clients.dagster import DagsterRunStatus, RunState


class Launches:
    """An orchestrator that keeps what it is asked to run."""

    def __init__(self) -> None:
        self.launched: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Take the run."""
        self.launched.append((job_name, dict(run_config), dict(tags)))
        return f"dagster-run-{len(self.launched)}"

    def find_run(self, tags: Mapping[str, str]) -> DagsterRunStatus | None:
        """Find a run among those taken."""
        for number, (_, _, given) in enumerate(self.launched, 1):
            if tags.items() <= given.items():
                return DagsterRunStatus(run_id=f"dagster-run-{number}", state=RunState.STARTED)
        return None

    def is_alive(self) -> bool:
        """Say yes."""
        return True

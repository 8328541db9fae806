"""What tests of ingests share: an orchestrator that works at once, and what a step has shown."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev
from tests.site.launches import Launches


class WorkingDagster(Launches):
    """Does at once what the hub asks it to run, in the test's own process."""

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        run_id = super().launch(job_name, run_config, tags)
        repositories = (repository_of(name, preset_dev) for name in CONCERNS)
        job = next(
            job for each in repositories for job in each.get_all_jobs() if job.name == job_name
        )
        done = job.execute_in_process(run_config=dict(run_config), tags=dict(tags))
        assert done.success
        return run_id


def shown(result: dg.ExecuteInProcessResult, step: str) -> Mapping[str, Any]:
    """Return what a step that went well shows at its output."""
    (event,) = [
        each for each in result.all_events if each.is_successful_output and each.step_key == step
    ]
    metadata: Mapping[str, Any] = event.step_output_data.metadata
    return metadata


def rows(metadata: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a table that a step shows."""
    return [dict(record.data) for record in metadata[name].records]


def failure(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """Return which step has failed, at its first try, and what it says."""
    assert not result.success
    (event,) = result.get_step_failure_events()
    assert event.step_key is not None
    assert result.retry_attempts_for_node(event.step_key) == 0
    given = event.step_failure_data.user_failure_data
    return event.step_key, str(given.description if given else event.step_failure_data.error)

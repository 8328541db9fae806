"""Which workflows the hub starts, in which Dagster jobs, and what it tells them; pure."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.runs.errors import RunConfigUnusable, RunInputMissing, WorkflowNotRunnable

#: What a caller is told who may not start runs, or not of this workflow.
START_REFUSAL: Final = "Only specific users are allowed to start runs of this workflow."
METADATA_IN: Final = "metadata-in-1.0.0"
#: Where the run config of metadata-in says what to apply, and for which promise.
OBJECT_ID: Final = ("get_json_in", "object_id")
OPERATION_ID: Final = ("perform_mongo_updates", "operation_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A workflow that can be started; names of jobs, ops and config keys are published.

    Parameters
    ----------
    study_of, username_of
        The op and the key of its config that are told the study, and who asks.
    required
        What the caller's own run config has to say.
    also_needs
        What the caller must be allowed besides starting runs.
    """

    id: str
    dagster_job: str
    study_of: tuple[str, str] | None = None
    username_of: tuple[str, str] | None = None
    required: tuple[tuple[str, str], ...] = ()
    also_needs: tuple[AllowanceAction, ...] = ()


RUNNABLE: Final = {
    each.id: each
    for each in (
        Runnable(
            id=METADATA_IN,
            dagster_job="apply_metadata_in",
            required=(OBJECT_ID, OPERATION_ID),
            # It writes documents, as a submission does.
            also_needs=(AllowanceAction.SUBMIT_JSON,),
        ),
        Runnable(
            id="export-study-biosamples-as-csv-1.0.0",
            dagster_job="export_study_biosamples_metadata",
            study_of=("get_study_biosamples_metadata", "study_id"),
            username_of=("get_study_biosamples_metadata", "username"),
        ),
        Runnable(
            id="gold_study_to_database",
            dagster_job="gold_study_to_database",
            study_of=("get_gold_study_pipeline_inputs", "study_id"),
            username_of=("export_json_to_drs", "username"),
        ),
    )
}


def get_runnable(workflow_id: str) -> Runnable:
    """Return the workflow, or raise `WorkflowNotRunnable`."""
    try:
        return RUNNABLE[workflow_id]
    except KeyError:
        raise WorkflowNotRunnable(workflow_id, known=RUNNABLE) from None


def value_at(run_config: Mapping[str, Any], place: tuple[str, str]) -> str:
    """Return what the run config tells an op, or raise `RunConfigUnusable` if it is no text."""
    op, key = place
    found: Any = run_config
    for name in ("ops", op, "config", key):
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, str) or not found:
        raise RunConfigUnusable("a text is needed here", place=f"ops.{op}.config.{key}")
    return found


def completed(
    workflow: Runnable, run_config: Mapping[str, Any], inputs: Iterable[str], *, username: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the run config as Dagster gets it, and what the run is said to read.

    What the hub tells an op replaces what the caller wrote there: nobody asks in the name of
    somebody else.

    Raises
    ------
    RunConfigUnusable
        The run config configures something other than ops, reads the environment, or lacks what
        the workflow needs.
    RunInputMissing
        The workflow needs a study.
    """
    check_run_config(run_config)
    config = deepcopy(dict(run_config))
    for place in workflow.required:
        value_at(config, place)
    study_id = next(iter(inputs), "").strip()
    if workflow.study_of is not None:
        if not study_id:
            raise RunInputMissing(workflow.id)
        _put(config, workflow.study_of, study_id)
    if workflow.username_of is not None:
        _put(config, workflow.username_of, username)
    if workflow.study_of is not None:
        return config, [f"/studies/{study_id}"]
    return config, [f"/objects/{value_at(config, OBJECT_ID)}"]


def check_run_config(run_config: Mapping[str, Any]) -> None:
    """Raise `RunConfigUnusable` unless the run config tells ops plain values, and nothing else.

    Resources could be pointed at a server of the caller's, with our credentials; and Dagster puts
    the value of a variable, also of one that holds a secret, wherever ``{"env": NAME}`` stands.
    """
    for name in run_config:
        if name != "ops":
            raise RunConfigUnusable("only `ops` can be configured", place=name)
    waiting: list[tuple[str, Any]] = [("ops", run_config.get("ops", {}))]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            if set(value) == {"env"}:
                raise RunConfigUnusable("the environment is not for runs to read", place=place)
            waiting += [(f"{place}.{name}", each) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}.{number}", each) for number, each in enumerate(value)]


def _put(config: dict[str, Any], place: tuple[str, str], value: str) -> None:
    op, key = place
    level, path = config, ""
    for name in ("ops", op, "config"):
        path = f"{path}.{name}" if path else name
        level = level.setdefault(name, {})
        if not isinstance(level, dict):
            raise RunConfigUnusable("an object is needed here", place=path)
    level[key] = value

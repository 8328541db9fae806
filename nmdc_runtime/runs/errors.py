"""What runs refuse."""

from collections.abc import Iterable
from typing import Any, ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class RunNotFound(NmdcError):
    """No event tells of a run with this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Run not found"

    def __init__(self, run_id: str) -> None:
        super().__init__("Not found", run_id=run_id)


class RunIdMismatch(NmdcError):
    """An event tells of another run than its address does."""

    title = "Run id mismatch"
    status: ClassVar[int | None] = 400

    def __init__(self) -> None:
        super().__init__("Supplied run_event.run.id does not match run_id given in request URL.")


class EventTimeUnreadable(NmdcError):
    """The time of an event is none."""

    title = "Event time unreadable"

    def __init__(self, time: str) -> None:
        super().__init__(
            f"{time!r} is no time: write ISO 8601, e.g. 2026-11-23T12:00:00Z", time=time
        )


class WorkflowNotRunnable(NmdcError):
    """The hub starts no runs of this workflow."""

    kind = ErrorKind.NOT_FOUND
    title = "Workflow not runnable"

    def __init__(self, workflow_id: str, *, known: Iterable[str]) -> None:
        ids = sorted(known)
        super().__init__(
            f"no run of {workflow_id!r} can be started here: the workflows that can be started "
            f"are {', '.join(ids)}",
            workflow_id=workflow_id,
            known_ids=ids,
        )


class RunInputMissing(NmdcError):
    """The workflow works on something that was not named."""

    title = "Run input missing"

    def __init__(self, workflow_id: str) -> None:
        super().__init__(
            f"a run of {workflow_id} needs the id of a study as the first of its `inputs`, "
            'e.g. {"inputs": ["nmdc:sty-11-8fb6t785"]}',
            workflow_id=workflow_id,
        )


class RunConfigUnusable(NmdcError):
    """The run config says what it may not, or lacks what it must say."""

    title = "Run config unusable"

    def __init__(self, reason: str, *, place: str) -> None:
        super().__init__(f"run_config.{place}: {reason}", place=place)


class OperationUnfit(NmdcError):
    """The operation was not promised for what the run would do."""

    title = "Operation unfit"

    def __init__(self, operation_id: str, *, reason: str) -> None:
        super().__init__(f"the operation {operation_id!r} {reason}", operation_id=operation_id)


class OperationOver(NmdcError):
    """The operation is done, given up or expired: there is nothing left to run."""

    kind = ErrorKind.CONFLICT
    title = "Operation over"

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"the operation {operation_id!r} is over: it is done, or its claim was released or "
            "has expired",
            operation_id=operation_id,
            id=operation_id,
        )


class RunConfigRefused(NmdcError):
    """Dagster will not run this, however often it is asked."""

    title = "Run refused by Dagster"

    def __init__(self, run_id: str, *, workflow_id: str, reason: str) -> None:
        super().__init__(
            not_started(run_id, workflow_id=workflow_id, reason=reason),
            run_id=run_id,
            error_detail=reason,
        )


class RunNotStarted(NmdcError):
    """Dagster cannot be asked now."""

    kind = ErrorKind.UNAVAILABLE
    title = "Run not started"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}

    def __init__(self, run_id: str, *, workflow_id: str, reason: str) -> None:
        super().__init__(
            not_started(run_id, workflow_id=workflow_id, reason=reason),
            run_id=run_id,
            error_detail=reason,
        )


def not_started(run_id: str, *, workflow_id: str, reason: str) -> str:
    """Return the published sentence about a run that Dagster did not take."""
    detail: dict[str, Any] = {"run_id": run_id, "error_detail": reason}
    return f"Runtime failed to start {workflow_id} job. Detail: {detail}"

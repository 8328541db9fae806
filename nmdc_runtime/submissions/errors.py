"""What submissions refuse."""

from typing import Any

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

SUBMIT_REFUSAL = "Only specific users are allowed to submit json at this time."
CHANGESHEET_REFUSAL = "Only specific users are allowed to apply changesheets at this time."


class SubmissionNotStarted(NmdcError):
    """The submission is kept, but Dagster did not take its run."""

    kind = ErrorKind.UNAVAILABLE
    title = "Submission kept, run not started"

    def __init__(self, run_id: str, *, workflow_id: str, reason: str) -> None:
        detail: dict[str, Any] = {"run_id": run_id, "error_detail": reason}
        super().__init__(
            f"Runtime failed to start {workflow_id} job. Detail: {detail}. The submission is kept: "
            "send the same body again, and it goes on under the same run id.",
            run_id=run_id,
            error_detail=reason,
        )


class OperationClosed(NmdcError):
    """The operation was closed before its work could be done: its claim was given up."""

    kind = ErrorKind.CONFLICT
    title = "Operation closed"

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"the operation {operation_id!r} is closed: its claim was released or has expired",
            operation_id=operation_id,
        )


class IdempotencyKeyReused(NmdcError):
    """An ``Idempotency-Key`` came with another body than the first time."""

    kind = ErrorKind.CONFLICT
    title = "Idempotency key reused"

    def __init__(self, key: str, *, run_id: str) -> None:
        super().__init__(
            f"the Idempotency-Key {key!r} was used for another body, by the run {run_id}: take a "
            "new key for a new submission",
            run_id=run_id,
        )

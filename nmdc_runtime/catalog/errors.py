"""What the catalogue refuses."""

from collections.abc import Sequence

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class WorkflowNotFound(NmdcError):
    """No workflow has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Workflow not found"

    def __init__(self, workflow_id: str, *, known_ids: Sequence[str]) -> None:
        super().__init__(
            f"no workflow has the id {workflow_id!r}; there are: {', '.join(known_ids)}",
            workflow_id=workflow_id,
            known_workflow_ids=list(known_ids),
        )

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


class RowNotFound(NmdcError):
    """The catalogue has no such row."""

    kind = ErrorKind.NOT_FOUND
    title = "Not in the catalogue"

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__("Not found", code="not_in_catalog", kind_of_row=kind, row_id=row_id)


class RowExists(NmdcError):
    """The catalogue has a row of this id already."""

    kind = ErrorKind.CONFLICT
    title = "Already in the catalogue"

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__(
            f"there is already a {kind} with the id {row_id!r}: change that one, or take "
            "another id",
            code="row_exists",
            row_id=row_id,
        )


class RowBuiltIn(NmdcError):
    """A row that the Runtime brings along is not removed."""

    kind = ErrorKind.CONFLICT
    title = "Built in"

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__(
            f"the {kind} {row_id!r} is built into the Runtime and cannot be removed; it can be "
            "changed",
            code="row_built_in",
            row_id=row_id,
        )


class RowInUse(NmdcError):
    """Other rows name this one."""

    kind = ErrorKind.CONFLICT
    title = "In use"

    def __init__(self, kind: str, row_id: str, *, used_by: Sequence[str]) -> None:
        super().__init__(
            f"the {kind} {row_id!r} is named by {', '.join(used_by)}: remove or change these first",
            code="row_in_use",
            row_id=row_id,
            used_by=list(used_by),
        )


class RowsUnknown(NmdcError):
    """A row names others that the catalogue does not have."""

    title = "Not in the catalogue"

    def __init__(self, kind: str, row_ids: Sequence[str]) -> None:
        super().__init__(
            f"no {kind} has the id {', '.join(map(repr, row_ids))}: add it first",
            code="rows_unknown",
            row_ids=list(row_ids),
        )

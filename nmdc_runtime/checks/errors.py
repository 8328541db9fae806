"""What checks refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class CheckNotFound(NmdcError):
    """No report has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Check not found"

    def __init__(self, check_id: str) -> None:
        super().__init__(
            f"no report of a check has the id {check_id!r}; the oldest are forgotten",
            check_id=check_id,
        )

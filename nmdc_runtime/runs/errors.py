"""What runs refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class RunNotFound(NmdcError):
    """No event tells of a run with this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Run not found"

    def __init__(self, run_id: str) -> None:
        super().__init__("Not found", run_id=run_id)

"""What operations refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class OperationNotFound(NmdcError):
    """No operation has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Operation not found"

    def __init__(self, operation_id: str) -> None:
        super().__init__("Not found", operation_id=operation_id)

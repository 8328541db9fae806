"""What jobs refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class JobNotFound(NmdcError):
    """No job has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Job not found"

    def __init__(self, job_id: str) -> None:
        super().__init__("Not found", job_id=job_id)

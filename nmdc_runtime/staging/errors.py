"""What staging refuses, in the sentences and with the status codes that are published."""

from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class RecordExists(NmdcError):
    """A record of this kind has the same key already."""

    kind = ErrorKind.CONFLICT
    title = "Already staged"


class GlobusTaskExists(RecordExists):
    """There is a Globus task of this id."""

    status: ClassVar[int | None] = 400

    def __init__(self, task_id: str) -> None:
        super().__init__(
            f"Globus task with task_id {task_id} already exists.",
            code="globus_task_exists",
            task_id=task_id,
        )


class JGISampleExists(RecordExists):
    """There is a sample with this file id."""

    def __init__(self, jdp_file_id: str) -> None:
        super().__init__(
            f"JGI sample with jdp_file_id {jdp_file_id} already exists.",
            code="jgi_sample_exists",
            jdp_file_id=jdp_file_id,
        )


class JGISequencingProjectExists(RecordExists):
    """There is a sequencing project of this name."""

    status: ClassVar[int | None] = 400

    def __init__(self, name: str) -> None:
        super().__init__(
            f"JGISequencingProject with project name {name} already exists.",
            code="jgi_sequencing_project_exists",
            sequencing_project_name=name,
        )


class KeyChanged(NmdcError):
    """A change names another record than its path."""

    title = "Another record"
    status: ClassVar[int | None] = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="key_changed")


class RecordNotFound(NmdcError):
    """No record has this key."""

    kind = ErrorKind.NOT_FOUND
    title = "Not staged"

    def __init__(self, key: str) -> None:
        super().__init__("Not found", code="not_staged", key=key)

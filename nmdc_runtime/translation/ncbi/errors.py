"""What cannot become a submission."""

from collections.abc import Sequence
from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class MappingInvalid(NmdcError):
    """A table of attributes cannot be used."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Attribute mapping invalid"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the attribute mapping {name} cannot be used: {reason}", mapping=name)


class StudyIncomplete(NmdcError):
    """A study lacks what NCBI asks of every submission."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    title: ClassVar[str] = "Study incomplete"

    def __init__(self, study_id: object, faults: Sequence[str]) -> None:
        super().__init__(
            f"the study {study_id} cannot be submitted to NCBI: {'; '.join(faults)}",
            study_id=study_id,
            faults=list(faults),
        )

"""What the export of a study refuses."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class StudyNotFound(NmdcError):
    """No study has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Study not found"

    def __init__(self, study_id: str) -> None:
        super().__init__(f"no study has the id {study_id!r}", study_id=study_id)


class StudyWithoutBiosamples(NmdcError):
    """There is nothing to export: an empty file would look like a result."""

    kind = ErrorKind.NOT_FOUND
    title = "Study without biosamples"

    def __init__(self, study_id: str) -> None:
        super().__init__(
            f"no biosample names the study {study_id} in `associated_studies`, so there is nothing "
            "to export",
            study_id=study_id,
        )


class BiosampleNotFlat(NmdcError):
    """A biosample holds what no rule of flattening covers."""

    kind = ErrorKind.CONFLICT
    title = "Biosample not flat"

    def __init__(self, biosample_id: object, reason: str) -> None:
        super().__init__(
            f"the biosample {biosample_id} cannot be a row of a table: {reason}. Correct it first.",
            biosample_id=biosample_id,
        )


class WorkbookTooSmall(NmdcError):
    """A spreadsheet cannot hold the study; nothing is cut off in silence."""

    kind = ErrorKind.CONFLICT
    title = "Workbook too small"

    def __init__(self, study_id: str, reason: str) -> None:
        super().__init__(
            f"the biosamples of {study_id} do not fit into a workbook: {reason}. Take them as CSV "
            "or Parquet.",
            study_id=study_id,
        )

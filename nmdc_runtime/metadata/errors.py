"""What metadata refuses."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.schema.report import ValidationReport


class MetadataInvalid(NmdcError):
    """Documents do not satisfy the schema, or refer to something that is not there."""

    title = "Metadata invalid"

    def __init__(self, report: ValidationReport, *, keys: Iterable[str]) -> None:
        # The published text form of the result of a validation; `errors` is for programs.
        super().__init__(
            str(published_result(report, keys=keys)),
            errors=[
                {key: value for key, value in asdict(problem).items() if value is not None}
                for problem in report.problems
            ],
            total=report.total,
            truncated=report.truncated,
        )


class UnknownCollection(NmdcError):
    """The schema has no collection of this name."""

    title = "Unknown collection"
    status = 400

    def __init__(self, name: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"Collection name {name!r} is not one of the NMDC schema's: {', '.join(names)}",
            collection_name=name,
        )


class DocumentNotFound(NmdcError):
    """No document has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Document not found"

    def __init__(self, document_id: str) -> None:
        super().__init__("Not found", id=document_id)


def published_result(report: ValidationReport, *, keys: Iterable[str]) -> dict[str, Any]:
    """Return the published answer to a validation."""
    if report.is_valid:
        return {"result": "All Okay!"}
    result: dict[str, Any] = {"result": "errors", "detail": report.messages_by_collection(keys)}
    if report.truncated:
        result |= {"total": report.total, "truncated": True}
    return result

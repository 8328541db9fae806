"""What metadata refuses."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

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


TYPECODE_INVALID: Final = "The typecode portion of the document id {id!r} is invalid."
NO_CLASS: Final = "The document id {id!r} is not compatible with any schema classes."
NO_COLLECTION: Final = "The document id {id!r} is not compatible with any collections."
NO_DOCUMENT: Final = "The document id {id!r} belongs to no document."


class IdNotFound(NmdcError):
    """An id leads to no document, and this is the step at which that became clear."""

    kind = ErrorKind.NOT_FOUND
    title = "Document not found"

    def __init__(self, document_id: str, *, because: str) -> None:
        super().__init__(because.format(id=document_id), id=document_id)


class SortRefused(NmdcError):
    """A client's sort cannot be used."""

    title = "Sort refused"


class DocumentsClash(NmdcError):
    """A unique index refuses documents: somebody wrote the same values just now."""

    kind = ErrorKind.CONFLICT
    title = "Documents clash with stored ones"

    def __init__(self, collection: str, *, values: list[str]) -> None:
        super().__init__(
            f"in {collection}, other documents have these values already: {'; '.join(values)}. "
            "Nothing was written: give the documents other values, or the others' ids.",
            collection=collection,
            values=values,
        )


class TransactionTooLarge(NmdcError):
    """The documents are more than MongoDB writes in one transaction."""

    kind = ErrorKind.TOO_LARGE
    title = "Too many documents for one transaction"

    def __init__(self, collection: str) -> None:
        super().__init__(
            f"the documents (the last of them in {collection}) are more than this MongoDB writes "
            "in one transaction. Nothing was written: submit them in parts, or give mongod a "
            "larger cache (--wiredTigerCacheSizeGB).",
            collection=collection,
        )


class WriteRefused(NmdcError):
    """MongoDB refuses to store documents that satisfy the schema."""

    title = "Documents not storable"

    def __init__(self, collection: str, *, reasons: list[str]) -> None:
        super().__init__(
            f"MongoDB refuses documents in {collection}: {'; '.join(reasons)}. Nothing was "
            "written.",
            collection=collection,
        )


def published_result(report: ValidationReport, *, keys: Iterable[str]) -> dict[str, Any]:
    """Return the published answer to a validation."""
    if report.is_valid:
        return {"result": "All Okay!"}
    result: dict[str, Any] = {"result": "errors", "detail": report.messages_by_collection(keys)}
    if report.truncated:
        result |= {"total": report.total, "truncated": True}
    return result


def listed_problems(report: ValidationReport) -> dict[str, Any]:
    """Return the answer to a validation for programs: one list of problems."""
    problems = []
    for problem in report.problems:
        members = asdict(problem)
        if members["line"] is None:
            del members["line"]
        problems.append(members)
    return {
        "valid": report.is_valid,
        "total": report.total,
        "truncated": report.truncated,
        "problems": problems,
    }

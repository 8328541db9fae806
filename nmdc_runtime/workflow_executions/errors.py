"""What workflow executions refuse."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.metadata.errors import published_result
from nmdc_runtime.schema.report import ValidationReport

SUBMIT_REFUSAL: Final = "Only specific users can submit workflow executions."
DELETE_REFUSAL: Final = "Only specific users are allowed to issue update and delete commands."
#: Ids that a message lists; the facts beside it list more.
MOST_IN_TEXT: Final = 20
MOST_LISTED: Final = 1_000


class WorkflowExecutionsInvalid(NmdcError):
    """The body is no database of the schema's, or has no workflow executions."""

    title = "Workflow executions invalid"

    def __init__(self, report: ValidationReport, *, keys: Iterable[str]) -> None:
        super().__init__(
            "Request payload must represent a valid 'nmdc:Database' instance that includes a "
            "'workflow_execution_set' collection. Validation result: "
            f"{published_result(report, keys=keys)}",
            errors=[
                {key: value for key, value in asdict(problem).items() if value is not None}
                for problem in report.problems
            ],
            total=report.total,
            truncated=report.truncated,
        )


class RunNumberMissing(NmdcError):
    """The id of a workflow execution does not say which run it is."""

    title = "Run number missing"

    def __init__(self, execution_id: str) -> None:
        super().__init__(
            f"The ID of WorkflowExecution '{execution_id}' is not in the format required by our "
            "supersession management processes.",
            id=execution_id,
        )


class DocumentsExist(NmdcError):
    """Submitted documents are stored already, with other content."""

    kind = ErrorKind.CONFLICT
    title = "Documents exist"

    def __init__(self, existing: Mapping[str, Iterable[str]]) -> None:
        ids = {collection: sorted(each) for collection, each in sorted(existing.items())}
        every = [each for some in ids.values() for each in some]
        listed = ", ".join(every[:MOST_IN_TEXT])
        more = f" and {len(every) - MOST_IN_TEXT} more" if len(every) > MOST_IN_TEXT else ""
        super().__init__(
            f"Documents with these ids exist already, with other content: {listed}{more}. Nothing "
            "was written. A workflow that ran again gets the next run number; to correct a stored "
            "document, use POST /metadata/json:submit.",
            existing_ids={name: some[:MOST_LISTED] for name, some in ids.items()},
            total=len(every),
        )


class WorkflowExecutionNotFound(NmdcError):
    """No workflow execution has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Workflow execution not found"

    def __init__(self, execution_id: str) -> None:
        super().__init__(f"Workflow execution {execution_id} not found", id=execution_id)


class DeletionTooLarge(NmdcError):
    """More depends on the execution than fits into one transaction."""

    kind = ErrorKind.TOO_LARGE
    title = "Too much to delete at once"

    def __init__(self, execution_id: str, *, limit: int) -> None:
        super().__init__(
            f"More than {limit} documents depend on {execution_id}, too many to delete at once. "
            "Nothing was deleted: delete workflow executions downstream of it first.",
            id=execution_id,
            limit=limit,
        )

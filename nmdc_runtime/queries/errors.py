"""What queries refuse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.schema.report import Problem

AGGREGATE_REFUSAL = "Only specific users are allowed to issue aggregate commands."
WRITE_REFUSAL = "Only specific users are allowed to issue update and delete commands."


class CommandMalformed(NmdcError):
    """A body is none of the commands; ``detail`` is the published list of all that was tried."""

    title = "Command malformed"

    def __init__(self, problems: Sequence[Mapping[str, Any]], *, meant: Sequence[Any]) -> None:
        super().__init__(
            "the body is none of the commands", detail=list(problems), command_errors=list(meant)
        )


class CommandRefused(NmdcError):
    """A command is well-formed, but cannot be run."""

    title = "Command refused"


class CollectionNotReadable(NmdcError):
    """The caller may not read this collection, be there one of this name or not."""

    kind = ErrorKind.FORBIDDEN
    title = "Collection not readable"

    def __init__(self, name: str, *, permission: str, held: bool) -> None:
        help_ = "" if held else f" (some further ones take the permission {permission})"
        super().__init__(
            f"The collection {name!r} cannot be read here: commands may read the collections of "
            f"the NMDC schema, and alldocs{help_}.",
            collection_name=name,
            missing_permission=permission,
            granted_by="a user with the permission /admin/allowances",
        )


class CollectionNotWritable(NmdcError):
    """Only collections of the schema that hold something can be updated or deleted from."""

    title = "Collection not writable"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Can only update or delete documents of non-empty collections of the NMDC schema, "
            f"and {name!r} is none.",
            collection_name=name,
        )


class ReplacementRefused(NmdcError):
    """An update statement without any operator would replace the whole document."""

    title = "Replacement refused"

    def __init__(self, index: int) -> None:
        super().__init__(
            f"The update document of statement {index} has no update operator, such as $set: "
            "replacing whole documents is not supported.",
            index=index,
        )


class ContinuationUnknown(NmdcError):
    """A ``getMore`` leads nowhere: it is forged, expired, or of another caller."""

    title = "Continuation not found"
    status: ClassVar[int | None] = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__(
            "The value of `getMore` is not known here: it may have expired, or is not yours. Run "
            "the first command again."
        )


class ResultTooLarge(NmdcError):
    """An aggregation gives more than is kept for its next pages."""

    title = "Result too large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(
            f"The result of the pipeline is larger than {limit_bytes} bytes, which is the most "
            "that is kept for further batches. Select less with $match and $project, end with "
            "$limit, or take all of it in one batch.",
            code="result_too_large",
            limit_bytes=limit_bytes,
        )


class TooManyDocuments(NmdcError):
    """A command would change more documents than one transaction takes."""

    kind = ErrorKind.TOO_LARGE
    title = "Too many documents for one command"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"The command is about more than {limit} documents, the most that are changed in one "
            "transaction. Nothing was changed: send it in parts.",
            limit=limit,
        )


class NothingMatched(NmdcError):
    """No document was there to change. The status and the list of one text are published."""

    title = "Nothing matched"
    status: ClassVar[int | None] = HTTPStatus.IM_A_TEAPOT

    def __init__(self, command: str) -> None:
        text = f"{command} command modified zero documents"
        super().__init__(text, detail=[text])


class WritesFailed(NmdcError):
    """MongoDB refuses a statement; ``detail`` is its list, as published. Nothing was changed."""

    title = "Writes failed"

    def __init__(self, failed: Iterable[Mapping[str, Any]]) -> None:
        super().__init__("MongoDB refuses a statement", detail=[dict(each) for each in failed])


class DocumentsWouldBeInvalid(NmdcError):
    """After the update, documents would not satisfy the schema."""

    title = "Documents would be invalid"

    def __init__(self, detail: object, *, problems: Iterable[Problem]) -> None:
        super().__init__(
            f"The documents would be invalid after the update. Details: {detail}",
            errors=[
                {key: value for key, value in asdict(each).items() if value is not None}
                for each in problems
            ],
        )


class ReferencesWouldBreak(NmdcError):
    """After the update, documents would name others that are not there."""

    title = "References would break"

    def __init__(self, violations: list[str]) -> None:
        super().__init__(" ".join(violations), violations=violations)

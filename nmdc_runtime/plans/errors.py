"""What plans refuse."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Ids that a message or a fact lists at most.
MOST_LISTED: Final = 20
#: What MongoDB says of a document that is larger than 16 MiB: as a command, and within one.
DOCUMENT_TOO_LARGE: Final = frozenset({2, 10334})


class PlanNotFound(NmdcError):
    """No submission has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Submission not found"

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"no submission of metadata has the id {plan_id!r}", id=plan_id)


class WritesLocked(NmdcError):
    """Nobody may change schema documents just now."""

    kind = ErrorKind.UNAVAILABLE
    title = "Writes are locked"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"metadata cannot be changed just now: {reason}. Reading goes on; try again later.",
            reason=reason,
        )


class DocumentsLocked(NmdcError):
    """A large submission is being applied to the same documents."""

    kind = ErrorKind.UNAVAILABLE
    title = "Documents are being written"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}

    def __init__(self, documents: Iterable[str], *, plan_id: str) -> None:
        some = sorted(documents)[:MOST_LISTED]
        super().__init__(
            f"the submission {plan_id} is just writing some of the same documents (among them "
            f"{', '.join(some[:3])}): try again when it is done",
            plan_id=plan_id,
            documents=some,
        )


class DocumentReferenced(NmdcError):
    """A document cannot be deleted, because one that stays names it."""

    title = "Document referenced"

    def __init__(self, *, collection: str, id: str, by_collection: str, by_id: str) -> None:
        super().__init__(
            f"The document having id='{id}' in the collection '{collection}' is referenced by the "
            f"document having id='{by_id}' in the collection '{by_collection}'. Update or delete "
            "the referring document first, or in the same command.",
            collection_name=collection,
            id=id,
            referring_collection_name=by_collection,
            referring_id=by_id,
        )


class DocumentUnstorable(NmdcError):
    """A document is too large to be kept as it was before."""

    kind = ErrorKind.TOO_LARGE
    title = "Document too large"

    def __init__(self) -> None:
        super().__init__(
            "a document is too large to be kept as it was before the change. Nothing was written."
        )


class NoHistory(NmdcError):
    """Nothing is known of such a document."""

    kind = ErrorKind.NOT_FOUND
    title = "No history"

    def __init__(self, collection: str, document_id: str) -> None:
        super().__init__(
            f"the schema's collection {collection!r} never held a document with the id "
            f"{document_id!r}, or there is no such collection",
            collection_name=collection,
            id=document_id,
        )


class VersionNotFound(NmdcError):
    """There is no such version of a document, or it was not kept."""

    kind = ErrorKind.NOT_FOUND
    title = "Version not found"

    def __init__(self, document_id: str, version: int, *, because: str) -> None:
        super().__init__(f"{document_id} {because} version {version}", id=document_id)


class PlanNotApplied(NmdcError):
    """A submission changed nothing, or not yet: there is nothing to undo."""

    kind = ErrorKind.CONFLICT
    title = "Submission not applied"

    def __init__(self, plan_id: str, *, status: str) -> None:
        super().__init__(
            f"the submission {plan_id} is {status}: only one that is applied can be reverted",
            id=plan_id,
            plan_status=status,
        )


class DocumentsChangedSince(NmdcError):
    """Documents are not as a submission left them: undoing it would undo what came later, too."""

    kind = ErrorKind.CONFLICT
    title = "Documents changed since"

    def __init__(self, plan_id: str, documents: list[dict[str, Any]]) -> None:
        first = documents[0]
        super().__init__(
            f"{len(documents)} of the documents of the submission {plan_id} have been changed "
            f"since, among them {first['id'] or 'one without an id'} in {first['collection']} by "
            f"{first['by_submission'] or 'somebody outside of the Runtime'}. Nothing was reverted. "
            "Revert the later submissions first, newest first.",
            id=plan_id,
            total=len(documents),
            documents=documents[:MOST_LISTED],
        )


class PlanTooLarge(NmdcError):
    """A submission cannot be undone in one transaction."""

    kind = ErrorKind.TOO_LARGE
    title = "Submission too large"

    def __init__(self, plan_id: str, *, documents: int) -> None:
        super().__init__(
            f"the submission {plan_id} changed {documents} documents, more than one transaction "
            "can restore: delete or submit the documents in parts instead. "
            f"GET /metadata/submissions/{plan_id}/changes tells how they were.",
            id=plan_id,
            documents=documents,
        )


class DocumentsChanged(NmdcError):
    """A document that is locked for a large submission was changed all the same."""

    kind = ErrorKind.CONFLICT
    title = "Documents changed"

    def __init__(self, collection: str, document_id: str) -> None:
        super().__init__(
            f"the document {document_id!r} in {collection} was changed while a submission was "
            "writing it, by somebody who does not ask the Runtime. Nothing is written: submit "
            "again.",
            collection=collection,
            id=document_id,
        )


class PlanRolledBack(NmdcError):
    """A large submission was refused halfway, and what it had written is undone."""

    kind = ErrorKind.CONFLICT
    title = "Submission rolled back"

    def __init__(self, plan_id: str, *, reason: str) -> None:
        super().__init__(
            f"the submission {plan_id} was refused, and all that it had written is undone: "
            f"{reason}",
            id=plan_id,
            reason=reason,
        )


class JournalTaken(NmdcError):
    """Another process goes on with a large submission, because this one gave no sign of life."""

    kind = ErrorKind.CONFLICT
    title = "Submission taken over"

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"another process goes on with the submission {plan_id}", id=plan_id)


class DocumentWithoutId(NmdcError):
    """A document of a collection whose documents have ids has none."""

    title = "Document without an id"

    def __init__(self, collection: str, *, number: int) -> None:
        super().__init__(
            f"document {number} for {collection} has no id, counted from 0. Nothing is written.",
            collection=collection,
            number=number,
        )


class TooManyAtOnce(NmdcError):
    """Documents that are to be stored at once are more than one transaction takes."""

    kind = ErrorKind.TOO_LARGE
    title = "Too many documents at once"

    def __init__(self, *, most_documents: int) -> None:
        super().__init__(
            "the documents are more than one transaction takes (some "
            f"{most_documents} documents, or 45 MB). Nothing is written: add them in parts, or "
            "submit them to the hub, which takes any number."
        )

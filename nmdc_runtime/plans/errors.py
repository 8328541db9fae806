"""What plans refuse."""

from collections.abc import Iterable
from typing import ClassVar, Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Ids that a message or a fact lists at most.
MOST_LISTED: Final = 20


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

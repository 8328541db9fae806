"""What a plan is, while it is made and as it is remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

from nmdc_runtime.mongo.documents import Document


class ChangeKind(StrEnum):
    """What becomes of one document."""

    INSERT = "insert"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One document that is to change.

    Parameters
    ----------
    id
        The document's ``id`` after the change, or before it if it is deleted; None if it has none.
    before
        The document as it is stored, with ``_id``; None if it is new.
    after
        The document as it is to be; ``_id`` may stand in it only to restore a deleted document.
        None if it is deleted.
    """

    collection: str
    id: str | None
    kind: ChangeKind
    before: Document | None = None
    after: Document | None = None


@dataclass(slots=True)
class Plan:
    """All that a request changes, and how many of its documents stay as they are."""

    changes: list[Change] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=dict)  # collection → documents


class PlanKind(StrEnum):
    """Which use case a plan belongs to."""

    JSON = "json"
    CHANGESHEET = "changesheet"
    WORKFLOW_EXECUTIONS = "workflow_executions"
    WORKFLOW_EXECUTION_DELETE = "workflow_execution_delete"
    UPDATE_BY_QUERY = "update_by_query"
    DELETE_BY_QUERY = "delete_by_query"
    REVERT = "revert"


class PlanStatus(StrEnum):
    """How far a plan has come."""

    ACCEPTED = "accepted"  # its run has not begun to write
    APPLYING = "applying"  # too large for one transaction: some of it is visible
    APPLIED = "applied"
    FAILED = "failed"  # nothing of it is stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why documents change.

    Parameters
    ----------
    plan_id
        Id of the plan's record; of a submission it is that of its run.
    operation_id
        What the log of writes names: an operation, or the request.
    """

    plan_id: str
    kind: PlanKind
    operation_id: str
    reverts: str | None = None


class Counts(BaseModel):
    """How many documents of a collection became what."""

    inserted: int = 0
    replaced: int = 0
    deleted: int = 0
    unchanged: int = 0


class PlanRecord(BaseModel):
    """What is remembered of a plan: on the wire, a submission of metadata."""

    id: str = Field(description="Of a submission that a run applies: the id of that run.")
    kind: PlanKind
    status: PlanStatus
    username: str = Field(description="Who asked for it; `_system` if nobody did.")
    operation_id: str | None = None
    object_id: str | None = Field(default=None, description="The object that holds what was sent.")
    created_at: datetime
    applied_at: datetime | None = None
    reason: str | None = Field(default=None, description="Why it failed.")
    counts: dict[str, Counts] = Field(
        default_factory=dict, description="Of each collection: how many documents became what."
    )
    reverts: str | None = Field(default=None, description="The submission that this one undid.")
    reverted_by: str | None = Field(default=None, description="The submission that undid this one.")


@dataclass(frozen=True, slots=True)
class StoredChange:
    """What is remembered of one change: enough to undo it, and to tell whether it still holds.

    Parameters
    ----------
    after_digest
        `rules.digest_of` the document after the change; None if it was deleted.
    """

    collection: str
    id: str | None
    kind: ChangeKind
    before: Document | None
    after_digest: bytes | None
    key: Any = None  # MongoDB's `_id` of the document


@dataclass(frozen=True, slots=True)
class Kept:
    """Where changes are kept.

    Parameters
    ----------
    end
        Number of the first chunk behind those that hold them.
    log_keys
        MongoDB's keys of their entries in the log of writes.
    """

    end: int
    log_keys: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did.

    Parameters
    ----------
    counters
        The published counters of each collection, as MongoDB's driver reports a bulk write.
    """

    counts: Mapping[str, Counts]
    counters: Mapping[str, Mapping[str, Any]]


#: An RFC 6902 patch; the path "" is the whole document.
Patch = list[dict[str, Any]]


class ChangeSummary(BaseModel):
    """What becomes of one document."""

    collection: str
    id: str | None = Field(description="Null in collections whose documents have no id.")
    kind: ChangeKind
    patch: Patch | None = Field(
        default=None, description="RFC 6902, of a document that is replaced."
    )


class ReferenceSummary(BaseModel):
    """That one document names another."""

    collection: str
    id: str | None = Field(description="Of the naming document.")
    slot: str
    target: str


class ReferenceChanges(BaseModel):
    """Which references documents gain and lose."""

    added: list[ReferenceSummary]
    removed: list[ReferenceSummary]


class PlanSummary(BaseModel):
    """What a plan would do."""

    counts: dict[str, Counts] = Field(
        description="Of each collection: how many documents would become what."
    )
    changes: list[ChangeSummary] = Field(description="The first of them, one by one.")
    truncated: bool = Field(description="Whether there are more than are listed here.")
    references: ReferenceChanges


class PlanAnswer(BaseModel):
    """What a request would do that was sent to see just that; nothing is stored."""

    type: Literal["plan"] = "plan"
    detail: PlanSummary


class RevertAnswer(BaseModel):
    """What undoing a submission did, or would do."""

    type: Literal["success", "plan"]
    detail: PlanRecord | PlanSummary
    note: str | None = Field(default=None, description="What does not come back by this.")


class ChangeKey(BaseModel):
    """Which document a submission changed, and how."""

    collection: str
    id: str | None = Field(description="Null in collections whose documents have no id.")
    kind: ChangeKind


class ChangedDocument(ChangeKey):
    """What became of one document."""

    patch: Patch | None = Field(
        description="RFC 6902, from the document before to the one after; null if the document "
        "has been changed since by somebody who did not record it."
    )


class ChangesSummary(BaseModel):
    """The changes of a submission, in short."""

    total: int
    first: list[ChangeKey]


class SubmissionLinks(BaseModel):
    """Where more is told of a submission."""

    changes: str
    run: str | None = None
    object: str | None = None


class SubmissionDetail(PlanRecord):
    """A submission with a summary of its changes."""

    changes: ChangesSummary
    links: SubmissionLinks


class DocumentVersion(BaseModel):
    """One change in the life of a document."""

    version: int
    time: datetime | None = Field(description="Null if nobody recorded it.")
    by: str | None = Field(description="Who asked for the change.")
    kind: ChangeKind
    submission: str | None
    submission_kind: PlanKind | None
    operation_id: str | None
    unrecorded: bool = Field(
        description="Whether the change was made outside of submissions and commands, or before "
        "they were recorded; its patch then spans all that happened in between."
    )
    patch: Patch | None = Field(
        description="RFC 6902, from the version before; null if the outcome is not known."
    )

"""What is kept of every change by a command: before images, a plan to undo, the audit trail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel

from nmdc_runtime.kernel.audit import SYSTEM, AuditTrail, current_call
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.images import BeforeImages
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Counts, PlanKind
from nmdc_runtime.plans.reservations import claims_of
from nmdc_runtime.plans.rules import new_ids
from nmdc_runtime.plans.service import PlanService

#: What one audit record names at most; the plan has all.
MOST_TARGETS: Final = 1_000
MOST_COMMAND_TEXT: Final = 4_000

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecorder:
    """Records one kind of change: deletions, or updates."""

    kind: PlanKind
    images: BeforeImages
    plans: PlanService
    audit: AuditTrail

    def prepare(self, collection: str) -> str:
        """Get ready, before the transaction; return the id for its plan."""
        self.images.prepare(collection)
        return self.plans.ids.mint_internal("plans")

    def begin(self, collection: str, *, plan_id: str, tx: Transaction) -> "ChangeRecord":
        """Begin to record what a command does in a transaction."""
        return ChangeRecord(
            recorder=self,
            collection=collection,
            cause=Cause(
                plan_id=plan_id,
                kind=self.kind,
                operation_id=current_call().request_id or "queries:run",
            ),
            username=current_call().username or SYSTEM,
            now=self.plans.clock(),
            tx=tx,
        )


@dataclass(slots=True, kw_only=True)
class ChangeRecord:
    """What a command has done so far. Its changes come bit by bit: all at once they are large."""

    recorder: ChangeRecorder
    collection: str
    cause: Cause
    username: str
    now: datetime
    tx: Transaction
    _counts: Counts = field(default_factory=Counts)
    _ids: set[str] = field(default_factory=set)
    _chunks: int = 0

    def keep(self, documents: Sequence[RawBSONDocument]) -> None:
        """Keep documents as they are before the change, where people look for them."""
        self.recorder.images.keep(self.collection, documents, tx=self.tx)

    def add(self, changes: Sequence[Change]) -> None:
        """Record changes that are made; raise `DocumentsLocked`."""
        plans, tx = self.recorder.plans, self.tx
        claims = claims_of(changes, plans.metadata.registry)
        plans.guard.check_unlocked(claims, plan_id=self.cause.plan_id, tx=tx)
        kept = plans.keep(
            changes,
            cause=self.cause,
            username=self.username,
            now=self.now,
            first=self._chunks,
            tx=tx,
        )
        self._chunks = kept.end
        plans.ids.mark_registered(new_ids(changes), tx=tx)
        kinds = [each.kind for each in changes]
        self._counts.inserted += kinds.count(ChangeKind.INSERT)
        self._counts.replaced += kinds.count(ChangeKind.REPLACE)
        self._counts.deleted += kinds.count(ChangeKind.DELETE)
        self._ids |= {each.id for each in changes if each.id is not None}

    def finish(self, command: BaseModel, *, told: Mapping[str, Any], unchanged: int = 0) -> None:
        """Record that the command is done.

        Parameters
        ----------
        told
            The counts that the caller is told.
        unchanged
            How many documents were found that are as they were.
        """
        plans, plan_id = self.recorder.plans, self.cause.plan_id
        self._counts.unchanged = unchanged
        plans.plans.mark_applied(
            plans.new_record(self.cause, username=self.username),
            counts={self.collection: self._counts},
            now=self.now,
            tx=self.tx,
        )
        text = command.model_dump_json(by_alias=True, exclude_unset=True)
        targets = [f"{self.collection}/{each}" for each in sorted(self._ids)[:MOST_TARGETS]]
        self.recorder.audit.record(
            self.recorder.kind,
            *(targets or [self.collection]),
            details={**told, "command": text[:MOST_COMMAND_TEXT], "plan_id": plan_id},
            tx=self.tx,
        )


def chunks(values: Iterable[Each], size: int) -> Iterable[list[Each]]:
    """Yield the values in lists of this length; the last one may be shorter."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk

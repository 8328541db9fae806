"""Undoing a plan: another plan, which puts documents back as they were before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import SYSTEM, AuditTrail, current_call
from nmdc_runtime.metadata.rules import as_written
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.describing import describe
from nmdc_runtime.plans.errors import DocumentsChangedSince, PlanNotApplied, PlanTooLarge
from nmdc_runtime.plans.history import HistoryService
from nmdc_runtime.plans.journal_order import LIMITS
from nmdc_runtime.plans.models import (
    Cause,
    Change,
    ChangeKind,
    Plan,
    PlanKind,
    PlanRecord,
    PlanStatus,
    PlanSummary,
    StoredChange,
)
from nmdc_runtime.plans.rules import digest_of
from nmdc_runtime.plans.service import PlanService

#: What one transaction may restore is as much as one may apply; beside the image of each document
#: some 250 bytes are kept.
MOST_DOCUMENTS: Final = LIMITS.documents
MOST_BYTES: Final = LIMITS.size_bytes + 250 * LIMITS.documents
#: Documents that the audit trail names of one revert.
MOST_TARGETS: Final = 1_000


class _SeenEnough(Exception):
    """Ends a transaction whose outcome was only to be seen."""

    def __init__(self, summary: PlanSummary) -> None:
        super().__init__("a dry run")
        self.summary = summary


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertService:
    """Undo plans, whole, as long as nobody has built upon them."""

    plans: PlanService
    history: HistoryService
    ids: IdService
    audit: AuditTrail

    def revert(self, plan_id: str) -> PlanRecord:
        """Put all documents of a plan back as they were; return the record of what does that.

        A plan that is reverted already stays so, and the record is that of its revert. Copies that
        were made of deleted and updated documents stay where they are.

        Raises
        ------
        PlanNotFound, PlanNotApplied
            There is nothing to undo.
        DocumentsChangedSince
            A document is not as the plan left it.
        DocumentReferenced, MetadataInvalid
            References would lead nowhere, or a name is taken by now.
        PlanTooLarge, TransactionTooLarge
            One transaction cannot do it.
        DocumentsLocked, WritesLocked
            Somebody else is writing just now.
        """
        revert_id = self.ids.mint_internal("plans")
        return self.plans.run(lambda tx: self._revert(plan_id, revert_id, tx=tx)[0])

    def preview(self, plan_id: str) -> PlanSummary:
        """Return what `revert` would do now, or raise what it would raise; nothing is changed.

        Of a plan that is reverted already that is nothing.
        """

        def try_it(tx: Transaction) -> PlanSummary:
            _, plan = self._revert(plan_id, f"{plan_id}:revert", tx=tx)
            raise _SeenEnough(describe(plan, registry=self.plans.metadata.registry))

        try:
            return self.plans.run(try_it)
        except _SeenEnough as seen:
            return seen.summary

    def _revert(self, plan_id: str, revert_id: str, *, tx: Transaction) -> tuple[PlanRecord, Plan]:
        record = self.plans.get(plan_id, tx=tx)
        if record.reverted_by is not None:
            return self.plans.get(record.reverted_by, tx=tx), Plan()
        plan = self._plan(record, tx=tx)
        cause = Cause(
            plan_id=revert_id,
            kind=PlanKind.REVERT,
            operation_id=current_call().request_id or revert_id,
            reverts=plan_id,
        )
        revert = self.plans.new_record(cause, username=current_call().username or SYSTEM)
        applied = self.plans.apply(plan, cause=cause, tx=tx, record=revert)
        self.plans.plans.mark_reverted(plan_id, by=revert_id, tx=tx)
        if record.reverts is not None:
            self.plans.plans.mark_restored(record.reverts, no_longer_by=plan_id, tx=tx)
        targets = [f"{change.collection}/{change.id}" for change in plan.changes if change.id]
        self.audit.record(
            "revert_submission",
            f"plans/{plan_id}",
            f"plans/{revert_id}",
            *targets[:MOST_TARGETS],
            details={name: each.model_dump() for name, each in applied.counts.items()},
            tx=tx,
        )
        return self.plans.get(revert_id, tx=tx), plan

    def _plan(self, record: PlanRecord, *, tx: Transaction) -> Plan:
        """Return the plan that undoes another one."""
        if record.status is not PlanStatus.APPLIED:
            raise PlanNotApplied(record.id, status=record.status)
        number = sum(
            each.inserted + each.replaced + each.deleted for each in record.counts.values()
        )
        size = self.plans.plans.measure_changes(record.id, tx=tx)
        if number > MOST_DOCUMENTS or size > MOST_BYTES:
            raise PlanTooLarge(record.id, documents=number)
        # The last change first: what took a name that another one gave up returns it before.
        changes = [*self.plans.plans.read_changes(record.id, tx=tx)][::-1]
        now = self.history.current(changes, tx=tx)
        touched = [
            change
            for change, found in zip(changes, now, strict=True)
            if not _is_as_left(change, found)
        ]
        if touched:
            raise DocumentsChangedSince(record.id, [*self._told(record.id, touched, tx=tx)])
        return Plan(
            changes=[_inverse(change, found) for change, found in zip(changes, now, strict=True)]
        )

    def _told(
        self, plan_id: str, touched: list[StoredChange], *, tx: Transaction
    ) -> Iterator[dict[str, Any]]:
        """Say of each document by whom it was changed after the plan, as far as that is known."""
        later = self.history.later_writes(plan_id, touched, tx=tx)
        for change in touched:
            entries = later.get((change.collection, change.id or ""), [])
            last = entries[-1] if entries else {}
            yield {
                "collection": change.collection,
                "id": change.id,
                "by_submission": last.get("plan_id"),
                "by": last.get("by"),
                "operation_id": last.get("op_id"),
                "recorded": bool(entries),
            }


def _is_as_left(change: StoredChange, found: Document | None) -> bool:
    """Say whether the stored document is the one that the change left, with its key."""
    if change.after_digest is None or found is None:
        return change.after_digest is None and found is None
    is_same_key = change.key is None or change.key == found["_id"]
    return is_same_key and change.after_digest == digest_of(found)


def _inverse(change: StoredChange, found: Document | None) -> Change:
    before = change.before
    id_ = (before or found or {}).get("id")
    if before is None:
        return Change(
            collection=change.collection, id=id_, kind=ChangeKind.DELETE, before=found, after=None
        )
    if found is None:
        return Change(collection=change.collection, id=id_, kind=ChangeKind.INSERT, after=before)
    return Change(
        collection=change.collection,
        id=id_,
        kind=ChangeKind.REPLACE,
        before=found,
        after=as_written(before),
    )

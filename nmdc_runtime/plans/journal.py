"""Plans that are too large for one transaction: applied step by step, in the end as a whole.

First the documents are locked, so that nobody else changes them; then all steps are planned and
kept. Each step is one transaction, which also says that the step is made. A step never leaves a
reference to nothing behind. If one is refused, those before it are undone, from the last to the
first, and it is as if nothing had happened. Who finds a journal whose process gives no sign of
life goes on where that was, forward or back.

Meanwhile readers see the documents of the steps that are made.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

from pymongo import DeleteOne, InsertOne, ReplaceOne

from nmdc_runtime.kernel.audit import SYSTEM, current_call
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans import rules
from nmdc_runtime.plans.errors import DocumentsChanged, JournalTaken, PlanRolledBack
from nmdc_runtime.plans.journal_order import LIMITS, Documents, Limits, is_large, steps_of
from nmdc_runtime.plans.journal_store import (
    Journal,
    JournalStore,
    MadeStep,
    Phase,
    PlannedChange,
)
from nmdc_runtime.plans.models import (
    Applied,
    Cause,
    Change,
    ChangeKind,
    Counts,
    Plan,
    PlanStatus,
    StoredChange,
)
from nmdc_runtime.plans.reservations import claims_of, reserved_by
from nmdc_runtime.plans.service import PlanService, Request

logger = logging.getLogger(__name__)

#: No step takes as long: a process that was not heard of for so long is dead, or hangs. Should it
#: live, its session is ended, and it finds that it holds the journal no more.
LEASE: Final = timedelta(seconds=30)
#: How long a step is tried that names what another large plan has locked, before all is undone.
PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the one who asks does in the transactions of a journal.

    Parameters
    ----------
    is_done
        Says whether the work is done already; raises if it is wanted no more.
    close
        Records that the plan is applied, in its last transaction.
    """

    is_done: Callable[[Transaction], bool]
    close: Callable[[Applied, Transaction], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalService:
    """Applies plans that are too large for one transaction."""

    plans: PlanService
    journals: JournalStore
    limits: Limits = LIMITS
    lease: timedelta = LEASE
    patience_s: float = PATIENCE_S
    holder: str = field(default_factory=lambda: uuid4().hex)

    def is_for(self, documents: Documents, *, plan_id: str) -> bool:
        """Say whether documents need a journal, or have one."""
        return is_large(documents, self.limits) or self.journals.exists(plan_id)

    def apply(self, documents: Documents, *, cause: Cause, errand: Errand) -> None:
        """Store documents that satisfy the schema, as `PlanService.plan_documents` plans it.

        If another process is at it, wait until it is done, or dead. If the process before was
        stopped, go on where it was.

        Raises
        ------
        DocumentsLocked, WritesLocked
            Somebody else is writing them, or what they name, just now. Nothing is written.
        DocumentsChanged
            Somebody has changed them who did not ask for leave. Nothing is written.
        PlanRolledBack
            An earlier attempt was refused. Nothing is written.
        NmdcError
            Whatever `PlanService.apply` raises. Nothing is written.
        """
        me = replace(self, holder=uuid4().hex)
        while me._begin(documents, cause=cause, errand=errand):
            journal = me._take(cause.plan_id)
            if journal is None:
                time.sleep(PAUSE_S)
                continue
            try:
                me._go_on(journal, errand, documents=documents)
            except JournalTaken:
                logger.warning("another process goes on", extra={"plan_id": cause.plan_id})
            else:
                return

    def resume(self, plan_id: str, *, errand: Errand) -> None:
        """Go on with an abandoned plan, without the documents: those that are planned are kept."""
        me = replace(self, holder=uuid4().hex)
        journal = me._take(plan_id)
        if journal is None:
            return
        with suppress(JournalTaken):
            me._go_on(journal, errand)

    def _begin(self, documents: Documents, *, cause: Cause, errand: Errand) -> bool:
        """Lock the documents and open the journal, unless it is open; False if all is done."""

        def begin(tx: Transaction) -> bool:
            if errand.is_done(tx):
                return False
            if self.journals.exists(cause.plan_id, tx=tx):
                return True
            self.plans.guard.hold_all(tx)
            keys = (
                (collection, document["id"])
                for collection, given in documents.items()
                if collection in self.plans.metadata.registry.collections
                for document in given or ()
                if isinstance(document.get("id"), str)
            )
            self.plans.guard.lock_documents(cause.plan_id, keys, tx=tx)
            username = current_call().username or SYSTEM
            record = self.plans.plans.find(cause.plan_id, tx=tx)
            record = record or self.plans.new_record(cause, username=username)
            self.plans.plans.put(
                record.model_copy(update={"status": PlanStatus.APPLYING, "reason": None}), tx=tx
            )
            self.journals.begin(cause, holder=self.holder, lease=self.lease, tx=tx)
            return True

        return self.plans.transactions.run(begin)

    def _take(self, plan_id: str) -> Journal | None:
        """Take over the journal, unless its holder is alive.

        Its session is ended first: what that has locked would keep us waiting.
        """
        if writer := self.journals.find_lapsed_writer(plan_id):
            self.plans.transactions.end(writer)
        taken = self.journals.take(plan_id, holder=self.holder, lease=self.lease)
        if taken is None:
            return None
        journal, writer = taken
        if writer is not None:
            self.plans.transactions.end(writer)
        return journal

    def _go_on(
        self, journal: Journal, errand: Errand, *, documents: Documents | None = None
    ) -> None:
        if journal.phase is Phase.PREPARING:
            if documents is None:
                self._give_up(journal, PlanStatus.ACCEPTED)
                return
            try:
                journal = self._prepare(journal, documents)
            except NmdcError as refusal:
                if not isinstance(refusal, JournalTaken):
                    self._give_up(journal, PlanStatus.ACCEPTED)
                raise
        if journal.phase is Phase.FORWARD:
            try:
                self._forward(journal, errand)
            except NmdcError as refusal:
                if isinstance(refusal, JournalTaken):
                    raise
                reason = str(refusal)
                if not self.journals.mark(journal, Phase.BACKWARD, reason=reason):
                    raise JournalTaken(journal.plan_id) from refusal
                self._backward(replace(journal, reason=reason))
                raise
        else:
            self._backward(journal)
            raise PlanRolledBack(journal.plan_id, reason=journal.reason)
        self.journals.drop_steps(journal.plan_id)

    def _prepare(self, journal: Journal, documents: Documents) -> Journal:
        """Plan all steps and keep them, then lock what undoing them would need."""
        self.journals.drop_steps(journal.plan_id)
        registry = self.plans.metadata.registry
        counts: dict[str, Counts] = {}
        claimed: set[tuple[str, str]] = set()
        reserved: set[tuple[str, str]] = set()
        for number, step in enumerate(steps_of(documents, registry, self.limits)):
            self._renew(journal)
            plan = self.plans.transactions.run(
                lambda tx, step=step: self.plans.plan_documents(step, tx=tx)  # type: ignore[misc]
            )
            self.journals.add_step(journal, number, plan.changes)
            claimed.update(claims_of(plan.changes, registry))
            reserved.update(reserved_by(plan.changes, registry))
            for name, each in rules.counts_of(plan).items():
                counts[name] = _sum(counts.get(name, Counts()), each)

        def lock(tx: Transaction) -> None:
            self.plans.guard.hold_all(tx)
            self.plans.guard.check_unlocked(claimed, plan_id=journal.plan_id, tx=tx)
            self.plans.guard.lock_documents(journal.plan_id, reserved, tx=tx)
            facts = {name: each.model_dump() for name, each in counts.items()}
            if not self.journals.mark(
                journal, Phase.FORWARD, tx=tx, steps_by=self.holder, counts=facts
            ):
                raise JournalTaken(journal.plan_id)

        self.plans.transactions.run(lock)
        return replace(journal, phase=Phase.FORWARD, steps_by=self.holder, counts=counts)

    def _forward(self, journal: Journal, errand: Errand) -> None:
        while (step := self.journals.next_step(journal)) is not None:
            number, planned = step

            def make(
                tx: Transaction, number: int = number, planned: list[PlannedChange] = planned
            ) -> None:
                self._renew(journal, tx)
                errand.is_done(tx)
                self.plans.guard.hold(tx)
                self._make_step(journal, number, planned, tx=tx)

            self._patiently(make)
        self._patiently(lambda tx: self._close(journal, errand, tx))

    def _patiently(self, work: Callable[[Transaction], None]) -> None:
        """Run a transaction, for a while also if others have locked what it names."""
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                return self.plans.transactions.run(work)
            except NmdcError as refusal:
                if refusal.kind is not ErrorKind.UNAVAILABLE or time.monotonic() > deadline:
                    raise
            time.sleep(PAUSE_S)

    def _make_step(
        self, journal: Journal, number: int, planned: Sequence[PlannedChange], *, tx: Transaction
    ) -> None:
        changes = self._as_planned(planned, tx=tx)
        self.plans.make(Plan(changes), plan_id=journal.plan_id, tx=tx)
        before = self.journals.last_made(journal.plan_id, tx=tx)
        first = before.seqs.stop if before else 0
        record = self.plans.get(journal.plan_id, tx=tx)
        kept = self.plans.keep(
            changes,
            cause=journal.cause,
            username=record.username,
            now=self.plans.clock(),
            first=first,
            tx=tx,
        )
        made = MadeStep(number=number, seqs=range(first, kept.end), log_keys=kept.log_keys)
        if not self.journals.mark_made(journal, made, tx=tx):
            raise JournalTaken(journal.plan_id)

    def _as_planned(self, planned: Sequence[PlannedChange], *, tx: Transaction) -> list[Change]:
        """Return the changes of a step with their before images, which are as they were."""
        ids: dict[str, list[str]] = {}
        for each in planned:
            if each.id is not None:
                ids.setdefault(each.collection, []).append(each.id)
        stored = {
            name: self.plans.metadata.store.find_documents(name, some, tx=tx)
            for name, some in ids.items()
        }
        changes = []
        for each in planned:
            before = stored.get(each.collection, {}).get(each.id or "")
            digest = None if before is None else rules.digest_of(before)
            if digest != each.before_digest:
                raise DocumentsChanged(each.collection, each.id or "")
            changes.append(
                Change(
                    collection=each.collection,
                    id=each.id,
                    kind=each.kind,
                    before=before,
                    after=dict(each.after),
                )
            )
        return changes

    def _close(self, journal: Journal, errand: Errand, tx: Transaction) -> None:
        self._renew(journal, tx)
        errand.is_done(tx)
        plans = self.plans.plans
        self.plans.ids.mark_registered(plans.list_inserted(journal.plan_id, tx=tx), tx=tx)
        record = self.plans.get(journal.plan_id, tx=tx)
        plans.mark_applied(record, counts=journal.counts, now=self.plans.clock(), tx=tx)
        collections = self.plans.metadata.registry.collections
        applied = Applied(
            counts=journal.counts,
            counters={
                name: rules.published_counters(each, has_id=collections[name].has_id)
                for name, each in journal.counts.items()
            },
        )
        errand.close(applied, tx)
        self._finish(journal, tx)

    def _backward(self, journal: Journal) -> None:
        """Undo the steps that are made, from the last to the first."""
        while (step := self.journals.last_made(journal.plan_id)) is not None:

            def undo(tx: Transaction, step: MadeStep = step) -> None:
                self._renew(journal, tx)
                self.plans.guard.hold(tx)
                self._undo_step(journal, step, tx=tx)

            self.plans.transactions.run(undo)
        self._give_up(journal, PlanStatus.FAILED)
        logger.warning("plan rolled back", extra={"plan_id": journal.plan_id})

    def _undo_step(self, journal: Journal, step: MadeStep, *, tx: Transaction) -> None:
        requests: dict[str, list[Request]] = {}
        for seq in reversed(step.seqs):
            some = list(self.plans.plans.read_changes(journal.plan_id, seq=seq, tx=tx))
            for change in reversed(some):
                requests.setdefault(change.collection, []).append(_undoing(change))
        for collection, each in requests.items():
            self.plans.metadata.store.write(collection, each, tx=tx)
        self.plans.metadata.store.drop_log(step.log_keys, tx=tx)
        self.plans.plans.drop_changes(journal.plan_id, step.seqs, tx=tx)
        if not self.journals.mark_undone(journal.plan_id, step, tx=tx):
            raise JournalTaken(journal.plan_id)

    def _give_up(self, journal: Journal, status: PlanStatus) -> None:
        """Close the journal of a plan of which nothing is stored."""

        def give_up(tx: Transaction) -> None:
            self._renew(journal, tx)
            reason = journal.reason or None
            self.plans.plans.mark(journal.plan_id, status, reason=reason, tx=tx)
            self._finish(journal, tx)

        self.plans.transactions.run(give_up)
        self.journals.drop_steps(journal.plan_id)

    def _finish(self, journal: Journal, tx: Transaction) -> None:
        self.plans.guard.unlock_documents(journal.plan_id, tx=tx)
        if not self.journals.drop(journal, tx=tx):
            raise JournalTaken(journal.plan_id)

    def _renew(self, journal: Journal, tx: Transaction | None = None) -> None:
        writer = None if tx is None else tx.writer
        if not self.journals.renew(journal, lease=self.lease, writer=writer):
            raise JournalTaken(journal.plan_id)


def _undoing(change: StoredChange) -> Request:
    if change.kind is ChangeKind.INSERT:
        return DeleteOne({"_id": change.key})
    before: Document = dict(change.before or {})
    if change.kind is ChangeKind.DELETE:
        return InsertOne(before)
    return ReplaceOne({"_id": change.key}, before)


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        inserted=one.inserted + other.inserted,
        replaced=one.replaced + other.replaced,
        deleted=one.deleted + other.deleted,
        unchanged=one.unchanged + other.unchanged,
    )

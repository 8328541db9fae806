"""How schema documents change, whoever asks: planned, applied in one transaction, remembered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bson import ObjectId
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import DocumentTooLarge, WriteError

from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import SYSTEM, current_call
from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.metadata.store import DATED
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.plans import rules
from nmdc_runtime.plans.errors import (
    DOCUMENT_TOO_LARGE,
    DocumentReferenced,
    DocumentUnstorable,
    PlanNotFound,
)
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.plans.integrity import Integrity
from nmdc_runtime.plans.models import (
    Applied,
    Cause,
    Change,
    ChangeKind,
    Kept,
    Plan,
    PlanKind,
    PlanRecord,
    PlanStatus,
)
from nmdc_runtime.plans.reservations import claims_of
from nmdc_runtime.plans.store import PlanStore
from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.references import References

Result = TypeVar("Result")
#: What the log of writes calls a change; published.
LOGGED = {ChangeKind.INSERT: "upsert", ChangeKind.REPLACE: "upsert", ChangeKind.DELETE: "delete"}
LOGGED_OF_PLANS = {PlanKind.UPDATE_BY_QUERY: "update"}
#: In this order, what goes away leaves its values to what comes.
WRITTEN = (ChangeKind.DELETE, ChangeKind.REPLACE, ChangeKind.INSERT)
Request = InsertOne[Document] | ReplaceOne[Document] | DeleteOne


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanService:
    """Plan changes of schema documents, apply them, and remember them: all or nothing."""

    plans: PlanStore
    metadata: MetadataService
    integrity: Integrity
    guard: WriteGuard
    ids: IdService
    transactions: Transactions
    clock: Clock

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run work that changes documents in one transaction, which holds the guard.

        The work may be called more than once. Raise `WritesLocked` during maintenance.
        """

        def guarded(tx: Transaction) -> Result:
            self.guard.hold(tx)
            return work(tx)

        return self.transactions.run(guarded)

    def plan_documents(
        self, documents: Mapping[str, Sequence[Mapping[str, Any]] | None], *, tx: Transaction
    ) -> Plan:
        """Plan to store documents that satisfy the schema: those with ids replace stored ones.

        Documents of collections that carry dates get the dates of their first and last write.
        Keys that are no collections of the schema are passed over.
        """
        plan = Plan()
        now = as_text(self.clock())
        for collection, given in documents.items():
            known = self.metadata.registry.collections.get(collection)
            if known is None or not given:
                continue
            if known.has_id:
                stored = self.metadata.store.find_documents(
                    collection, (each["id"] for each in given), tx=tx
                )
                changes, unchanged = rules.plan_upserts(
                    collection,
                    given,
                    stored=stored,
                    now=now if collection in DATED else None,
                )
            else:
                changes, unchanged = rules.plan_keyless(
                    collection, given, stored=self._find_like(collection, given, tx=tx)
                )
            plan.changes += changes
            plan.unchanged[collection] = unchanged
        return plan

    def apply(
        self,
        plan: Plan,
        *,
        cause: Cause,
        tx: Transaction,
        allow_broken_refs: bool = False,
        are_trusted: bool = False,
        record: PlanRecord | None = None,
    ) -> Applied:
        """Make the changes of a plan that was made in the same transaction.

        Parameters
        ----------
        cause
            Why; its id is that of the plan's record.
        allow_broken_refs
            Whether documents may be deleted that others name.
        are_trusted
            Whether nobody looks at names, and at whether what documents name exists.
        record
            What to remember if the plan was not announced, beside what is known anyway.

        Raises
        ------
        MetadataInvalid
            A reference that the plan adds leads nowhere, or a name is taken in its study.
        DocumentReferenced
            A document that stays names one that is deleted.
        DocumentsLocked, WritesLocked
            Somebody else is writing them just now.
        DocumentsClash, TransactionTooLarge, WriteRefused, DocumentUnstorable
            MongoDB refuses. Nothing is written.
        """
        self.make(
            plan,
            plan_id=cause.plan_id,
            tx=tx,
            allow_broken_refs=allow_broken_refs,
            are_trusted=are_trusted,
        )
        return self.record_applied(plan, cause=cause, tx=tx, record=record)

    def make(
        self,
        plan: Plan,
        *,
        plan_id: str,
        tx: Transaction,
        allow_broken_refs: bool = False,
        are_trusted: bool = False,
    ) -> None:
        """Make the changes of a plan, as `apply` does, without remembering them."""
        self._begin(plan, plan_id=plan_id, tx=tx)
        if not are_trusted:
            self._check_names(plan, tx=tx)
        for collection, changes in _by_collection(plan.changes):
            for kind in WRITTEN:
                some = (_request(each) for each in changes if each.kind is kind)
                self.metadata.store.write(collection, some, tx=tx)
        if not are_trusted:
            self._check_references(plan, tx=tx)
        if not allow_broken_refs:
            self._check_left_behind(plan, tx=tx)

    def record_applied(
        self,
        plan: Plan,
        *,
        cause: Cause,
        tx: Transaction,
        record: PlanRecord | None = None,
    ) -> Applied:
        """Remember a plan whose changes are made, in their transaction."""
        counts = rules.counts_of(plan)
        now = self.clock()
        username = current_call().username or SYSTEM
        if record is None:
            known = self.plans.find(cause.plan_id, tx=tx)
            username = known.username if known else username
            record = known or self.new_record(cause, username=username)
        self.keep(plan.changes, cause=cause, username=record.username, now=now, tx=tx)
        self.ids.mark_registered(rules.new_ids(plan.changes), tx=tx)
        self.plans.mark_applied(record, counts=counts, now=now, tx=tx)
        collections = self.metadata.registry.collections
        return Applied(
            counts=counts,
            counters={
                name: rules.published_counters(each, has_id=collections[name].has_id)
                for name, each in counts.items()
            },
        )

    def keep(
        self,
        changes: Sequence[Change],
        *,
        cause: Cause,
        username: str,
        now: datetime,
        tx: Transaction,
        first: int = 0,
    ) -> Kept:
        """Keep what undoes changes that are made, and log them.

        Parameters
        ----------
        first
            Number of the first chunk of the record that holds them.
        """
        try:
            seqs = self.plans.add_changes(cause.plan_id, changes, first=first, tx=tx)
        except DocumentTooLarge:
            raise DocumentUnstorable from None
        except WriteError as error:
            if error.code not in DOCUMENT_TOO_LARGE:
                raise
            raise DocumentUnstorable from None
        log_keys = [ObjectId() for _ in changes]
        entries = list(zip(changes, seqs, log_keys, strict=True))
        for kind in dict.fromkeys(change.kind for change in changes):
            for collection in dict.fromkeys(change.collection for change in changes):
                some = [
                    (change, seq, key)
                    for change, seq, key in entries
                    if change.kind is kind and change.collection == collection
                ]
                self.metadata.store.log_writes(
                    collection,
                    (change.id for change, _, _ in some),
                    operation_id=cause.operation_id,
                    time=now,
                    kind=LOGGED_OF_PLANS.get(cause.kind, LOGGED[kind]),
                    facts=(
                        {"_id": key, "plan_id": cause.plan_id, "seq": seq, "by": username}
                        for _, seq, key in some
                    ),
                    tx=tx,
                )
        return Kept(end=max(seqs, default=first - 1) + 1, log_keys=log_keys)

    def new_record(self, cause: Cause, *, username: str) -> PlanRecord:
        """Return the record of a plan that begins now."""
        return PlanRecord(
            id=cause.plan_id,
            kind=cause.kind,
            status=PlanStatus.ACCEPTED,
            username=username,
            operation_id=cause.operation_id,
            created_at=self.clock(),
            reverts=cause.reverts,
        )

    def get(self, plan_id: str, *, tx: Transaction | None = None) -> PlanRecord:
        """Return the record of a plan, or raise `PlanNotFound`."""
        record = self.plans.find(plan_id, tx=tx)
        if record is None:
            raise PlanNotFound(plan_id)
        return record

    def _begin(self, plan: Plan, *, plan_id: str, tx: Transaction) -> None:
        if rules.lost_ids(plan.changes):
            # Somebody may be about to name what goes away: one of the two must see the other.
            self.guard.hold_all(tx)
        claims = claims_of(plan.changes, self.metadata.registry)
        self.guard.check_unlocked(claims, plan_id=plan_id, tx=tx)

    def _check_names(self, plan: Plan, *, tx: Transaction) -> None:
        """Raise `MetadataInvalid` if a name is taken; the unique index would say it worse."""
        names = SubmittedNames()
        for collection, changes in _by_collection(plan.changes):
            if any(rules.renamed(each) for each in changes):
                # What is deleted leaves its name to others.
                gone = ({"id": each.id} for each in changes if each.after is None)
                names.add(collection, [*(each.after for each in changes), *gone])
        report = self.metadata.report_stored(References(self.metadata.registry), names, tx=tx)
        self.metadata.refuse(report, names.wanted)

    def _check_references(self, plan: Plan, *, tx: Transaction) -> None:
        references = References(self.metadata.registry)
        stubs: dict[str, list[Document]] = {}
        for collection, stub in rules.added_references(plan.changes, self.metadata.registry):
            stubs.setdefault(collection, []).append(stub)
        for collection, documents in stubs.items():
            references.add(collection, documents)
        report = self.metadata.report_stored(references, SubmittedNames(), tx=tx)
        self.metadata.refuse(report, stubs)

    def _check_left_behind(self, plan: Plan, *, tx: Transaction) -> None:
        for collection, ids in rules.lost_ids(plan.changes).items():
            broken = self.integrity.left_behind(collection, ids, tx=tx)
            if broken:
                first = broken[0]
                raise DocumentReferenced(
                    collection=collection,
                    id=first.target,
                    by_collection=first.collection,
                    by_id=first.id,
                )

    def _find_like(
        self, collection: str, given: Sequence[Mapping[str, Any]], *, tx: Transaction
    ) -> Iterator[Document]:
        """Yield stored documents that name what the given ones name, in an indexed slot.

        Where the schema has no such slot, all of them count as new: a scan for each is no option.
        """
        slots = {
            slot
            for document in given
            for slot, _ in self.metadata.registry.reference_slots.get(document.get("type", ""), ())
        }
        for slot in sorted(slots)[:1]:
            values = {each[slot] for each in given if isinstance(each.get(slot), str)}
            yield from self.metadata.store.find_naming(collection, slot, values, tx=tx)


def _request(change: Change) -> Request:
    if change.after is None:
        return DeleteOne({"_id": (change.before or {})["_id"]})
    if change.before is None:
        return InsertOne(change.after)
    return ReplaceOne({"_id": change.before["_id"]}, change.after)


def _by_collection(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.collection, []).append(change)
    yield from groups.items()

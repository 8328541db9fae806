"""Deleting a workflow execution with all that depends on it: everything at once, or nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.removing import JobRemoval
from nmdc_runtime.kernel.audit import AuditTrail, current_call
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.plans.images import BeforeImages
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Plan, PlanKind
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.workflow_executions.errors import DeletionTooLarge, WorkflowExecutionNotFound
from nmdc_runtime.workflow_executions.models import (
    AGGREGATES,
    DATA_OBJECTS,
    WORKFLOW_EXECUTIONS,
    DeleteResponse,
)
from nmdc_runtime.workflow_executions.rules import (
    SUPERSEDED_BY,
    ends_of,
    outputs_of,
    superseded,
    surviving_producers,
)
from nmdc_runtime.workflow_executions.store import WorkflowExecutionStore

JOBS: Final = "jobs"
GENERATED_BY: Final = "was_generated_by"
DELETED: Final = "Workflow execution and dependencies deleted successfully"
DRY_RUN: Final = "Dry run: nothing was deleted; the lists say what would be"
#: What fits into one transaction with its images.
MOST_DOCUMENTS: Final = 58_000
MOST_TARGETS: Final = 1_000


@dataclass(slots=True)
class Deletion:
    """What goes, and what changes in what stays."""

    executions: dict[str, Document]
    data_objects: dict[str, Document] = field(default_factory=dict)
    aggregates: list[Document] = field(default_factory=list)
    jobs: list[Document] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def removed(self) -> Iterator[tuple[str, Collection[Document]]]:
        """Schema documents that go, in the published order of their collections."""
        yield WORKFLOW_EXECUTIONS, self.executions.values()
        yield DATA_OBJECTS, self.data_objects.values()
        yield AGGREGATES, self.aggregates

    def plan(self) -> Plan:
        """Return all changes of schema documents."""
        removals = [
            Change(
                collection=name, id=each.get("id"), kind=ChangeKind.DELETE, before=each, after=None
            )
            for name, documents in self.removed
            for each in documents
        ]
        return Plan(changes=removals + self.changes)

    def answer(self, message: str) -> DeleteResponse:
        """Return the published lists, sorted."""
        return DeleteResponse(
            message=message,
            deleted_workflow_execution_ids=sorted(self.executions),
            deleted_data_object_ids=sorted(self.data_objects),
            deleted_functional_annotation_agg_oids=sorted(
                str(each["_id"]) for each in self.aggregates
            ),
            deleted_job_ids=sorted(each["id"] for each in self.jobs),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowExecutionDeletion:
    """Delete workflow executions with what was made of them.

    Parameters
    ----------
    images
        Where deleted documents are kept as they were.
    """

    store: WorkflowExecutionStore
    plans: PlanService
    jobs: JobRemoval
    images: BeforeImages
    ids: IdService
    transactions: Transactions
    audit: AuditTrail
    most_documents: int = MOST_DOCUMENTS

    def delete(self, execution_id: str, *, dry_run: bool = False) -> DeleteResponse:
        """Delete the execution, executions downstream of it, what they made, and their jobs.

        Data objects that another process has made, too, stay. What a deleted execution superseded
        is superseded from then on by what superseded that, if anything does.

        Raises
        ------
        WorkflowExecutionNotFound
            There is no such execution.
        DeletionTooLarge, WritesLocked, DocumentsLocked
            Nothing was deleted.
        """
        if dry_run:
            found = self.transactions.run(lambda tx: self._find(execution_id, tx=tx))
            return found.answer(DRY_RUN)
        self.images.prepare(WORKFLOW_EXECUTIONS, DATA_OBJECTS, AGGREGATES, JOBS)
        plan_id = self.ids.mint_internal("plans")

        def delete(tx: Transaction) -> DeleteResponse:
            deletion = self._find(execution_id, tx=tx)
            self._keep(deletion, tx=tx)
            cause = Cause(
                plan_id=plan_id,
                kind=PlanKind.WORKFLOW_EXECUTION_DELETE,
                operation_id=current_call().request_id or plan_id,
            )
            self.plans.apply(deletion.plan(), cause=cause, tx=tx, allow_broken_refs=True)
            reason = f"its job was deleted together with the workflow execution {execution_id}"
            self.jobs.remove(deletion.jobs, reason=reason, tx=tx)
            self._record(deletion, plan_id=plan_id, tx=tx)
            return deletion.answer(DELETED)

        return self.plans.run(delete)

    def _find(self, execution_id: str, *, tx: Transaction) -> Deletion:
        target = self.store.find_execution(execution_id, tx=tx)
        if target is None:
            raise WorkflowExecutionNotFound(execution_id)
        deletion = Deletion(self._with_downstream(target, tx=tx))
        self._check_size(execution_id, deletion)
        outputs = {each for made in deletion.executions.values() for each in outputs_of(made)}
        producers = self.store.find_producers(outputs, tx=tx)
        kept = surviving_producers(
            (each for each in producers if each["id"] not in deletion.executions), outputs=outputs
        )
        deletion.data_objects = self.store.find_whole(DATA_OBJECTS, outputs - kept.keys(), tx=tx)
        deletion.aggregates = self.store.find_aggregates(deletion.executions.keys(), tx=tx)
        self._check_size(execution_id, deletion)
        deletion.jobs = self.jobs.find_by_activity(deletion.executions.keys(), tx=tx)
        deletion.changes = list(self._mended(deletion, kept, tx=tx))
        self._check_size(execution_id, deletion)
        return deletion

    def _with_downstream(self, target: Document, *, tx: Transaction) -> dict[str, Document]:
        """Return the execution and all that follow from it, level by level; circles end."""
        found: dict[str, Document] = {}
        level = {target["id"]: target}
        while level and len(found) <= self.most_documents:
            found |= level
            outputs = {each for made in level.values() for each in outputs_of(made)}
            consumers = self.store.find_consumers(outputs, tx=tx)
            level = {each["id"]: each for each in consumers if each["id"] not in found}
        return found

    def _mended(
        self, deletion: Deletion, kept: Mapping[str, str], *, tx: Transaction
    ) -> Iterator[Change]:
        """Yield the changes of what stays and names what goes."""
        gone = deletion.executions
        ends = ends_of({id_: each.get(SUPERSEDED_BY) for id_, each in gone.items()})
        outdated = {
            (name, each["id"]): each
            for name in (WORKFLOW_EXECUTIONS, DATA_OBJECTS)
            for each in self.store.find_superseded(name, gone.keys(), tx=tx)
        }
        shared = self.store.find_whole(DATA_OBJECTS, kept.keys(), tx=tx)
        outdated |= {
            (DATA_OBJECTS, id_): each
            for id_, each in shared.items()
            if each.get(GENERATED_BY) in gone
        }
        for (name, id_), before in outdated.items():
            if id_ in gone or id_ in deletion.data_objects:
                continue
            after = {key: value for key, value in before.items() if key != "_id"}
            if before.get(SUPERSEDED_BY) in gone:
                after = superseded(after, ends[before[SUPERSEDED_BY]])
            if before.get(GENERATED_BY) in gone and id_ in kept:
                after[GENERATED_BY] = kept[id_]
            yield Change(
                collection=name, id=id_, kind=ChangeKind.REPLACE, before=before, after=after
            )

    def _check_size(self, execution_id: str, deletion: Deletion) -> None:
        number = sum(len(each) for _, each in deletion.removed) + len(deletion.changes)
        if number > self.most_documents:
            raise DeletionTooLarge(execution_id, limit=self.most_documents)

    def _keep(self, deletion: Deletion, *, tx: Transaction) -> None:
        """Keep what goes in the database of deleted documents, as published."""
        for name, documents in (*deletion.removed, (JOBS, deletion.jobs)):
            self.images.keep(name, documents, tx=tx)

    def _record(self, deletion: Deletion, *, plan_id: str, tx: Transaction) -> None:
        counts: dict[str, Any] = {name: len(documents) for name, documents in deletion.removed}
        targets = [
            *(f"{WORKFLOW_EXECUTIONS}/{each}" for each in deletion.executions),
            *(f"{JOBS}/{each['id']}" for each in deletion.jobs),
            *(f"{DATA_OBJECTS}/{each}" for each in deletion.data_objects),
        ]
        self.audit.record(
            "delete_workflow_execution",
            f"plans/{plan_id}",
            *targets[:MOST_TARGETS],
            details={**counts, JOBS: len(deletion.jobs)},
            tx=tx,
        )

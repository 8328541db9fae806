"""Taking workflow executions in: checked, linked with other runs of the same, stored as a whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail, current_call
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.plans.describing import describe
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Plan, PlanKind
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.schema.body import Body
from nmdc_runtime.schema.reader import read_batches
from nmdc_runtime.schema.report import ValidationReport
from nmdc_runtime.workflow_executions.errors import (
    DocumentsExist,
    RunNumberMissing,
    WorkflowExecutionsInvalid,
)
from nmdc_runtime.workflow_executions.models import (
    DATA_OBJECTS,
    WORKFLOW_EXECUTIONS,
    SubmitAnswer,
    Superseded,
)
from nmdc_runtime.workflow_executions.rules import (
    SUPERSEDED_BY,
    Execution,
    Links,
    is_same_content,
    links_of,
    outputs_of,
    split_id,
    superseded,
)
from nmdc_runtime.workflow_executions.store import WorkflowExecutionStore

_ANSWER: Final = TypeAdapter(SubmitAnswer)
#: What may stand in a body beside collections, whatever its value.
TYPE: Final = "@type"
MOST_TARGETS: Final = 1_000
Documents = dict[str, list[Document]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowExecutionService:
    """Take in what workflows have done, with all that they have made."""

    store: WorkflowExecutionStore
    metadata: MetadataService
    plans: PlanService
    ids: IdService
    idempotency: IdempotencyService
    transactions: Transactions
    audit: AuditTrail

    def submit(
        self,
        body: Body,
        *,
        username: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> SubmitAnswer:
        """Store the documents of a body, all of them or none, and link runs of the same base.

        Documents that are stored already, just as they are sent, stay: sending a body again is
        answered as the first time, and nothing is stored twice.

        Raises
        ------
        BodyUnreadable
            The body is no JSON object.
        WorkflowExecutionsInvalid, MetadataInvalid
            It does not satisfy the schema, or names what is not there.
        RunNumberMissing
            The id of an execution has no run number.
        DocumentsExist
            Documents with other content are stored under the same ids.
        DocumentsClash, TransactionTooLarge, WriteRefused, WritesLocked, DocumentsLocked
            As `PlanService.apply`.
        """
        documents = self._read(body)
        executions = documents[WORKFLOW_EXECUTIONS]
        for each in executions:
            if split_id(each["id"]).run is None:
                raise RunNumberMissing(each["id"])
        number = sum(len(each) for each in documents.values())
        message = f"Inserted {number} documents" if number else "Done"
        if dry_run:
            plan = self.transactions.run(lambda tx: self._plan(documents, tx=tx))
            return SubmitAnswer(
                message=f"Dry run: {message}",
                superseded=_superseded(plan),
                plan=describe(plan, registry=self.metadata.registry),
            )
        plan_id = self.ids.mint_internal("plans")

        def submit(tx: Transaction) -> SubmitAnswer:
            self.plans.guard.hold(tx)
            self.store.hold_series((split_id(each["id"]).base for each in executions), tx=tx)
            plan = self._plan(documents, tx=tx)
            if plan.changes:
                cause = Cause(
                    plan_id=plan_id,
                    kind=PlanKind.WORKFLOW_EXECUTIONS,
                    operation_id=current_call().request_id or plan_id,
                )
                self.plans.apply(plan, cause=cause, tx=tx)
                targets = [
                    f"{change.collection}/{change.id}" for change in plan.changes if change.id
                ]
                self.audit.record(
                    "submit_workflow_executions",
                    f"plans/{plan_id}",
                    *targets[:MOST_TARGETS],
                    details={"documents": len(plan.changes)},
                    tx=tx,
                )
            return SubmitAnswer(message=message)

        answer, _ = self.idempotency.once(
            idempotency_key,
            caller=f"users/{username}",
            route="post_workflow_execution",
            request={"sha256": hashlib.sha256(body.content).hexdigest()},
            work=submit,
            model=_ANSWER,
        )
        return answer

    def _read(self, body: Body) -> Documents:
        """Return the documents of a body that satisfies the schema."""
        verdict = self.metadata.validate(body)
        report, keys = _without_type(verdict.report), verdict.keys
        if report.is_valid and not verdict.report.is_valid:
            rest = _documents_of(body.content)
            rest.pop(TYPE, None)
            body = Body(json.dumps(rest).encode())  # orjson knows no numbers beyond 64 bits
            verdict = self.metadata.validate(body)
            report, keys = verdict.report, verdict.keys
        if not report.is_valid or WORKFLOW_EXECUTIONS not in keys:
            raise WorkflowExecutionsInvalid(report, keys=keys)
        documents = _documents_of(self.metadata.as_json(body))
        return {key: each for key, each in documents.items() if isinstance(each, list)}

    def _plan(self, documents: Documents, *, tx: Transaction) -> Plan:
        collections = self.metadata.registry.collections
        stored = {
            name: self.store.find_whole(name, [each["id"] for each in given], tx=tx)
            for name, given in documents.items()
            if collections[name].has_id
        }
        differing = {
            name: ids
            for name, found in stored.items()
            if (
                ids := [
                    each["id"]
                    for each in documents[name]
                    if each["id"] in found and not is_same_content(found[each["id"]], each)
                ]
            )
        }
        if differing:
            raise DocumentsExist(differing)
        fresh = {
            name: [each for each in given if each.get("id") not in stored.get(name, ())]
            for name, given in documents.items()
        }
        links = self._links(fresh[WORKFLOW_EXECUTIONS], tx=tx)
        changes = self._marks(links, fresh, tx=tx)
        for name, by in ((WORKFLOW_EXECUTIONS, links.executions), (DATA_OBJECTS, links.outputs)):
            fresh[name] = [
                superseded(each, by[each["id"]]) if each["id"] in by else each
                for each in fresh.get(name, [])
            ]
        plan = self.plans.plan_documents(fresh, tx=tx)
        plan.changes += changes
        for name, found in stored.items():
            if found:
                plan.unchanged[name] = plan.unchanged.get(name, 0) + len(found)
        return plan

    def _links(self, fresh: Sequence[Mapping[str, Any]], *, tx: Transaction) -> Links:
        """Link new executions with each other and with those that are stored."""
        bases = {split_id(each["id"]).base for each in fresh}
        runs = self.store.find_runs(bases, tx=tx)
        return links_of(
            Execution(each["id"], outputs_of(each), is_new)
            for some, is_new in ((fresh, True), (runs, False))
            for each in some
        )

    def _marks(self, links: Links, fresh: Documents, *, tx: Transaction) -> list[Change]:
        """Return the changes by which stored documents become superseded."""
        changes: list[Change] = []
        for name, by in ((WORKFLOW_EXECUTIONS, links.executions), (DATA_OBJECTS, links.outputs)):
            new = {each["id"] for each in fresh.get(name, ())}
            outdated = self.store.find_whole(name, by.keys() - new, tx=tx)
            changes += [
                Change(
                    collection=name,
                    id=each["id"],
                    kind=ChangeKind.REPLACE,
                    before=each,
                    after=_without_key(superseded(each, by[each["id"]])),
                )
                for each in outdated.values()
                if each.get(SUPERSEDED_BY) != by[each["id"]]
            ]
        return changes


def _documents_of(body: bytes) -> dict[str, Any]:
    """Return the entries of a body, read bit by bit, so that other threads stay responsive."""
    documents: dict[str, Any] = {}
    for key, first, value in read_batches(body):
        if first:
            documents[key] += value
        else:
            documents[key] = value
    return documents


def _without_type(report: ValidationReport) -> ValidationReport:
    """Return a report that says nothing of `TYPE`, which is dropped whatever it says."""
    rest = tuple(each for each in report.problems if each.collection != TYPE)
    return ValidationReport(rest, report.total - len(report.problems) + len(rest))


def _without_key(document: Mapping[str, Any]) -> Document:
    return {key: value for key, value in document.items() if key != "_id"}


def _superseded(plan: Plan) -> list[Superseded]:
    marked = [
        Superseded(
            collection=change.collection,
            id=str(change.id),
            superseded_by=str((change.after or {})[SUPERSEDED_BY]),
        )
        for change in plan.changes
        if change.kind is ChangeKind.REPLACE
    ]
    return sorted(marked, key=lambda each: (each.collection, each.id))

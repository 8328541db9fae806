"""Applying a submission: check, write, log, close and report, in one transaction or not at all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.plans.models import Applied, Cause, Plan, PlanKind, PlanStatus
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.submissions.errors import OperationClosed
from nmdc_runtime.submissions.models import Submission
from nmdc_runtime.submissions.store import SubmissionStore, WriterStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an operation has promised.

    Parameters
    ----------
    plan
        Makes the plan by what a transaction sees; may be called more than once.
    result
        Says what the operation's result is, once the plan is applied.
    """

    kind: PlanKind
    plan: Callable[[Transaction], Plan]
    result: Callable[[Applied], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applier:
    """Does what an operation promised, once, however often it is asked to."""

    submissions: SubmissionStore
    writers: WriterStore
    metadata: MetadataService
    plans: PlanService
    operations: OperationService
    jobs: JobService
    runs: RunService
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def apply(
        self, operation_id: str, documents: dict[str, Any], *, dagster_run_id: str
    ) -> dict[str, Any]:
        """Write the documents; return the counters of each collection.

        All is written, together with the operation's result and the run's COMPLETE event, or
        nothing is. Asking again returns the same counters and writes nothing. Refused documents
        are recorded as FAIL, the claim is released, and `MetadataInvalid` is raised; so is
        `OperationClosed` if the claim was given up before.
        """

        def prepare() -> Work:
            self.metadata.check_documents(documents)
            return Work(
                kind=PlanKind.JSON,
                plan=lambda tx: self.plans.plan_documents(documents, tx=tx),
                result=lambda applied: {**applied.counters},
            )

        return self.do(operation_id, prepare, dagster_run_id=dagster_run_id)

    def do(
        self, operation_id: str, prepare: Callable[[], Work], *, dagster_run_id: str
    ) -> dict[str, Any]:
        """Do work for an operation, as `apply` does; return the operation's result."""
        operation = self.operations.get(operation_id)
        if operation.done:
            return _result_of(operation)
        submission = self.submissions.find_by_operation(operation_id)
        try:
            return self._do(operation, prepare(), submission, dagster_run_id=dagster_run_id)
        except NmdcError as refusal:
            # An operation that is closed by now was given up: another attempt has the submission.
            given_up = isinstance(refusal, OperationClosed)
            if refusal.kind is not ErrorKind.UNAVAILABLE and submission and not given_up:
                self.fail(submission, reason=str(refusal), attempt=dagster_run_id)
            raise

    def fail(self, submission: Submission, *, reason: str, attempt: str) -> None:
        """Record that an attempt failed and release its claim: both or neither."""

        def fail(tx: Transaction) -> None:
            self.jobs.give_up(
                submission.job_id,
                operation_id=submission.operation_id,
                code="FAILED",
                message=reason,
                tx=tx,
            )
            self.runs.record_failed(submission.id, reason=reason, attempt=attempt, tx=tx)
            self.submissions.mark_failed(submission.id, reason=reason, now=self.clock(), tx=tx)
            self.plans.plans.mark(submission.id, PlanStatus.FAILED, reason=reason, tx=tx)
            self.audit.record("fail_submission", *targets_of(submission), tx=tx)

        self.transactions.run(fail)
        logger.warning("submission failed", extra={"run_id": submission.id, "reason": reason})

    def _do(
        self,
        operation: Operation,
        work: Work,
        submission: Submission | None,
        *,
        dagster_run_id: str,
    ) -> dict[str, Any]:
        job_id = str((operation.metadata or {})["job"]["id"])
        cause = Cause(
            plan_id=submission.id if submission else operation.id,
            kind=work.kind,
            operation_id=operation.id,
        )

        if stale := self.writers.take(job_id):
            self.transactions.end(stale)

        def write(tx: Transaction) -> dict[str, Any]:
            self.writers.note(job_id, tx.writer, now=self.clock())
            self.plans.guard.hold(tx)
            current = self.operations.get(operation.id, tx=tx)
            if current.done:
                return _result_of(current)
            applied = self.plans.apply(work.plan(tx), cause=cause, tx=tx)
            result = work.result(applied)
            self.jobs.finish(job_id, operation_id=operation.id, result=result, tx=tx)
            if submission is not None:
                self.submissions.mark_complete(
                    submission.id, counts=result, now=self.clock(), tx=tx
                )
                self.runs.record_complete(
                    run_id=submission.id,
                    dagster_run_id=dagster_run_id,
                    outputs=[f"/operations/{operation.id}"],
                    tx=tx,
                )
            targets = targets_of(submission) if submission else [f"operations/{operation.id}"]
            counts = {name: each.model_dump() for name, each in applied.counts.items()}
            self.audit.record("apply_metadata", *targets, details=counts, tx=tx)
            return result

        try:
            return self.transactions.run(write)
        finally:
            self.writers.forget(job_id)


def targets_of(submission: Submission) -> list[str]:
    """Return what the audit trail calls the records that belong to a submission."""
    return [
        f"runs/{submission.id}",
        f"objects/{submission.object_id}",
        f"jobs/{submission.job_id}",
        f"operations/{submission.operation_id}",
    ]


def _result_of(operation: Operation) -> dict[str, Any]:
    """Return the result of a closed operation, or raise that it was closed without one."""
    result = operation.result
    if (operation.metadata or {}).get("cancelled") or not isinstance(result, dict):
        raise OperationClosed(operation.id)
    return result

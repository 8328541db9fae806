"""Applying a submission: check, write, log, close and report, in one transaction or not at all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.plans.journal import Errand, JournalService
from nmdc_runtime.plans.journal_order import Documents
from nmdc_runtime.plans.models import Applied, Cause, Plan, PlanKind, PlanStatus
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.submissions.errors import OperationClosed
from nmdc_runtime.submissions.models import Submission
from nmdc_runtime.submissions.store import SubmissionStore, WriterStore

logger = logging.getLogger(__name__)

#: Code of the result of an operation whose work was refused, or came to nothing.
FAILED: Final = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an operation has promised.

    Parameters
    ----------
    plan
        Makes the plan by what a transaction sees; may be called more than once.
    result
        Says what the operation's result is, once the plan is applied.
    documents
        What the plan stores, if that may be too much for one transaction.
    """

    kind: PlanKind
    plan: Callable[[Transaction], Plan]
    result: Callable[[Applied], dict[str, Any]]
    documents: Documents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applier:
    """Does what an operation promised, once, however often it is asked to."""

    submissions: SubmissionStore
    writers: WriterStore
    metadata: MetadataService
    plans: PlanService
    journal: JournalService
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
        nothing is; how, if it is too much for one transaction, `JournalService` says. Asking again
        returns the same counters and writes nothing. Refused documents are recorded as FAIL, the
        claim is released, and `MetadataInvalid` is raised; so is `OperationClosed` if the claim
        was given up before.
        """

        def prepare() -> Work:
            self.metadata.check_documents(documents)
            return Work(
                kind=PlanKind.JSON,
                plan=lambda tx: self.plans.plan_documents(documents, tx=tx),
                result=lambda applied: {**applied.counters},
                documents=documents,
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
            if refusal.kind is not ErrorKind.UNAVAILABLE and not given_up:
                self._fail_operation(operation, submission, str(refusal), attempt=dagster_run_id)
            raise

    def fail(self, submission: Submission, *, reason: str, attempt: str) -> None:
        """Record that an attempt failed and release its claim: both or neither."""

        def fail(tx: Transaction) -> None:
            self.jobs.give_up(
                submission.job_id,
                operation_id=submission.operation_id,
                code=FAILED,
                message=reason,
                tx=tx,
            )
            self.runs.record_failed(submission.id, reason=reason, attempt=attempt, tx=tx)
            self.submissions.mark_failed(submission.id, reason=reason, now=self.clock(), tx=tx)
            self.plans.plans.mark(submission.id, PlanStatus.FAILED, reason=reason, tx=tx)
            self.audit.record("fail_submission", *targets_of(submission), tx=tx)

        self.transactions.run(fail)
        logger.warning("submission failed", extra={"run_id": submission.id, "reason": reason})

    def give_up(self, operation: Operation, *, reason: str) -> None:
        """End the claim of a job that nobody submitted, such as of an object that was tagged.

        Its operation says why. The site does not claim the job again by itself.
        """
        job_id = operation.claimed_job_id

        def give_up(tx: Transaction) -> None:
            if job_id is not None and self.jobs.give_up(
                job_id, operation_id=operation.id, code=FAILED, message=reason, tx=tx
            ):
                targets = (f"jobs/{job_id}", f"operations/{operation.id}")
                self.audit.record("fail_operation", *targets, tx=tx)

        self.transactions.run(give_up)
        logger.warning("job given up", extra={"operation_id": operation.id, "reason": reason})

    def _fail_operation(
        self, operation: Operation, submission: Submission | None, reason: str, *, attempt: str
    ) -> None:
        if submission is None:
            self.give_up(operation, reason=reason)
        else:
            self.fail(submission, reason=reason, attempt=attempt)

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

        def close(applied: Applied, tx: Transaction) -> dict[str, Any]:
            return self._close(
                operation, work, applied, submission, dagster_run_id=dagster_run_id, tx=tx
            )

        if work.documents is not None and self.journal.is_for(
            work.documents, plan_id=cause.plan_id
        ):
            errand = Errand(is_done=self._is_done(operation.id), close=close)
            self.journal.apply(work.documents, cause=cause, errand=errand)
            return _result_of(self.operations.get(operation.id))

        if stale := self.writers.take(job_id):
            self.transactions.end(stale)

        def write(tx: Transaction) -> dict[str, Any]:
            self.writers.note(job_id, tx.writer, now=self.clock())
            self.plans.guard.hold(tx)
            current = self.operations.get(operation.id, tx=tx)
            if current.done:
                return _result_of(current)
            return close(self.plans.apply(work.plan(tx), cause=cause, tx=tx), tx)

        try:
            return self.transactions.run(write)
        finally:
            self.writers.forget(job_id)

    def resume_large(self) -> int:
        """Go on with large submissions whose process gives no sign of life; count them."""
        abandoned = self.journal.journals.list_abandoned()
        for plan_id in abandoned:
            submission = self.submissions.find(plan_id)
            # Without a submission, the plan is named like its operation: see `_do`.
            operation = self.operations.find(submission.operation_id if submission else plan_id)
            if operation is None:
                continue
            run_id = (submission and submission.dagster_run_id) or operation.id
            try:
                self._resume(operation, plan_id, submission)
            except NmdcError as refusal:
                if refusal.kind is not ErrorKind.UNAVAILABLE:
                    self._fail_operation(operation, submission, str(refusal), attempt=run_id)
        return len(abandoned)

    def _resume(self, operation: Operation, plan_id: str, submission: Submission | None) -> None:
        work = Work(
            kind=PlanKind.JSON,
            plan=lambda _: Plan(),
            result=lambda applied: {**applied.counters},
        )
        run_id = (submission and submission.dagster_run_id) or ""

        def close(applied: Applied, tx: Transaction) -> None:
            self._close(operation, work, applied, submission, dagster_run_id=run_id, tx=tx)

        self.journal.resume(
            plan_id, errand=Errand(is_done=self._is_done(operation.id), close=close)
        )

    def is_large(self, submission: Submission) -> bool:
        """Say whether the submission is being applied step by step: `resume_large` ends it."""
        return self.journal.journals.exists(submission.id)

    def _is_done(self, operation_id: str) -> Callable[[Transaction], bool]:
        def is_done(tx: Transaction) -> bool:
            operation = self.operations.get(operation_id, tx=tx)
            if operation.done:
                _result_of(operation)
            return operation.done

        return is_done

    def _close(
        self,
        operation: Operation,
        work: Work,
        applied: Applied,
        submission: Submission | None,
        *,
        dagster_run_id: str,
        tx: Transaction,
    ) -> dict[str, Any]:
        """Report, in the transaction that ends the work, that it is done."""
        result = work.result(applied)
        job_id = str((operation.metadata or {})["job"]["id"])
        self.jobs.finish(job_id, operation_id=operation.id, result=result, tx=tx)
        if submission is not None:
            self.submissions.mark_complete(submission.id, counts=result, now=self.clock(), tx=tx)
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

"""What sites report on the operations they have promised, and whether it is still theirs to say."""

from dataclasses import dataclass
from typing import Any

from nmdc_runtime.jobs import rules
from nmdc_runtime.jobs.errors import (
    JobHeldElsewhere,
    LeaseExpired,
    OperationAlreadyDone,
    OperationIsNoClaim,
    OperationOfAnotherSite,
)
from nmdc_runtime.jobs.models import OperationPatch
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.service import OperationService


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportService:
    """Take reports on operations, and renewals of claims."""

    jobs: JobService
    operations: OperationService
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def report(self, operation_id: str, patch: OperationPatch, *, site_id: str) -> Operation:
        """Apply what the site reports and return the operation.

        A report that the work is done ends the claim with the operation.

        Raises
        ------
        OperationNotFound
            There is no such operation.
        OperationOfAnotherSite
            Another site has promised it.
        OperationAlreadyDone
            What is done can be neither reopened nor renewed.
        LeaseExpired, JobHeldElsewhere
            The report comes too late.
        """

        def report(tx: Transaction) -> Operation:
            operation = self._own(operation_id, site_id=site_id, tx=tx)
            self._check_in_time(operation, tx=tx)
            if operation.done and not patch.done and "done" in patch.model_fields_set:
                raise OperationAlreadyDone(operation_id)
            renewal: dict[str, Any] = {}
            if patch.lease_seconds is not None:
                renewal = self._renewal(operation, lease_seconds=patch.lease_seconds)
            asked = rules.changes_of(operation.model_copy(update=renewal), patch)
            if not renewal and not asked:
                return operation
            changed = self.operations.change(operation_id, renewal | asked, tx=tx)
            if patch.done and (not operation.done or operation.has_expired):
                self.jobs.end_claim(operation, tx=tx)
            self.audit.record(
                "update_operation" if asked else "renew_claim",
                *rules.targets_of(operation),
                before=operation.model_dump(),
                after=changed.model_dump(),
                details={"done": changed.done},
                tx=tx,
            )
            return changed

        return self.transactions.run(report)

    def renew(self, operation_id: str, *, lease_seconds: int | None, site_id: str) -> Operation:
        """Promise the work anew from now on, for as long as is asked for, or as it was before.

        Raises the same errors as `report`, and `OperationIsNoClaim`.
        """

        def renew(tx: Transaction) -> Operation:
            operation = self._own(operation_id, site_id=site_id, tx=tx)
            self._check_in_time(operation, tx=tx)
            renewal = self._renewal(operation, lease_seconds=lease_seconds)
            renewed = self.operations.change(operation_id, renewal, tx=tx)
            self.audit.record(
                "renew_claim",
                *rules.targets_of(operation),
                before=operation.model_dump(),
                after=renewed.model_dump(),
                tx=tx,
            )
            return renewed

        return rules.answer_of_claim(self.transactions.run(renew))

    def _own(self, operation_id: str, *, site_id: str, tx: Transaction) -> Operation:
        operation = self.operations.get(operation_id, tx=tx)
        if operation.site_id != site_id:
            raise OperationOfAnotherSite(operation_id, site_id=operation.site_id)
        return operation

    def _check_in_time(self, operation: Operation, *, tx: Transaction) -> None:
        """Refuse a report that comes too late to be true.

        The transaction is what makes this sure: whoever expires the operation, or frees the job
        for another site, writes to the operation that this report is about to write to.
        """
        is_over = operation.has_expired or (
            not operation.is_closed and operation.expire_time <= self.clock()
        )
        if operation.lease_seconds is not None and is_over:
            raise LeaseExpired(operation.id)
        if operation.claimed_job_id is not None and operation.is_closed:
            self._check_not_held_elsewhere(operation, operation.claimed_job_id, tx=tx)

    def _check_not_held_elsewhere(
        self, operation: Operation, job_id: str, *, tx: Transaction
    ) -> None:
        holder = self.jobs.find_exclusive_holder(job_id, tx=tx)
        if holder is not None and holder.site_id != operation.site_id:
            raise JobHeldElsewhere(operation.id, job_id=job_id, holder=holder.op_id)

    def _renewal(self, operation: Operation, *, lease_seconds: int | None) -> dict[str, Any]:
        """Return what a renewal changes, or raise that there is nothing to renew."""
        if operation.claimed_job_id is None:
            raise OperationIsNoClaim(operation.id)
        if operation.is_closed:
            raise OperationAlreadyDone(operation.id)
        return rules.renewal(operation, now=self.clock(), lease_seconds=lease_seconds)

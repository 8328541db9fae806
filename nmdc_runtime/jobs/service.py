"""What may be done with jobs, whoever asks: a route, an op, the command line."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.models import Job, JobClaim, WorkflowRef
from nmdc_runtime.jobs.store import JobStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.service import OperationService

#: How long a claim's operation is promised; the published 30 days.
CLAIM_PROMISE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobService:
    """Create, claim and release jobs."""

    jobs: JobStore
    operations: OperationService
    ids: IdService
    transactions: Transactions
    clock: Clock

    def get(self, job_id: str) -> Job:
        """Return the job, or raise `JobNotFound`."""
        return self.jobs.get(job_id)

    def prepare(self, *, workflow_id: str, config: dict[str, Any]) -> Job:
        """Return a job that is not stored yet, with an id of its own."""
        return Job(
            id=self.ids.mint_internal("jobs"),
            workflow=WorkflowRef(id=workflow_id),
            created_at=self.clock(),
            config=config,
        )

    def ensure(self, job: Job, *, tx: Transaction | None = None) -> tuple[Job, bool]:
        """Store the job unless its workflow has one for the same object; say whether it is new."""
        return self.jobs.ensure(job, tx=tx)

    def claim(self, job: Job, *, site_id: str, operation_id: str, tx: Transaction) -> Operation:
        """Record that the site takes the job: operation and claim, both or neither."""
        operation = self.operations.start_claim(
            operation_id,
            job={**job.model_dump(exclude={"claims"}), "claims": []},
            site_id=site_id,
            expire_time=self.clock() + CLAIM_PROMISE,
            tx=tx,
        )
        self.jobs.add_claim(job.id, JobClaim(op_id=operation_id, site_id=site_id), tx=tx)
        return operation

    def finish(
        self, job_id: str, *, operation_id: str, result: dict[str, Any], tx: Transaction
    ) -> bool:
        """Close the claim with its result; False if its operation was closed before."""
        if not self.operations.finish(operation_id, result=result, tx=tx):
            return False
        self.jobs.end_claim(job_id, operation_id=operation_id, cancelled=False, tx=tx)
        return True

    def give_up(
        self, job_id: str, *, operation_id: str, code: str, message: str, tx: Transaction
    ) -> bool:
        """Release the claim with the reason; False if its operation was closed before."""
        if not self.operations.cancel(operation_id, code=code, message=message, tx=tx):
            return False
        self.jobs.end_claim(job_id, operation_id=operation_id, cancelled=True, tx=tx)
        return True

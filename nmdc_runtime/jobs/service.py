"""What may be done with jobs, whoever asks: a route, an op, the command line."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, TypeAdapter
from pymongo.errors import PyMongoError

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.catalog.models import Workflow
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs import rules
from nmdc_runtime.jobs.errors import (
    CapabilityMissing,
    JobAlreadyClaimed,
    JobNotFound,
    JobsNotReleased,
)
from nmdc_runtime.jobs.ids_ahead import IdsAhead
from nmdc_runtime.jobs.models import Job, JobClaim, JobHistoryEntry, JobIn, WorkflowRef
from nmdc_runtime.jobs.store import JobStore
from nmdc_runtime.jobs.triggered import TriggeredJobs
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.sites.service import SiteService

logger = logging.getLogger(__name__)

#: Overdue operations that one round of housekeeping closes at most; the next goes on.
MOST_EXPIRED: Final = 500

#: How long operations stay where clients look for them when their time is over.
KEPT_AFTER_END: Final = timedelta(days=180)

#: A new job as it was answered, with what was not set left out.
_CREATED: Final = TypeAdapter(
    Annotated[Job, PlainSerializer(lambda job: job.model_dump(mode="json", exclude_unset=True))]
)
_CLAIMED: Final = TypeAdapter(Operation)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobService:
    """Create, claim and release jobs."""

    jobs: JobStore
    operations: OperationService
    catalog: CatalogService
    sites: SiteService
    ids: IdService
    operation_ids: IdsAhead
    transactions: Transactions
    idempotency: IdempotencyService
    audit: AuditService
    clock: Clock

    def get(self, job_id: str) -> Job:
        """Return the job, or raise `JobNotFound`."""
        return self.jobs.get(job_id)

    def history(self, job_id: str) -> list[JobHistoryEntry]:
        """Tell who did what with the job, oldest first; nothing that only admins may read."""
        self.jobs.get(job_id)
        return [
            JobHistoryEntry(
                at=record.at,
                action=record.action,
                by=record.site_id or record.username,
                operation_ids=[
                    target.removeprefix("operations/")
                    for target in record.targets
                    if target.startswith("operations/")
                ],
            )
            for record in self.audit.list_of(f"jobs/{job_id}")
        ]

    def create(self, wanted: JobIn, *, site_id: str, idempotency_key: str | None = None) -> Job:
        """Store a new job; of one workflow and stored object there is only one, which is returned.

        A repetition under its key gets the job of the first time.
        """
        sent = wanted.model_dump(exclude_unset=True)
        job = Job.model_validate(
            {**sent, "id": self.ids.mint_internal("jobs"), "created_at": self.clock()}
        )

        def create(tx: Transaction) -> Job:
            stored, is_new = self.jobs.ensure(job, tx=tx)
            if is_new:
                self.audit.record("create_job", f"jobs/{job.id}", after=job.model_dump(), tx=tx)
            return stored

        created, _ = self.idempotency.once(
            idempotency_key,
            caller=f"sites/{site_id}",
            route="create_job",
            request=wanted.model_dump(mode="json", exclude_unset=True),
            work=create,
            model=_CREATED,
        )
        return created

    def claim(
        self,
        job_id: str,
        *,
        site_id: str,
        lease_seconds: int | None = None,
        idempotency_key: str | None = None,
    ) -> Operation:
        """Return the operation to report on; a site that holds the job gets the one it has.

        Raises
        ------
        JobNotFound
            There is no such job.
        CapabilityMissing
            The job needs what the site cannot do.
        JobAlreadyClaimed
            The job, or its workflow, is exclusive, and another site holds it.
        """
        claim = JobClaim(op_id=self.operation_ids.take(), site_id=site_id)
        operation, _ = self.idempotency.once(
            idempotency_key,
            caller=f"sites/{site_id}",
            route="claim_job",
            request={"job_id": job_id, "lease_seconds": lease_seconds},
            work=lambda tx: self._claim(job_id, claim, lease_seconds=lease_seconds, tx=tx),
            model=_CLAIMED,
        )
        return rules.answer_of_claim(operation)

    def release(self, job_id: str, *, site_id: str) -> Job:
        """End all that the site has promised to do on the job, or raise `JobNotFound`.

        Its claims and operations end together; to release what one does not hold is no mistake.
        """

        def release(tx: Transaction) -> Job:
            how_many = self.operations.release(job_id=job_id, site_id=site_id, tx=tx)
            before = self.jobs.cancel_claims(job_id, site_id=site_id, tx=tx)
            if before is None and not how_many:
                return self.jobs.get(job_id, tx=tx)
            claims = self.jobs.claims_of(job_id, tx=tx) if before is None else before["claims"]
            held = rules.held_by(claims, site_id=site_id)
            if before is not None and len(held) == how_many:
                after = rules.released(claims, site_id=site_id, operation_ids=held)
                job = Job.model_validate({**before, "claims": after})
            else:
                # Older Runtimes left claims whose operation is closed, and operations without one.
                held = self.operations.list_cancelled_ids(job_id=job_id, site_id=site_id, tx=tx)
                after = rules.released(claims, site_id=site_id, operation_ids=held)
                job = self.jobs.put_claims(job_id, after, tx=tx)
            self.audit.record(
                "release_job",
                f"jobs/{job_id}",
                *(f"operations/{operation_id}" for operation_id in held),
                before={"claims": claims},
                after={"claims": after},
                tx=tx,
            )
            return job

        return self.transactions.run(release)

    def release_many(self, job_ids: Iterable[str], *, site_id: str) -> list[Job]:
        """Release each of the jobs that there are, once, one after another.

        Raise `JobsNotReleased`, which tells what was released before, if MongoDB refuses one.
        """
        released: list[Job] = []
        for job_id in dict.fromkeys(job_ids):
            try:
                released.append(self.release(job_id, site_id=site_id))
            except JobNotFound:
                continue
            except PyMongoError as error:
                logger.exception("job not released", extra={"job_id": job_id})
                raise JobsNotReleased(job_id, released=released) from error
        return released

    def expire_claims(self) -> int:
        """Close the operations whose time is over and free their jobs; return how many.

        Safe if several processes do it at once, and if holders report meanwhile: each operation
        is closed together with its claim, by one of them.
        """
        now = self.clock()
        return self.expire(self.operations.list_overdue_ids(now=now, most=MOST_EXPIRED))

    def expire(self, operation_ids: Iterable[str]) -> int:
        """Close those of the operations whose time is over; return how many: `expire_claims`."""
        return sum(self.transactions.run(partial(self._expire, op_id)) for op_id in operation_ids)

    def archive_ended(self) -> int:
        """Put operations away whose time was over long ago; return how many, of so many at most."""
        before, most = self.clock() - KEPT_AFTER_END, MOST_EXPIRED
        return self.transactions.run(
            lambda tx: self.operations.archive(ended_before=before, most=most, tx=tx)
        )

    @property
    def triggered(self) -> TriggeredJobs:
        """What finds jobs that objects ask for."""
        return TriggeredJobs(jobs=self.jobs, catalog=self.catalog)

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

    def record_claim(
        self, job: Job, *, site_id: str, operation_id: str, tx: Transaction
    ) -> Operation:
        """Record that the site takes a job that it has made itself, as part of something larger."""
        operation = self._start(job, site_id=site_id, operation_id=operation_id, tx=tx)
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

    def find_exclusive_holder(self, job_id: str, *, tx: Transaction) -> JobClaim | None:
        """Return the claim that holds the job for its site alone, if one does."""
        job = self.jobs.find(job_id, tx=tx)
        if job is None:
            return None
        is_exclusive = _is_exclusive(job, self.catalog.find_workflow(job.workflow.id))
        holder = self._holder(job, site_id="", operation_id="", is_exclusive=is_exclusive, tx=tx)
        return None if holder is None else holder[0]

    def end_claim(self, operation: Operation, *, tx: Transaction) -> None:
        """End the claim that the operation tracks, if it tracks one: the work is done."""
        if operation.claimed_job_id is not None:
            self.jobs.end_claim(
                operation.claimed_job_id, operation_id=operation.id, cancelled=False, tx=tx
            )

    def _claim(
        self, job_id: str, claim: JobClaim, *, lease_seconds: int | None, tx: Transaction
    ) -> Operation:
        taken = self.jobs.take(job_id, claim, tx=tx)
        job = taken or self.jobs.get(job_id, tx=tx)
        workflow = self.catalog.find_workflow(job.workflow.id)
        self._check_capabilities(job, workflow, site_id=claim.site_id)
        holder = self._holder(
            job,
            site_id=claim.site_id,
            operation_id=claim.op_id,
            is_exclusive=_is_exclusive(job, workflow),
            tx=tx,
        )
        if holder is not None:
            held_claim, held = holder
            if held_claim.site_id != claim.site_id:
                raise JobAlreadyClaimed(job_id, operation_id=held.id, site_id=held_claim.site_id)
            if lease_seconds is None:
                return held
            renewal = rules.renewal(held, now=self.clock(), lease_seconds=lease_seconds)
            renewed = self.operations.change(held.id, renewal, tx=tx)
            self.audit.record(
                "renew_claim",
                *rules.targets_of(held),
                before=held.model_dump(),
                after=renewed.model_dump(),
                tx=tx,
            )
            return renewed
        if taken is None:
            # What was in the way has been ended in this transaction, which therefore has the job
            # for itself: whoever else writes to it starts again.
            self.jobs.add_claim(job_id, claim, tx=tx)
        operation = self._start(
            job,
            site_id=claim.site_id,
            operation_id=claim.op_id,
            lease_seconds=lease_seconds,
            tx=tx,
        )
        self.audit.record(
            "claim_job",
            *rules.targets_of(operation),
            after=operation.model_dump(),
            details=None if lease_seconds is None else {"lease_seconds": lease_seconds},
            tx=tx,
        )
        return operation

    def _holder(
        self, job: Job, *, site_id: str, operation_id: str, is_exclusive: bool, tx: Transaction
    ) -> tuple[JobClaim, Operation] | None:
        """Return who stands in the way of this claim, if anybody really does.

        What a claim says is not enough: its operation may be done, gone, past its time, or never
        have been of this claim (jobs are created with what claims a client sends). Such claims
        are ended here.
        """
        for claim in rules.in_the_way(
            job.claims, site_id=site_id, operation_id=operation_id, is_exclusive=is_exclusive
        ):
            held = self.operations.find(claim.op_id, tx=tx)
            if held is not None and not rules.tracks(held, claim, job_id=job.id):
                held = None
            if held is not None and held.is_live(self.clock()):
                return claim, held
            if held is None or not self._expire(claim.op_id, tx):
                is_cancelled = held is None or held.facts.get("cancelled") is True
                self.jobs.end_claim(job.id, operation_id=claim.op_id, cancelled=is_cancelled, tx=tx)
        return None

    def _start(
        self,
        job: Job,
        *,
        site_id: str,
        operation_id: str,
        lease_seconds: int | None = None,
        tx: Transaction,
    ) -> Operation:
        return self.operations.start_claim(
            operation_id,
            job=rules.embedded(job),
            site_id=site_id,
            expire_time=rules.promised_until(self.clock(), lease_seconds),
            lease_seconds=lease_seconds,
            tx=tx,
        )

    def _expire(self, operation_id: str, tx: Transaction) -> bool:
        """Close the operation if its time is over, and end its claim; say whether it was."""
        if not self.operations.expire(operation_id, now=self.clock(), tx=tx):
            return False
        operation = self.operations.get(operation_id, tx=tx)
        job_id = operation.claimed_job_id
        if job_id is not None:
            self.jobs.end_claim(job_id, operation_id=operation_id, cancelled=True, tx=tx)
        targets = rules.targets_of(operation)
        self.audit.record("expire_claim", *targets, after=operation.model_dump(), tx=tx)
        return True

    def _check_capabilities(self, job: Job, workflow: Workflow | None, *, site_id: str) -> None:
        needs = [*(job.workflow.capability_ids or ())]
        needs += (workflow.capability_ids if workflow else None) or ()
        if not needs:
            return
        missing = rules.missing_capability(needs, has=self.sites.get(site_id).capability_ids)
        if missing is not None:
            raise CapabilityMissing(missing)


def _is_exclusive(job: Job, workflow: Workflow | None) -> bool:
    return bool(job.exclusive) or (workflow is not None and bool(workflow.exclusive))

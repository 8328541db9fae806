"""What may be done with operations, whoever asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.mongo.filters import parse_filter
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.operations.models import CANCELLED, EXPIRED, JOB_CLAIM_MODEL, Operation
from nmdc_runtime.operations.store import OperationStore

#: What the metadata of an operation says that came to nothing.
GIVEN_UP = {"cancelled": True, "done": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationService:
    """Start, look up, change and close operations."""

    operations: OperationStore
    clock: Clock

    def get(self, operation_id: str, *, tx: Transaction | None = None) -> Operation:
        """Return the operation, or raise `OperationNotFound`."""
        return self.operations.get(operation_id, tx=tx)

    def find(self, operation_id: str, *, tx: Transaction | None = None) -> Operation | None:
        """Return the operation of this id."""
        return self.operations.find(operation_id, tx=tx)

    def list_cancelled_ids(self, *, job_id: str, site_id: str, tx: Transaction) -> list[str]:
        """Return the operations of a site on a job that came to nothing."""
        return self.operations.list_cancelled_ids(job_id=job_id, site_id=site_id, tx=tx)

    def list_overdue_ids(self, *, now: datetime, most: int) -> list[str]:
        """Return open operations whose time is over, the oldest first."""
        return self.operations.list_overdue_ids(now=now, most=most)

    def iterate_live_claims(self, *, site_id: str, workflow_id: str) -> Iterator[Operation]:
        """Yield the operations of claims that the site holds now on jobs of the workflow."""
        return self.operations.iterate_live_claims(
            site_id=site_id, workflow_id=workflow_id, now=self.clock()
        )

    def list_matching(self, filter_: str, *, most: int) -> list[Operation]:
        """Return operations that a filter as `GET /operations` takes it matches, so many at most.

        Raise `FilterRefused` if it is none.
        """
        wanted = parse_filter(filter_)
        return [] if wanted is None else self.operations.list_matching(wanted, most=most)

    def archive(self, *, ended_before: datetime, most: int, tx: Transaction) -> int:
        """Put expired claims and settled uploads away whose time was over then; return how many."""
        return self.operations.archive(ended_before=ended_before, most=most, tx=tx)

    def start_claim(
        self,
        operation_id: str,
        *,
        job: dict[str, Any],
        site_id: str,
        expire_time: datetime,
        lease_seconds: int | None = None,
        tx: Transaction,
    ) -> Operation:
        """Record that a site has promised to do a job, for good or as long as it renews."""
        lease = {} if lease_seconds is None else {"lease_seconds": lease_seconds}
        operation = Operation(
            id=operation_id,
            expire_time=expire_time,
            metadata={
                "model": JOB_CLAIM_MODEL,
                "cancelled": None,
                "job": job,
                "site_id": site_id,
                **lease,
            },
        )
        self.operations.add(operation, tx=tx)
        return operation

    def change(
        self, operation_id: str, changes: Mapping[str, Any], *, tx: Transaction
    ) -> Operation:
        """Set attributes that were decided on in this transaction."""
        return self.operations.change(operation_id, changes, tx=tx)

    def finish(self, operation_id: str, *, result: dict[str, Any], tx: Transaction) -> bool:
        """Close the operation with its result; False if it was closed before."""
        done_at = {"done_at": as_text(self.clock())}
        return self.operations.mark_done(operation_id, result=result, metadata=done_at, tx=tx)

    def cancel(self, operation_id: str, *, code: str, message: str, tx: Transaction) -> bool:
        """Close the operation as one that came to nothing; False if it was closed before."""
        return self.operations.mark_done(
            operation_id, result={"code": code, "message": message}, metadata=GIVEN_UP, tx=tx
        )

    def release(self, *, job_id: str, site_id: str, tx: Transaction) -> int:
        """Close all that the site has promised to do on the job, which it has given back."""
        return self.operations.mark_all_done(
            job_id=job_id,
            site_id=site_id,
            result={"code": CANCELLED, "message": "the site released the job"},
            metadata=GIVEN_UP,
            tx=tx,
        )

    def expire(self, operation_id: str, *, now: datetime, tx: Transaction) -> bool:
        """Close the operation if it is open and its time is over; False if it is not."""
        message = f"not renewed and not done by {as_text(now)}"
        return self.operations.mark_expired(
            operation_id,
            now=now,
            result={"code": EXPIRED, "message": message},
            metadata=GIVEN_UP,
            tx=tx,
        )

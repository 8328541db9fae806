"""What may be done with operations, whoever asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.operations.models import JOB_CLAIM_MODEL, Operation
from nmdc_runtime.operations.store import OperationStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationService:
    """Start, look up and close operations."""

    operations: OperationStore
    clock: Clock

    def get(self, operation_id: str, *, tx: Transaction | None = None) -> Operation:
        """Return the operation, or raise `OperationNotFound`."""
        return self.operations.get(operation_id, tx=tx)

    def start_claim(
        self,
        operation_id: str,
        *,
        job: dict[str, Any],
        site_id: str,
        expire_time: datetime,
        tx: Transaction,
    ) -> Operation:
        """Record that a site has promised to do a job."""
        operation = Operation(
            id=operation_id,
            expire_time=expire_time,
            metadata={
                "model": JOB_CLAIM_MODEL,
                "cancelled": None,
                "job": job,
                "site_id": site_id,
            },
        )
        self.operations.add(operation, tx=tx)
        return operation

    def finish(self, operation_id: str, *, result: dict[str, Any], tx: Transaction) -> bool:
        """Close the operation with its result; False if it was closed before."""
        done_at = {"done_at": as_text(self.clock())}
        return self.operations.mark_done(operation_id, result=result, metadata=done_at, tx=tx)

    def cancel(self, operation_id: str, *, code: str, message: str, tx: Transaction) -> bool:
        """Close the operation as one that came to nothing; False if it was closed before."""
        return self.operations.mark_done(
            operation_id,
            result={"code": code, "message": message},
            metadata={"cancelled": True, "done": True},
            tx=tx,
        )

"""Jobs that go together with the workflow executions that they were to make."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from nmdc_runtime.jobs.store import JobStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.operations.models import CANCELLED
from nmdc_runtime.operations.service import OperationService


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRemoval:
    """Remove jobs, as a part of something larger."""

    jobs: JobStore
    operations: OperationService

    def find_by_activity(self, activity_ids: Collection[str], *, tx: Transaction) -> list[Document]:
        """Return the jobs, as they are stored, whose ``config`` names one of these activities."""
        return self.jobs.find_by_activity(activity_ids, tx=tx)

    def remove(self, jobs: Iterable[Document], *, reason: str, tx: Transaction) -> None:
        """Remove these jobs, and close the operations by which sites still hold them.

        A site that reports later is told that its operation was cancelled, and why; left open it
        would promise work that nobody can do any more.
        """
        job_ids = []
        for job in jobs:
            job_ids.append(job["id"])
            for claim in job.get("claims") or []:
                # One that is closed already stays as it is.
                self.operations.cancel(claim["op_id"], code=CANCELLED, message=reason, tx=tx)
        self.jobs.remove(job_ids, tx=tx)

"""What the Runtime's own site promises beyond submissions: jobs that objects ask for by their type.

Submissions are claimed with their job and launched by the hub. All other jobs of the same workflows
are claimed here, as any site would, and brought to an end by runs that sensors ask for.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from pydantic import ValidationError

from nmdc_runtime.kernel.audit import Call, serving
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.submissions.applying import Applier
from nmdc_runtime.submissions.models import Claimed, PromisedWork
from nmdc_runtime.submissions.rules import (
    MOST_ATTEMPTS,
    after_failed_attempt,
    failed_attempts,
    object_of,
)
from nmdc_runtime.submissions.store import SubmissionStore

logger = logging.getLogger(__name__)

#: Jobs that are looked at in one go: those that cannot be claimed must not hide the others.
MOST_EXAMINED: Final = 500
#: Operations that are looked up in one go.
AT_ONCE: Final = 200

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaims:
    """Claims jobs for the own site, says what is to be run, and counts attempts."""

    submissions: SubmissionStore
    applier: Applier
    site_id: str

    def list_promised(self, workflow_id: str, *, most: int) -> list[PromisedWork]:
        """Return what the site holds of the workflow and nobody launches: not the hub's.

        A claim on a job that names no object can never be run: it is given up.
        """
        found: list[PromisedWork] = []
        live = self.applier.operations.iterate_live_claims(
            site_id=self.site_id, workflow_id=workflow_id
        )
        for batch in _batches(live):
            launched = self.submissions.find_operation_ids(each.id for each in batch)
            for operation in batch:
                if operation.id in launched:
                    continue
                object_id = object_of(operation)
                if object_id is None:
                    self.applier.give_up(operation, reason="the job names no object")
                    continue
                found.append(
                    PromisedWork(
                        operation_id=operation.id,
                        job_id=str(operation.claimed_job_id),
                        object_id=object_id,
                        attempt=failed_attempts(operation) + 1,
                    )
                )
                if len(found) == most:
                    return found
        return found

    def claim_new(self, workflow_id: str, *, most: int) -> Claimed:
        """Claim jobs of the workflow that the site never claimed, the oldest first.

        What was given up or released is not claimed again: whoever wants it tried once more
        claims it for the site. A job that cannot be claimed stops none of the others.
        """
        jobs = self.applier.jobs
        candidates = jobs.jobs.iterate_unclaimed_by(site_id=self.site_id, workflow_id=workflow_id)
        claimed, refusals = 0, []
        with serving(Call(site_id=self.site_id)):
            for job_id, object_id in islice(candidates, MOST_EXAMINED):
                if claimed == most:
                    break
                if not isinstance(object_id, str):
                    refusals.append(f"{job_id} names no object")
                    continue
                try:
                    jobs.claim(job_id, site_id=self.site_id)
                except (NmdcError, ValidationError) as refusal:
                    refusals.append(f"{job_id} not claimed: {refusal}")
                else:
                    claimed += 1
        return Claimed(how_many=claimed, refusals=refusals)

    def record_failed_run(
        self, operation_id: str, *, attempt: int, reason: str, is_final: bool
    ) -> str:
        """Record that a run for an operation came to nothing; return what that means for it.

        It is tried again, some times, unless the failure is final. Asking again changes nothing.
        """
        if self.applier.journal.journals.exists(operation_id):
            return f"{operation_id} goes on: it is brought to an end without its run"
        operations = self.applier.operations

        def record(tx: Transaction) -> Operation | None:
            operation = operations.find(operation_id, tx=tx)
            if operation is None or operation.is_closed or is_final:
                return operation
            if failed_attempts(operation) >= attempt:
                return operation
            facts = after_failed_attempt(operation, attempt=attempt, reason=reason)
            return operations.change(operation_id, {"metadata": facts}, tx=tx)

        operation = self.applier.transactions.run(record)
        if operation is None:
            return f"no operation has the id {operation_id}"
        if operation.is_closed:
            return f"{operation_id} is closed all the same"
        if is_final or failed_attempts(operation) >= MOST_ATTEMPTS:
            self.applier.give_up(operation, reason=reason)
            return f"{operation_id} is given up: {reason}"
        return f"{operation_id} will be tried again: {reason}"


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch

"""Handing a submission to Dagster: once, however often it is tried, and told if that fails."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pymongo.errors import PyMongoError

from nmdc_runtime.clients.dagster import (
    RUN_ID_TAG,
    Orchestrator,
    OrchestratorUnavailable,
    RunRefused,
)
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.plans.models import PlanRecord, PlanStatus
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.runs.reconciling import ending_of
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.submissions.applying import Applier, targets_of
from nmdc_runtime.submissions.errors import SubmissionNotStarted
from nmdc_runtime.submissions.models import Submission, SubmissionStatus
from nmdc_runtime.submissions.rules import OPERATION_ID_TAG, PIPELINES
from nmdc_runtime.submissions.store import SubmissionStore

logger = logging.getLogger(__name__)

#: Submissions that are looked at in one go.
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Gives submissions to Dagster.

    Parameters
    ----------
    look_after
        How long nothing must have been heard of a submission for it to be looked up.
    """

    submissions: SubmissionStore
    plans: PlanService
    jobs: JobService
    runs: RunService
    ids: IdService
    orchestrator: Orchestrator
    transactions: Transactions
    applier: Applier
    audit: AuditTrail
    clock: Clock
    site_id: str
    look_after: timedelta

    def is_in_good_hands(self, submission: Submission) -> bool:
        """Say whether there is nothing to launch: the work is done, or Dagster is at it.

        Writes nothing: the transaction that does the work ends with a write to the submission,
        and clients that send again all the time would make it conflict for ever.
        """
        if submission.status is not SubmissionStatus.RUNNING:
            return submission.status is SubmissionStatus.COMPLETE
        if self.applier.is_large(submission):
            return True  # begun: it is brought to an end without its run, if that is dead
        try:
            return self._find_live_run(submission) is not None
        except OrchestratorUnavailable:
            return True  # it has the run; whether that lives, nobody can say just now

    def launch(self, submission_id: str, *, is_waiting: bool = False) -> None:
        """Give the submission's run to Dagster, unless it has it or somebody is just doing so.

        Parameters
        ----------
        is_waiting
            If Dagster cannot be reached, the submission goes on waiting for it: nobody who is
            told of a failure would send it again. Else that is recorded as a failure.
        """
        submission = self.submissions.take_launch(submission_id, now=self.clock())
        if submission is None:
            return
        requested_at = self.runs.now_text()
        try:
            if submission.status is SubmissionStatus.FAILED:
                # Its claim was given up: a run that lives all the same has nothing to do any more.
                dagster_run_id = None
            else:
                dagster_run_id = self._find_live_run(submission)
            if dagster_run_id is None:
                if submission.status is not SubmissionStatus.PENDING:
                    submission = self._reopen(submission)
                dagster_run_id = self._ask_for_run(submission)
        except (OrchestratorUnavailable, RunRefused) as refusal:
            if not (is_waiting and isinstance(refusal, OrchestratorUnavailable)):
                self._record_failure(submission, reason=str(refusal), attempt=requested_at)
            raise SubmissionNotStarted(
                submission.id,
                workflow_id=PIPELINES[submission.kind].workflow_id,
                reason=str(refusal),
            ) from refusal
        self.runs.record_started(submission.id, dagster_run_id=dagster_run_id, time=requested_at)
        self.submissions.mark_running(
            submission.id, dagster_run_id=dagster_run_id, now=self.clock()
        )

    def end_silent(self) -> int:
        """Fail submissions whose run Dagster has lost, or ended without telling; count them.

        The sensors of the workspace tell of failed runs; this is for what they miss, such as a
        run that went with Dagster's own database. While Dagster cannot be asked, nothing is done.
        """
        ended = 0
        since = self.clock() - self.look_after
        for submission in self.submissions.list_silent(since=since, most=AT_ONCE):
            if self.applier.is_large(submission):
                continue  # it is brought to an end without its run
            tags = {RUN_ID_TAG: submission.id, OPERATION_ID_TAG: submission.operation_id}
            try:
                ending = ending_of(self.orchestrator.find_run(tags))
            except OrchestratorUnavailable:
                break
            # A run that ends well has closed its submission before: there is nothing to add.
            if ending is not None and ending.kind is RunEventType.FAIL:
                attempt = submission.dagster_run_id or submission.operation_id
                self.applier.fail(submission, reason=ending.reason, attempt=attempt)
                ended += 1
        return ended

    def _find_live_run(self, submission: Submission) -> str | None:
        """Return the Dagster run that has, or will have, this attempt's work done.

        An answer of Dagster's may have been lost: asking again without looking would run twice.
        Runs of earlier attempts, which Dagster may try once more by itself, do not count.
        """
        found = self.orchestrator.find_run(
            {RUN_ID_TAG: submission.id, OPERATION_ID_TAG: submission.operation_id}
        )
        return found.run_id if found is not None and not found.has_failed else None

    def _ask_for_run(self, submission: Submission) -> str:
        pipeline = PIPELINES[submission.kind]
        config = pipeline.run_config(
            object_id=submission.object_id, operation_id=submission.operation_id
        )
        try:
            return self.orchestrator.launch(pipeline.dagster_job, config, _tags_of(submission))
        except OrchestratorUnavailable:
            # It may have the run all the same: only its answer was lost, or was not about the run.
            dagster_run_id = self._find_live_run(submission)
            if dagster_run_id is None:
                raise
            return dagster_run_id

    def _reopen(self, submission: Submission) -> Submission:
        """Claim the job anew for another attempt: the last attempt's claim is given up."""
        operation_id = self.ids.mint_internal("op")
        reopened = submission.model_copy(update={"operation_id": operation_id})

        def reopen(tx: Transaction) -> None:
            job = self.jobs.jobs.get(submission.job_id, tx=tx)
            self.jobs.give_up(
                job.id,
                operation_id=submission.operation_id,
                code="RETRIED",
                message="another attempt was started",
                tx=tx,
            )
            self.jobs.record_claim(job, site_id=self.site_id, operation_id=operation_id, tx=tx)
            self.submissions.mark_reopened(
                submission.id, operation_id=operation_id, now=self.clock(), tx=tx
            )
            self.plans.plans.put(plan_of(reopened), tx=tx)
            self.audit.record("retry_submission", *targets_of(reopened), tx=tx)

        self.transactions.run(reopen)
        return reopened

    def _record_failure(self, submission: Submission, *, reason: str, attempt: str) -> None:
        try:
            self.applier.fail(submission, reason=reason, attempt=attempt)
        except PyMongoError:
            # MongoDB went away as well: the lease ends by itself, and the next try goes on.
            logger.exception("failure not recorded", extra={"run_id": submission.id})


def plan_of(submission: Submission) -> PlanRecord:
    """Return what is told of the submission until its plan is applied."""
    return PlanRecord(
        id=submission.id,
        kind=submission.kind,
        status=PlanStatus.ACCEPTED,
        username=submission.username,
        operation_id=submission.operation_id,
        object_id=submission.object_id,
        created_at=submission.created_at,
    )


def _tags_of(submission: Submission) -> dict[str, str]:
    """Return the tags by which the Dagster run tells whom it serves."""
    return {
        RUN_ID_TAG: submission.id,
        "nmdc/workflow_id": PIPELINES[submission.kind].workflow_id,
        "nmdc/job_id": submission.job_id,
        OPERATION_ID_TAG: submission.operation_id,
        "nmdc/object_id": submission.object_id,
        "nmdc/launched_by": "hub",
    }

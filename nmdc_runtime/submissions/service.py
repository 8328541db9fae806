"""What may be done with submissions, whoever asks: accept, hand to Dagster, apply."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.objects.service import GRIDFS_SHOULDER, ObjectService
from nmdc_runtime.plans.describing import describe_parts
from nmdc_runtime.plans.models import Plan, PlanKind, PlanRecord, PlanSummary
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.runs.models import JobRef
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.schema.reader import read_batches
from nmdc_runtime.submissions.applying import Applier, Work, targets_of
from nmdc_runtime.submissions.changesheets import ChangesheetService
from nmdc_runtime.submissions.errors import IdempotencyKeyReused, SubmissionNotStarted
from nmdc_runtime.submissions.launching import Launcher, plan_of
from nmdc_runtime.submissions.models import Submission, SubmissionStatus
from nmdc_runtime.submissions.own_claims import OwnClaims
from nmdc_runtime.submissions.rules import PIPELINES, fingerprint_of
from nmdc_runtime.submissions.store import SubmissionStore

logger = logging.getLogger(__name__)

#: How long after its completion the same bytes count as sent again for a lost answer.
REPEAT_WINDOW = timedelta(hours=1)
#: How far the clocks of two machines may differ.
CLOCK_SKEW = timedelta(seconds=10)
#: How long the commands of a sheet may be to stand in the operation's result.
MOST_COMMAND_TEXT = 4_000_000
LEFT_OUT = "too long to stand here: the submission has all changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionService:
    """Accept metadata, hand it to Dagster, and apply it when the run asks for it."""

    submissions: SubmissionStore
    metadata: MetadataService
    plans: PlanService
    changesheets: ChangesheetService
    objects: ObjectService
    jobs: JobService
    runs: RunService
    ids: IdService
    catalog: CatalogService
    transactions: Transactions
    applier: Applier
    launcher: Launcher
    audit: AuditTrail
    clock: Clock
    site_id: str

    @property
    def own_claims(self) -> OwnClaims:
        """What the own site has claimed beyond submissions."""
        return OwnClaims(submissions=self.submissions, applier=self.applier, site_id=self.site_id)

    def find(
        self,
        body: bytes,
        *,
        username: str,
        idempotency_key: str | None = None,
        kind: PlanKind = PlanKind.JSON,
    ) -> Submission | None:
        """Return the submission that the same bytes by the same caller belong to, if any.

        Raise `IdempotencyKeyReused` if the key came with other bytes before.
        """
        fingerprint = fingerprint_of(username, body, kind=kind)
        if idempotency_key is not None:
            key = f"{username}/{idempotency_key}"
            known = self.submissions.find_by_idempotency_key(key)
            if known is not None and known.fingerprint != fingerprint:
                raise IdempotencyKeyReused(idempotency_key, run_id=known.id)
            if known is not None:
                return known
        known = self.submissions.find_open(fingerprint)
        if known is None and kind is PlanKind.JSON:
            known = self._find_repeated(fingerprint, body)
        return known

    def submit(
        self,
        body: bytes,
        *,
        username: str,
        idempotency_key: str | None = None,
    ) -> str:
        """Check and keep the documents, start their run, and return the run's id.

        The same bytes by the same caller go on as the submission they were, until it is
        complete, and after that while nobody else writes the same documents. Raise
        `MetadataInvalid` with all problems, or `SubmissionNotStarted` if the submission is kept
        but Dagster did not take its run.
        """
        known = self.find(body, username=username, idempotency_key=idempotency_key)
        if known is None:
            self.metadata.check(body)
            sent = StoredFile(name="", content_type="application/json", content=body)
            known = self._accept(
                sent, kind=PlanKind.JSON, username=username, idempotency_key=idempotency_key
            )
        if not self.launcher.is_in_good_hands(known):
            self.launcher.launch(known.id)
        return known.id

    def preview(self, body: bytes) -> PlanSummary:
        """Check documents, and return what submitting them would do now; nothing is stored.

        Raise `MetadataInvalid` with all problems.
        """
        self.metadata.check(body)
        registry = self.metadata.registry

        def parts(tx: Transaction) -> Iterator[Plan]:
            whole: dict[str, list[Document]] = {}
            for key, _, value in read_batches(body):
                if not isinstance(value, list):
                    continue
                if key in registry.collections_with_id:
                    yield self.plans.plan_documents({key: value}, tx=tx)
                else:  # like ones are counted: all have to be there at once
                    whole.setdefault(key, []).extend(value)
            yield self.plans.plan_documents(whole, tx=tx)

        return self.transactions.run(lambda tx: describe_parts(parts(tx), registry=registry))

    def submit_changesheet(
        self,
        sheet: StoredFile,
        *,
        username: str,
        idempotency_key: str | None = None,
    ) -> Document:
        """Keep a sheet that was found good, start its run, and return the object that holds it.

        The same bytes by the same caller go on as the submission they were until it is complete.
        If Dagster does not take the run now, the hub tries again by itself.
        """
        kind = PlanKind.CHANGESHEET
        known = self.find(
            sheet.content, username=username, idempotency_key=idempotency_key, kind=kind
        )
        if known is None:
            known = self._accept(
                sheet, kind=kind, username=username, idempotency_key=idempotency_key
            )
        if not self.launcher.is_in_good_hands(known):
            try:
                self.launcher.launch(known.id, is_waiting=True)
            except SubmissionNotStarted:
                logger.warning("changesheet waits for Dagster", extra={"run_id": known.id})
        return self.objects.get(known.object_id)

    def apply(
        self, operation_id: str, documents: dict[str, Any], *, dagster_run_id: str
    ) -> dict[str, Any]:
        """Write the documents that the operation promised; see `Applier.apply`."""
        return self.applier.apply(operation_id, documents, dagster_run_id=dagster_run_id)

    def apply_changesheet(
        self, operation_id: str, sheet: StoredFile, *, dagster_run_id: str
    ) -> dict[str, Any]:
        """Make the changes of the sheet that the operation promised, as `Applier.apply` writes.

        The sheet is rehearsed once more in the transaction that makes its changes: they are right
        for the documents as they are then. Return the operation's result. Raise `SheetRefused` or
        `ChangesheetInvalid`; that is recorded as FAIL.
        """
        commands: dict[str, Any] = {}

        def plan(tx: Transaction) -> Plan:
            rehearsal = self.changesheets.rehearse(sheet, tx=tx)
            text = to_json(rehearsal.update_cmd).decode()
            # The whole operation must fit into one document of MongoDB's, of 16 MB.
            fits = len(text) <= MOST_COMMAND_TEXT
            commands["update_cmd"] = text if fits else LEFT_OUT
            return rehearsal.plan()

        def prepare() -> Work:
            return Work(kind=PlanKind.CHANGESHEET, plan=plan, result=lambda _: dict(commands))

        return self.applier.do(operation_id, prepare, dagster_run_id=dagster_run_id)

    def find_plan(self, operation_id: str) -> PlanRecord | None:
        """Return the record of what was done for an operation, if anything was."""
        submission = self.submissions.find_by_operation(operation_id)
        # Without a submission, the plan is named like its operation: see `Applier`.
        return self.plans.plans.find(submission.id if submission else operation_id)

    def record_dead_run(
        self, run_id: str, *, operation_id: str | None, reason: str, dagster_run_id: str
    ) -> None:
        """Record that a Dagster run ended without its work done, and release its claim.

        A submission that is complete stays so, and one that another attempt has taken up since
        is left to that attempt.
        """
        submission = self.submissions.find(run_id)
        if submission is None:
            self.runs.record_failed(run_id, reason=reason, attempt=dagster_run_id)
        elif (
            submission.operation_id == operation_id
            and submission.status is not SubmissionStatus.COMPLETE
            and not self.applier.is_large(submission)
        ):
            self.applier.fail(submission, reason=reason, attempt=dagster_run_id)

    def resume_abandoned(self) -> int:
        """Launch submissions whose process died between accepting and launching; count them."""
        abandoned = self.submissions.list_abandoned(now=self.clock())
        for submission in abandoned:
            try:
                self.launcher.launch(
                    submission.id, is_waiting=submission.kind is PlanKind.CHANGESHEET
                )
            except SubmissionNotStarted:
                logger.warning("submission not resumed", extra={"run_id": submission.id})
        return len(abandoned)

    def _find_repeated(self, fingerprint: str, body: bytes) -> Submission | None:
        """Return the completed submission that the same bytes would only repeat.

        Clients that lose an answer send again, maybe when the work is done. If nobody has written
        the same documents since, doing it again would change nothing but dates.
        """
        done = self.submissions.find_completed(fingerprint, since=self.clock() - REPEAT_WINDOW)
        if done is None or self.metadata.has_later_writes(
            body, than_of=done.operation_id, since=done.updated_at - CLOCK_SKEW
        ):
            return None
        return done

    def _accept(
        self, sent: StoredFile, *, kind: PlanKind, username: str, idempotency_key: str | None
    ) -> Submission:
        pipeline = PIPELINES[kind]
        kept = self.objects.keep(
            local_part(self.ids.mint_internal(pipeline.namespace, shoulder=GRIDFS_SHOULDER)),
            sent,
            description=pipeline.description,
            username=username,
        )
        wanted = self.jobs.prepare(workflow_id=pipeline.workflow_id, config={"object_id": kept.id})
        run_id, operation_id = self.ids.mint_internal("runs"), self.ids.mint_internal("op")
        workflow = self.catalog.get_workflow(pipeline.workflow_id)
        now = self.clock()
        key = None if idempotency_key is None else f"{username}/{idempotency_key}"

        def accept(tx: Transaction) -> Submission:
            job, _ = self.jobs.ensure(wanted, tx=tx)
            submission = Submission(
                id=run_id,
                kind=kind,
                fingerprint=fingerprint_of(username, sent.content, kind=kind),
                idempotency_key=key,
                username=username,
                object_id=kept.id,
                job_id=job.id,
                operation_id=operation_id,
                created_at=now,
                updated_at=now,
            )
            self.submissions.add(submission, tx=tx)
            self.plans.plans.put(plan_of(submission), tx=tx)
            if pipeline.types:
                self.objects.objects.set_types(kept.id, pipeline.types, at=now, tx=tx)
            self.jobs.record_claim(job, site_id=self.site_id, operation_id=operation_id, tx=tx)
            self.runs.record_requested(
                run_id,
                job=JobRef(id=pipeline.workflow_id, description=workflow.description),
                username=username,
                run_config=pipeline.run_config(object_id=kept.id, operation_id=operation_id),
                inputs=[f"/objects/{kept.id}"],
                tx=tx,
            )
            self.audit.record(pipeline.audit_action, *targets_of(submission), tx=tx)
            return submission

        try:
            return self.transactions.run(accept)
        except DuplicateKeyError:
            # The same bytes came in twice at once; the other request was first.
            twin = self.find(
                sent.content, username=username, idempotency_key=idempotency_key, kind=kind
            )
            if twin is None:
                raise
            return twin

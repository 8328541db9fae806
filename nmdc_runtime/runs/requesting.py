"""Starting runs: remember what is asked for, hand it to Dagster once, record what it says."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.clients.dagster import (
    RUN_ID_TAG,
    Orchestrator,
    OrchestratorUnavailable,
    RunRefused,
)
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.runs.errors import (
    OperationOver,
    OperationUnfit,
    RunConfigRefused,
    RunNotStarted,
)
from nmdc_runtime.runs.models import JobRef, RunIn, RunRequest, RunSummary
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.runs.store import RunRequestStore
from nmdc_runtime.runs.workflows import (
    METADATA_IN,
    OBJECT_ID,
    OPERATION_ID,
    Runnable,
    completed,
    get_runnable,
    value_at,
)

logger = logging.getLogger(__name__)

ROUTE: Final = "POST /runs"
#: How long one process may be busy with Dagster before another may try.
LAUNCH_LEASE: Final = timedelta(minutes=2)
_RUN_ID: Final = TypeAdapter(str)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequestService:
    """Start runs of the workflows that can be started.

    Parameters
    ----------
    look_after
        How long nothing is heard of a run before it is looked up in Dagster.
    site_id
        The Runtime's own site, in whose name runs work.
    """

    requests: RunRequestStore
    runs: RunService
    operations: OperationService
    catalog: CatalogService
    ids: IdService
    idempotency: IdempotencyService
    orchestrator: Orchestrator
    audit: AuditTrail
    clock: Clock
    look_after: timedelta
    site_id: str

    def start(
        self, workflow_id: str, asked: RunIn, *, username: str, idempotency_key: str | None = None
    ) -> RunSummary:
        """Start a run and tell how it stands; the same request under its key is the same run.

        Raises
        ------
        WorkflowNotRunnable
            The hub starts no runs of this workflow.
        RunConfigUnusable, RunInputMissing
            See `nmdc_runtime.runs.workflows.completed`.
        OperationNotFound, OperationUnfit, OperationOver
            Metadata-in: the run has to keep a promise of the Runtime's own site that is still to
            be kept.
        RunConfigRefused
            Dagster will not run it; the run is recorded, with its failure.
        RunNotStarted
            Dagster cannot be asked; so it is then, and the same request under its key tries again.
        """
        workflow = get_runnable(workflow_id)
        run_config, inputs = completed(workflow, asked.run_config, asked.inputs, username=username)
        description = self.catalog.get_workflow(workflow_id).description
        new_id, now = self.ids.mint_internal("runs"), self.clock()
        request = RunRequest(
            id=new_id,
            workflow_id=workflow_id,
            dagster_job=workflow.dagster_job,
            run_config=run_config,
            username=username,
            requested_at=now,
            look_at=now + self.look_after,
        )

        def remember(tx: Transaction) -> str:
            self._check_promise(workflow, run_config, tx=tx)
            self.requests.add(request, tx=tx)
            self.runs.record_requested(
                new_id,
                job=JobRef(id=workflow_id, description=description),
                username=username,
                run_config=run_config,
                inputs=inputs,
                tx=tx,
            )
            facts = {"workflow_id": workflow_id, "inputs": inputs}
            self.audit.record("request_run", f"runs/{new_id}", details=facts, tx=tx)
            return new_id

        run_id, _ = self.idempotency.once(
            idempotency_key,
            caller=username,
            route=ROUTE,
            request={"job_id": workflow_id, **asked.model_dump()},
            work=remember,
            model=_RUN_ID,
        )
        self._launch(run_id)
        return self.runs.summary(run_id)

    def _check_promise(
        self, workflow: Runnable, run_config: dict[str, Any], *, tx: Transaction
    ) -> None:
        """See that a run of metadata-in applies what its operation was promised for.

        Otherwise somebody's promise could be kept with other documents than theirs.
        """
        if workflow.id != METADATA_IN:
            return
        operation = self.operations.get(value_at(run_config, OPERATION_ID), tx=tx)
        object_id = value_at(run_config, OBJECT_ID)
        job = operation.facts.get("job")
        job = job if isinstance(job, dict) else {}
        if operation.site_id != self.site_id:
            raise OperationUnfit(operation.id, reason=f"is none of the site {self.site_id!r}")
        if (job.get("workflow") or {}).get("id") != METADATA_IN:
            raise OperationUnfit(operation.id, reason=f"is not for a job of {METADATA_IN}")
        if (job.get("config") or {}).get("object_id") != object_id:
            raise OperationUnfit(operation.id, reason=f"is not for the object {object_id!r}")
        if not operation.is_live(self.clock()):
            raise OperationOver(operation.id)

    def _launch(self, run_id: str) -> None:
        """Hand the run to Dagster, unless it has it or somebody is just doing so."""
        now = self.clock()
        request = self.requests.take_launch(
            run_id, now=now, until=now + LAUNCH_LEASE, look_at=now + self.look_after
        )
        if request is None:
            return
        asked_at = self.runs.now_text()
        try:
            dagster_run_id = self._find_or_ask(request)
        except RunRefused as refusal:
            self._record_failure(request, str(refusal), asked_at=asked_at, may_exist=False)
            raise RunConfigRefused(
                run_id, workflow_id=request.workflow_id, reason=str(refusal)
            ) from refusal
        except OrchestratorUnavailable as refusal:
            self._record_failure(request, str(refusal), asked_at=asked_at, may_exist=True)
            raise RunNotStarted(
                run_id, workflow_id=request.workflow_id, reason=str(refusal)
            ) from refusal
        self.runs.record_started(run_id, dagster_run_id=dagster_run_id, time=asked_at)
        self.requests.mark_launched(
            run_id, dagster_run_id=dagster_run_id, look_at=self.clock() + self.look_after
        )

    def _find_or_ask(self, request: RunRequest) -> str:
        """Return the Dagster run; one that was asked for before may be there, its answer lost."""
        if request.launching_until is not None:
            found = self.orchestrator.find_run({RUN_ID_TAG: request.id})
            if found is not None:
                return found.run_id
        tags = {
            RUN_ID_TAG: request.id,
            "nmdc/workflow_id": request.workflow_id,
            "nmdc/launched_by": "hub",
        }
        return self.orchestrator.launch(request.dagster_job, request.run_config, tags)

    def _record_failure(
        self, request: RunRequest, reason: str, *, asked_at: str, may_exist: bool
    ) -> None:
        """Record that the launch failed; if only its answer was lost, look for the run later."""
        self.runs.record_failed(request.id, reason=reason, attempt=asked_at)
        now = self.clock()
        look_at = now + self.look_after if may_exist else None
        self.requests.end_launch(request.id, now=now, look_at=look_at)
        logger.warning("run not started", extra={"run_id": request.id, "reason": reason[:200]})

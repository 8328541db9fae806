"""How the slice is put together from settings and what lies below it."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.removing import JobRemoval
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.plans.images import BeforeImages
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.workflow_executions.deleting import WorkflowExecutionDeletion
from nmdc_runtime.workflow_executions.service import WorkflowExecutionService
from nmdc_runtime.workflow_executions.store import WorkflowExecutionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowExecutions:
    """What may be done with workflow executions."""

    taking_in: WorkflowExecutionService
    deletion: WorkflowExecutionDeletion


def assemble_workflow_executions(
    settings: Settings,
    database: Database[Document],
    *,
    plans: PlanService,
    jobs: JobService,
    ids: IdService,
    idempotency: IdempotencyService,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> WorkflowExecutions:
    """Return what takes workflow executions in, and what deletes them."""
    metadata = plans.metadata
    store = WorkflowExecutionStore(database, metadata.registry)
    return WorkflowExecutions(
        taking_in=WorkflowExecutionService(
            store=store,
            metadata=metadata,
            plans=plans,
            ids=ids,
            idempotency=idempotency,
            transactions=transactions,
            audit=audit,
        ),
        deletion=WorkflowExecutionDeletion(
            store=store,
            plans=plans,
            jobs=JobRemoval(jobs=jobs.jobs, operations=jobs.operations),
            images=BeforeImages(
                client=database.client,
                database_name=settings.queries.deleted_database,
                time_key="deleted_at",
                clock=clock,
                kept_for=settings.queries.before_images_kept,
            ),
            ids=ids,
            transactions=transactions,
            audit=audit,
        ),
    )

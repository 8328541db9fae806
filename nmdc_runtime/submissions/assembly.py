"""How the slice is put together from settings and what lies below it."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.clients.dagster import Orchestrator
from nmdc_runtime.config import Settings
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.plans.assembly import assemble_journal
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.submissions.applying import Applier
from nmdc_runtime.submissions.changesheets import ChangesheetService
from nmdc_runtime.submissions.launching import Launcher
from nmdc_runtime.submissions.service import SubmissionService
from nmdc_runtime.submissions.store import SubmissionStore, WriterStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionParts:
    """What submissions stand on."""

    metadata: MetadataService
    plans: PlanService
    objects: ObjectService
    operations: OperationService
    jobs: JobService
    runs: RunService
    ids: IdService
    catalog: CatalogService
    orchestrator: Orchestrator
    transactions: Transactions
    audit: AuditTrail
    clock: Clock


def assemble_submissions(
    settings: Settings, database: Database[Document], parts: SubmissionParts
) -> SubmissionService:
    """Return what takes metadata in."""
    submissions = SubmissionStore(database)
    applier = Applier(
        submissions=submissions,
        writers=WriterStore(database),
        metadata=parts.metadata,
        plans=parts.plans,
        journal=assemble_journal(database, plans=parts.plans),
        operations=parts.operations,
        jobs=parts.jobs,
        runs=parts.runs,
        transactions=parts.transactions,
        audit=parts.audit,
        clock=parts.clock,
    )
    return SubmissionService(
        submissions=submissions,
        metadata=parts.metadata,
        plans=parts.plans,
        changesheets=ChangesheetService(
            metadata=parts.metadata,
            clock=parts.clock,
            most_rows=settings.metadata.most_changesheet_rows,
        ),
        objects=parts.objects,
        jobs=parts.jobs,
        runs=parts.runs,
        ids=parts.ids,
        catalog=parts.catalog,
        transactions=parts.transactions,
        applier=applier,
        launcher=Launcher(
            submissions=submissions,
            plans=parts.plans,
            jobs=parts.jobs,
            runs=parts.runs,
            ids=parts.ids,
            orchestrator=parts.orchestrator,
            transactions=parts.transactions,
            applier=applier,
            audit=parts.audit,
            clock=parts.clock,
            site_id=settings.api_site_id,
            look_after=settings.dagster.look_after,
        ),
        audit=parts.audit,
        clock=parts.clock,
        site_id=settings.api_site_id,
    )

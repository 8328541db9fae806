"""The services of runs, put together from the settings."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.clients.dagster import Orchestrator, base_url
from nmdc_runtime.config import Settings
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.runs.reconciling import RunReconciler
from nmdc_runtime.runs.requesting import RunRequestService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.runs.store import RunEventStore, RunRequestStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """What the slice offers: recording and telling, starting, looking up."""

    runs: RunService
    requests: RunRequestService
    reconciler: RunReconciler


def assemble_runs(
    settings: Settings,
    database: Database[Document],
    *,
    operations: OperationService,
    catalog: CatalogService,
    ids: IdService,
    idempotency: IdempotencyService,
    orchestrator: Orchestrator,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> RunServices:
    """Return the services for these settings."""
    dagster = settings.dagster
    requests = RunRequestStore(database)
    runs = RunService(
        events=RunEventStore(database),
        requests=requests,
        transactions=transactions,
        audit=audit,
        clock=clock,
        dagster_url=(
            base_url(dagster.public_url, variable="NMDC_DAGSTER__PUBLIC_URL")
            if dagster.public_url
            else base_url(settings.dagit_host)
        ),
    )
    return RunServices(
        runs=runs,
        requests=RunRequestService(
            requests=requests,
            runs=runs,
            operations=operations,
            catalog=catalog,
            ids=ids,
            idempotency=idempotency,
            orchestrator=orchestrator,
            audit=audit,
            clock=clock,
            look_after=dagster.look_after,
            site_id=settings.api_site_id,
        ),
        reconciler=RunReconciler(
            requests=requests,
            runs=runs,
            orchestrator=orchestrator,
            clock=clock,
            look_after=dagster.look_after,
        ),
    )

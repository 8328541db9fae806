"""The reads of the hub, on the asynchronous driver."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.audit.reads import AuditReads
from nmdc_runtime.checks.reads import CheckReads
from nmdc_runtime.config import Settings
from nmdc_runtime.drs.assembly import assemble_drs_reads
from nmdc_runtime.drs.reads import DrsReads
from nmdc_runtime.find.reads import FindReads
from nmdc_runtime.find.service import FindService
from nmdc_runtime.graph.reads import GraphReads
from nmdc_runtime.jobs.changes import JobChanges
from nmdc_runtime.jobs.reads import JobReads
from nmdc_runtime.login.directory import ClientDirectory
from nmdc_runtime.login.reads import LoginReads
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.client import open_async_client
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.reads import ObjectReads
from nmdc_runtime.operations.reads import OperationReads
from nmdc_runtime.plans.reads import PlanReads
from nmdc_runtime.queries.assembly import RunnerParts, assemble_runner
from nmdc_runtime.queries.running import QueryRunner
from nmdc_runtime.sites.reads import SiteReads
from nmdc_runtime.staging.reads import StagingReads
from nmdc_runtime.wiring.services import Services, address_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReads:
    """The hot reads that only the hub serves, on the asynchronous driver."""

    database: AsyncDatabase[Document]
    metadata: MetadataReads
    graph: GraphReads
    find: FindService
    jobs: JobReads
    job_changes: JobChanges
    objects: ObjectReads
    drs: DrsReads
    operations: OperationReads
    sites: SiteReads
    login: LoginReads
    audit: AuditReads
    checks: CheckReads
    queries: QueryRunner
    staging: StagingReads
    plans: PlanReads


@asynccontextmanager
async def open_reads(settings: Settings, services: Services) -> AsyncIterator[HubReads]:
    """Yield the hub's asynchronous reads, on a client that belongs to the running event loop."""
    address = address_of(settings)
    # A stream of changes keeps a connection for itself: they get a pool of their own.
    watching = replace(address, pool_size=settings.jobs.watchers + 1)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_async_client(address))
        watcher = await stack.enter_async_context(open_async_client(watching))
        database = client[settings.mongo.database]
        limit_ms = settings.hub.query_time_limit_ms
        metadata = MetadataReads(database, services.registry, time_limit_ms=limit_ms)
        drs = assemble_drs_reads(
            settings,
            database,
            objects=services.objects,
            metadata=metadata,
            registry=services.registry,
        )
        sites = SiteReads(database, time_limit_ms=limit_ms)
        directory = ClientDirectory(watcher[settings.mongo.database], changes=services.changes)
        if settings.login.directory:
            await stack.enter_async_context(_running(directory.follow()))
        yield HubReads(
            database=database,
            metadata=metadata,
            graph=GraphReads(database, services.registry, time_limit_ms=limit_ms),
            find=FindService(
                FindReads(database, services.registry, time_limit_ms=limit_ms),
                metadata,
                services.tokens,
            ),
            objects=drs.objects,
            drs=drs,
            jobs=JobReads(database, time_limit_ms=limit_ms),
            job_changes=JobChanges(watcher[settings.mongo.database], most=settings.jobs.watchers),
            operations=OperationReads(database, time_limit_ms=limit_ms),
            sites=sites,
            login=LoginReads(
                database,
                clients=sites,
                directory=directory,
                read_token=services.login.read,
                issue=services.login.issue,
                remembers=services.sites.secrets.remembers,
                clock=services.clock,
            ),
            audit=AuditReads(database, time_limit_ms=limit_ms),
            checks=CheckReads(database, time_limit_ms=limit_ms),
            queries=assemble_runner(
                settings,
                database,
                services.database,
                RunnerParts(
                    service=services.queries,
                    rules=services.allowances,
                    tokens=services.tokens,
                    clock=services.clock,
                ),
            ),
            staging=StagingReads(database, time_limit_ms=limit_ms),
            plans=PlanReads(database, time_limit_ms=limit_ms),
        )


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let the work go on beside what happens inside, and end it then."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

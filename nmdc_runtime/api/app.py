"""The hub: routers, middleware, and what happens at start and end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from nmdc_runtime.allowances.router import router as allowances
from nmdc_runtime.api import openapi
from nmdc_runtime.api.housekeeping import chores_of, keep_house
from nmdc_runtime.api.metrics import describe
from nmdc_runtime.api.metrics import router as metrics_page
from nmdc_runtime.api.pages import router as pages
from nmdc_runtime.api.pages import scalar_router, static_files
from nmdc_runtime.api.sentry import start_sentry
from nmdc_runtime.api.system import router as system
from nmdc_runtime.api_keys.router import router as api_keys
from nmdc_runtime.audit.router import router as audit
from nmdc_runtime.catalog.admin_router import router as catalog_admin
from nmdc_runtime.catalog.router import router as catalog
from nmdc_runtime.checks.router import router as checks
from nmdc_runtime.clients.dagster import Orchestrator
from nmdc_runtime.config import Settings
from nmdc_runtime.drs.objects_router import router as drs_objects
from nmdc_runtime.drs.router import router as drs
from nmdc_runtime.exports.study_router import router as study_exports
from nmdc_runtime.find.router import router as find
from nmdc_runtime.find.urls_router import router as data_object_urls
from nmdc_runtime.graph.linked_router import linked_router as linked_instances
from nmdc_runtime.graph.reads import BUILD, FRESH_AS_OF
from nmdc_runtime.graph.router import router as graph
from nmdc_runtime.ids.router import router as pids
from nmdc_runtime.jobs.reports_router import router as reports
from nmdc_runtime.jobs.router import router as jobs
from nmdc_runtime.jobs.watch_router import router as job_changes
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.login.orcid_router import router as orcid
from nmdc_runtime.login.router import router as login
from nmdc_runtime.metadata.router import router as nmdcschema
from nmdc_runtime.metadata.validation_router import router as validation
from nmdc_runtime.objects.router import router as objects
from nmdc_runtime.operations.router import router as operations
from nmdc_runtime.plans.history_router import router as histories
from nmdc_runtime.plans.router import router as plans
from nmdc_runtime.queries.router import router as queries
from nmdc_runtime.registration.router import router as registration
from nmdc_runtime.runs.router import router as runs
from nmdc_runtime.sites.router import router as sites
from nmdc_runtime.staging.router import router as staging
from nmdc_runtime.submissions.changesheet_router import router as changesheets
from nmdc_runtime.submissions.router import router as submissions
from nmdc_runtime.users.router import router as users
from nmdc_runtime.web import problems
from nmdc_runtime.web.analytics import Analytics
from nmdc_runtime.web.auth import is_admin
from nmdc_runtime.web.bodies import BodyLimit
from nmdc_runtime.web.compression import Compression
from nmdc_runtime.web.context import REQUEST_ID_HEADER, LastResort, Observer, RequestContext
from nmdc_runtime.web.events import Stopping
from nmdc_runtime.web.heads import HeadRequests
from nmdc_runtime.web.ignored import IGNORED_HEADER, IgnoredParameters
from nmdc_runtime.web.metrics import HubMetrics
from nmdc_runtime.web.profiling import Profiling
from nmdc_runtime.wiring import boot_when_ready, open_reads, open_services
from nmdc_runtime.workflow_executions.router import router as workflow_executions

logger = logging.getLogger(__name__)

#: Pages that browsers may call the hub from.
CORS_ORIGINS: Final = (
    r"http://localhost:\d+|https://.+\.microbiomedata\.org|https://microbiomedata\.github\.io"
)
CORS_MAX_AGE_S: Final = 600
#: What scripts on those pages may read, besides what they may read anyway.
EXPOSED_HEADERS: Final = [
    REQUEST_ID_HEADER,
    IGNORED_HEADER,
    FRESH_AS_OF,
    BUILD,
    "Content-Disposition",
    "ETag",
]


def create_app(settings: Settings, *, orchestrator: Orchestrator | None = None) -> FastAPI:
    """Return the hub for these settings; it connects and boots when it starts to serve.

    Without an orchestrator of its own it uses Dagster where the settings say.
    """
    start_sentry(settings)
    metrics = HubMetrics()
    analytics = Analytics(clock=utc_now, lifetime=settings.hub.analytics_lifetime)
    observers: list[Observer] = [metrics, *([analytics] if settings.hub.analytics else [])]
    profiling = [Middleware(Profiling, permit=is_admin)] if settings.is_profiling_enabled else []
    app = FastAPI(
        title=openapi.TITLE,
        version=openapi.runtime_version(),
        description=openapi.description(),
        openapi_tags=openapi.TAGS,
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(RequestContext, observers=observers),
            Middleware(
                CORSMiddleware,
                allow_origin_regex=CORS_ORIGINS,
                allow_credentials=True,
                allow_methods=["*"],
                allow_headers=["*"],
                expose_headers=EXPOSED_HEADERS,
                max_age=CORS_MAX_AGE_S,
            ),
            Middleware(LastResort),
            *profiling,
            Middleware(HeadRequests),
            Middleware(Compression),
            Middleware(IgnoredParameters),
            Middleware(BodyLimit, limit_bytes=settings.hub.max_body_bytes),
        ],
    )
    app.state.settings = settings
    app.state.orchestrator = orchestrator
    app.state.metrics = describe(metrics, analytics)
    app.state.analytics = analytics
    problems.install(app)
    for router in (
        # What is called most comes first: routes are tried one after another.
        login,
        # Before the collections, whose names its path would pass for.
        *([linked_instances] if settings.is_linked_instances_endpoint_enabled else []),
        nmdcschema,
        find,
        pids,
        jobs,
        reports,
        operations,
        job_changes,
        graph,
        data_object_urls,
        study_exports,
        validation,
        submissions,
        plans,
        histories,
        changesheets,
        workflow_executions,
        queries,
        objects,
        drs_objects,
        drs,
        runs,
        catalog,
        catalog_admin,
        staging,
        orcid,
        users,
        api_keys,
        allowances,
        registration,
        sites,
        audit,
        checks,
        system,
        metrics_page,
        pages,
    ):
        app.include_router(router)
    if settings.is_scalar_enabled:
        app.include_router(scalar_router)
    app.mount("/static", static_files, name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.hub.pool_size
    async with AsyncExitStack() as stack:
        services = stack.enter_context(open_services(settings, orchestrator=app.state.orchestrator))
        app.state.services = services
        app.state.boot_problems = await anyio.to_thread.run_sync(boot_when_ready, services)
        app.state.reads = await stack.enter_async_context(open_reads(settings, services))
        if settings.hub.analytics:
            await stack.enter_async_context(
                app.state.analytics.writing_to(app.state.reads.database)
            )
        app.state.stopping = Stopping()
        stack.enter_context(app.state.stopping.on_signals())
        keeping_house = asyncio.create_task(
            keep_house(chores_of(services) if settings.hub.housekeeping else [])
        )
        try:
            yield
        finally:
            app.state.stopping.ask()
            keeping_house.cancel()
            with suppress(asyncio.CancelledError):
                await keeping_house

"""How the slice is put together from settings and what lies below it."""

from dataclasses import dataclass

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.assembly import assemble_images
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.queries.aggregating import Aggregations
from nmdc_runtime.queries.documents import CommandTargets
from nmdc_runtime.queries.reads import QueryReads
from nmdc_runtime.queries.recording import ChangeRecorder
from nmdc_runtime.queries.running import QueryRunner
from nmdc_runtime.queries.service import QueryService
from nmdc_runtime.queries.store import ResultStore
from nmdc_runtime.web.auth import AccessRules
from nmdc_runtime.web.tokens import SignedTokens


def assemble_queries(
    settings: Settings,
    database: Database[Document],
    *,
    plans: PlanService,
    audit: AuditTrail,
) -> QueryService:
    """Return what changes documents by commands."""
    images = assemble_images(settings.queries, database, clock=plans.clock)
    return QueryService(
        targets=CommandTargets(database, time_limit_ms=settings.hub.query_time_limit_ms),
        plans=plans,
        deletions=ChangeRecorder(
            kind=PlanKind.DELETE_BY_QUERY, images=images.deleted, plans=plans, audit=audit
        ),
        updates=ChangeRecorder(
            kind=PlanKind.UPDATE_BY_QUERY, images=images.updated, plans=plans, audit=audit
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerParts:
    """What a runner stands on."""

    service: QueryService
    rules: AccessRules
    tokens: SignedTokens
    clock: Clock


def assemble_runner(
    settings: Settings,
    reads: AsyncDatabase[Document],
    writes: Database[Document],
    parts: RunnerParts,
) -> QueryRunner:
    """Return what runs commands."""
    limit_ms = settings.hub.query_time_limit_ms
    schema_collections = parts.service.metadata.registry.collection_names
    return QueryRunner(
        reads=QueryReads(reads, time_limit_ms=limit_ms),
        aggregations=Aggregations(
            database=writes,
            results=ResultStore(writes),
            clock=parts.clock,
            time_limit_ms=limit_ms,
            most_bytes=settings.queries.kept_result_bytes,
        ),
        service=parts.service,
        rules=parts.rules,
        tokens=parts.tokens,
        public=frozenset({*schema_collections, ALLDOCS}),
        operational=frozenset(settings.queries.operational_collections),
    )

"""``GET /metrics``: what the hub counts, for Prometheus. For operators, so not in OpenAPI."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pymongo import timeout
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from nmdc_runtime.api.openapi import runtime_version
from nmdc_runtime.config import Settings
from nmdc_runtime.graph.state import read_state
from nmdc_runtime.kernel.clock import Clock, utc_now
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import installed_schema
from nmdc_runtime.web.analytics import Analytics
from nmdc_runtime.web.auth import token_caller
from nmdc_runtime.web.metrics import CONTENT_TYPE, Figure, HubMetrics
from nmdc_runtime.wiring import HubReads

#: How long the database may take for its part, in s; Prometheus itself waits for 10 s.
PATIENCE_S: Final = 1.0

router = APIRouter(include_in_schema=False)


class MetricsRefused(NmdcError):
    """The metrics are shown to administrators only."""

    kind = ErrorKind.FORBIDDEN
    title = "Metrics are for administrators"

    def __init__(self) -> None:
        super().__init__(
            "the metrics of this hub are for its administrators",
            missing_permission="the token or API key of an administrator",
            granted_by="POST /token, or the setting NMDC_HUB__METRICS_PUBLIC",
        )


def describe(metrics: HubMetrics, analytics: Analytics) -> HubMetrics:
    """Add what the hub knows of itself beside its requests."""
    metrics.add_facts(
        "nmdc_runtime_info",
        "Versions.",
        version=runtime_version(),
        schema_version=installed_schema()[0],
    )
    for name, help_text, read in (
        ("waiting", "Analytics records that wait to be written.", lambda: analytics.waiting),
        ("written", "Analytics records written since the start.", lambda: analytics.written),
        ("dropped", "Analytics records lost since the start.", lambda: analytics.dropped),
        ("write_failures", "Failed writes of analytics records.", lambda: analytics.failures),
    ):
        metrics.add_gauge(f"nmdc_analytics_{name}", help_text, read)
    return metrics


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Tell what this process counts, and how the database is."""
    settings: Settings = request.app.state.settings
    if not (settings.hub.metrics_public or (await token_caller(request)).is_admin):
        raise MetricsRefused
    reads: HubReads = request.app.state.reads
    figures = await of_database(reads.database)
    metrics: HubMetrics = request.app.state.metrics
    return Response(metrics.as_text(figures), media_type=CONTENT_TYPE)


async def of_database(database: AsyncDatabase[Document], *, clock: Clock = utc_now) -> list[Figure]:
    """Return what the database tells just now; that it does not answer is told, too."""
    try:
        with timeout(PATIENCE_S):
            state = await read_state(database)
    except PyMongoError:
        return [Figure("nmdc_mongo_up", "Whether MongoDB answers.", 0)]
    figures = [Figure("nmdc_mongo_up", "Whether MongoDB answers.", 1)]
    if state is not None:
        age_s = max(0.0, (clock() - state.fresh_as_of).total_seconds())
        figures += [
            Figure("nmdc_graph_age_seconds", "How far the link graph is behind the data.", age_s),
            Figure("nmdc_graph_documents", "Documents in the link graph.", state.documents),
            Figure("nmdc_graph_skipped", "Documents left out of it.", state.skipped_count),
        ]
    return figures

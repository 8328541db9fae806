"""How well the parts are that the hub leans on."""

import time
from dataclasses import dataclass
from typing import Literal

import requests
from pydantic import BaseModel, Field
from pymongo import timeout
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from nmdc_runtime.allowances.store import ALLOW_COLLECTION
from nmdc_runtime.clients.dagster import (
    RUN_ID_TAG,
    Orchestrator,
    OrchestratorUnavailable,
    RunRefused,
)
from nmdc_runtime.config import ObjectStorageSettings
from nmdc_runtime.graph.state import read_state
from nmdc_runtime.kernel.clock import Clock, utc_now
from nmdc_runtime.migration.reads import find_data_version
from nmdc_runtime.migration.rules import differs_from
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import installed_schema

#: How long one part may take to answer, in seconds, before it counts as not working.
PATIENCE_S = 2.0
#: From which age on the link graph is not followed any more, in s; a follower needs one or two.
GRAPH_STALE_S = 60.0


class PartStatus(BaseModel):
    """How one part is."""

    ok: bool
    detail: str | None = Field(default=None, description="What is wrong, if something is.")
    response_ms: int | None = Field(default=None, description="How long it took to answer.")


class GraphStatus(PartStatus):
    """How the link graph is."""

    age_s: float | None = Field(
        default=None, description="How far it is behind the data; absent before it is built."
    )


class SchemaStatus(PartStatus):
    """Whether the data have the version of nmdc-schema that is installed here."""

    data: str | None = Field(
        default=None, description="The version of the data; absent if it was never recorded."
    )
    installed: str = Field(description="The version by which this hub checks documents.")


class ReadinessResponse(BaseModel):
    """How the whole system is, and each of its parts."""

    status: Literal["ok", "degraded", "unavailable"]
    mongo: PartStatus
    dagster: PartStatus
    postgres: PartStatus = Field(description="Where Dagster keeps its run history.")
    s3: PartStatus
    graph: GraphStatus = Field(description="The graph of links, which a follower keeps current.")
    schema_version: SchemaStatus = Field(
        description="The versions of nmdc-schema of the data and of this hub.",
        serialization_alias="schema",
    )
    boot: PartStatus = Field(description="Whether all indexes could be made at start-up.")


@dataclass(frozen=True, slots=True)
class DagsterHealth:
    """How Dagster is, and whether it can read its run history, which lies in PostgreSQL."""

    dagster: PartStatus
    postgres: PartStatus


def _elapsed_ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


async def is_database_set_up(database: AsyncDatabase[Document]) -> bool:
    """Say whether MongoDB answers in time and boot has been here."""
    try:
        with timeout(PATIENCE_S):
            names = await database.list_collection_names(filter={"name": ALLOW_COLLECTION})
            return bool(names)
    except PyMongoError:
        return False


async def check_mongo(database: AsyncDatabase[Document]) -> PartStatus:
    """Ask MongoDB whether there is a primary that takes writes."""
    started = time.perf_counter()
    try:
        with timeout(PATIENCE_S):
            hello = await database.command("hello")
    except PyMongoError as error:
        return PartStatus(ok=False, detail=f"MongoDB does not answer: {type(error).__name__}")
    writable = bool(hello.get("isWritablePrimary"))
    detail = None if writable else "MongoDB has no primary that takes writes"
    return PartStatus(ok=writable, detail=detail, response_ms=_elapsed_ms(started))


async def check_graph(database: AsyncDatabase[Document], *, clock: Clock = utc_now) -> GraphStatus:
    """Look up to when the link graph is current."""
    started = time.perf_counter()
    try:
        with timeout(PATIENCE_S):
            state = await read_state(database)
    except PyMongoError:
        return GraphStatus(ok=False, detail="not known while MongoDB does not answer")
    if state is None:
        return GraphStatus(
            ok=False,
            detail="the link graph has not been built: `nmdc-runtime follow` builds it",
            response_ms=_elapsed_ms(started),
        )
    age_s = max(0.0, (clock() - state.fresh_as_of).total_seconds())
    is_stale = age_s > GRAPH_STALE_S
    return GraphStatus(
        ok=not is_stale,
        detail="the link graph is not followed: is `nmdc-runtime follow` running?"
        if is_stale
        else None,
        age_s=round(age_s, 1),
        response_ms=_elapsed_ms(started),
    )


async def check_schema(database: AsyncDatabase[Document]) -> SchemaStatus:
    """Compare the version of the data with the installed one."""
    installed, _ = installed_schema()
    started = time.perf_counter()
    try:
        with timeout(PATIENCE_S):
            version = await find_data_version(database)
    except PyMongoError:
        detail = "not known while MongoDB does not answer"
        return SchemaStatus(ok=False, detail=detail, installed=installed)
    differs = differs_from(version, installed)
    return SchemaStatus(
        ok=not differs,
        detail=f"the data have nmdc-schema {version}: `nmdc-runtime migrate --to {installed}`, "
        "or run the hub that goes with them"
        if differs
        else None,
        data=version,
        installed=installed,
        response_ms=_elapsed_ms(started),
    )


def check_dagster(orchestrator: Orchestrator) -> DagsterHealth:
    """Ask Dagster whether it answers, and whether it can read its run history."""
    started = time.perf_counter()
    if not orchestrator.is_alive():
        silent = "Dagster does not answer: submissions are kept, but do not run"
        unknown = "not known while Dagster does not answer"
        return DagsterHealth(
            PartStatus(ok=False, detail=silent), PartStatus(ok=False, detail=unknown)
        )
    answered_ms = _elapsed_ms(started)
    started = time.perf_counter()
    try:
        orchestrator.find_run({RUN_ID_TAG: "is-the-history-readable"})
        readable = True
    except (OrchestratorUnavailable, RunRefused):
        readable = False
    return DagsterHealth(
        PartStatus(ok=True, response_ms=answered_ms),
        PartStatus(
            ok=readable,
            detail=None if readable else "Dagster cannot read its run history",
            response_ms=_elapsed_ms(started),
        ),
    )


def check_s3(storage: ObjectStorageSettings) -> PartStatus:
    """Ask the object storage whether it answers; any answer over HTTP will do."""
    started = time.perf_counter()
    try:
        requests.head(storage.endpoint_url, timeout=PATIENCE_S, allow_redirects=False)
    except requests.RequestException as error:
        return PartStatus(
            ok=False, detail=f"the object storage does not answer: {type(error).__name__}"
        )
    return PartStatus(ok=True, response_ms=_elapsed_ms(started))


def summarize(
    *,
    mongo: PartStatus,
    dagster: DagsterHealth,
    s3: PartStatus,
    graph: GraphStatus,
    schema: SchemaStatus,
    boot_problems: list[str],
) -> ReadinessResponse:
    """Put the parts together: without MongoDB nothing works, without the others most does."""
    boot = PartStatus(ok=not boot_problems, detail="; ".join(boot_problems) or None)
    well = all(part.ok for part in (dagster.dagster, dagster.postgres, s3, graph, schema, boot))
    status: Literal["ok", "degraded", "unavailable"] = "ok" if well else "degraded"
    return ReadinessResponse(
        status=status if mongo.ok else "unavailable",
        mongo=mongo,
        dagster=dagster.dagster,
        postgres=dagster.postgres,
        s3=s3,
        graph=graph,
        schema_version=schema,
        boot=boot,
    )

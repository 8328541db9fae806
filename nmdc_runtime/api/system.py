"""System routes: ``/``, ``/version``, ``/health`` and ``/health/ready``."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from nmdc_runtime.api import readiness
from nmdc_runtime.api.openapi import runtime_version, version_of
from nmdc_runtime.api.readiness import ReadinessResponse
from nmdc_runtime.schema.load import installed_schema
from nmdc_runtime.wiring import HubReads, Services

router = APIRouter(tags=["System administration"])


class HealthResponse(BaseModel):
    """Whether the hub and its database work."""

    model_config = ConfigDict(extra="forbid")

    web_server: bool = Field(description="The web server answers.")
    database: bool = Field(description="The database answers and has been set up.")


def services_of(request: Request) -> Services:
    """Return the services this application was wired with."""
    services: Services = request.app.state.services
    return services


def reads_of(request: Request) -> HubReads:
    """Return the asynchronous reads this application was wired with."""
    reads: HubReads = request.app.state.reads
    return reads


@router.get("/", include_in_schema=False)
async def go_to_docs(services: Annotated[Services, Depends(services_of)]) -> RedirectResponse:
    """Send people to the documentation page."""
    return RedirectResponse(
        f"{services.settings.api_host_external}/docs", status_code=HTTPStatus.SEE_OTHER
    )


@router.get("/version")
async def get_versions() -> dict[Literal["nmdc-runtime", "fastapi", "nmdc-schema"], str]:
    """Tell the versions of this software, its web framework and the NMDC schema."""
    return {
        "nmdc-runtime": runtime_version(),
        "fastapi": version_of("fastapi"),
        "nmdc-schema": installed_schema()[0],
    }


@router.get(
    "/health",
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": HealthResponse}},
)
async def get_health(
    response: Response, reads: Annotated[HubReads, Depends(reads_of)]
) -> HealthResponse:
    """Tell whether the web server and the database work; 503 if one does not."""
    database = await readiness.is_database_set_up(reads.database)
    if not database:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return HealthResponse(web_server=True, database=database)


@router.get(
    "/health/ready",
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": ReadinessResponse}},
)
async def get_readiness(
    request: Request,
    response: Response,
    services: Annotated[Services, Depends(services_of)],
    reads: Annotated[HubReads, Depends(reads_of)],
) -> ReadinessResponse:
    """Tell which parts of the system work; 503 if the hub cannot serve, 200 if it can.

    `degraded` means that the hub serves, but something that it leans on does not work.
    """
    mongo, graph, schema, dagster, s3 = await asyncio.gather(
        readiness.check_mongo(reads.database),
        readiness.check_graph(reads.database),
        readiness.check_schema(reads.database),
        anyio.to_thread.run_sync(readiness.check_dagster, services.orchestrator),
        anyio.to_thread.run_sync(readiness.check_s3, services.settings.object_storage),
    )
    answer = readiness.summarize(
        mongo=mongo,
        dagster=dagster,
        s3=s3,
        graph=graph,
        schema=schema,
        boot_problems=request.app.state.boot_problems,
    )
    if not mongo.ok:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return answer

"""Routes under ``/jobs``; each turns HTTP into one call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from nmdc_runtime.jobs.models import Job
from nmdc_runtime.jobs.reads import JobReads
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.web.auth import MaybeCaller
from nmdc_runtime.web.paging import Doc, ListParameters, ListResponse, list_response

router = APIRouter(prefix="/jobs", tags=["Workflow management"])


def job_service(request: Request) -> JobService:
    """Return the service this application was wired with."""
    service: JobService = request.app.state.services.jobs
    return service


def job_reads(request: Request) -> JobReads:
    """Return the reads this application was wired with."""
    reads: JobReads = request.app.state.reads.jobs
    return reads


@router.get("", response_model=ListResponse[Doc])
async def list_jobs(
    request: Request,
    query: ListParameters,
    caller: MaybeCaller,
    reads: Annotated[JobReads, Depends(job_reads)],
) -> Response:
    """List jobs. A site that gives no filter sees those on which it holds no live claim."""
    site_id = caller.site_id if caller else None
    listing = reads.listing(not_held_by=site_id)
    return await list_response(request, listing, query, caller=caller)


@router.get("/{job_id}", response_model_exclude_unset=True)
def get_job_info(job_id: str, jobs: Annotated[JobService, Depends(job_service)]) -> Job:
    """Describe a job and the claims on it."""
    return jobs.get(job_id)

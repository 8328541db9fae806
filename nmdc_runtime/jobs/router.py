"""Routes under ``/jobs``; each turns HTTP into one call and back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from nmdc_runtime.jobs.models import ClaimIn, Job, JobHistoryEntry, JobIn, JobsReleaseError
from nmdc_runtime.jobs.reads import JobReads
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.web.auth import CallingSite, MaybeCaller
from nmdc_runtime.web.idempotency import IdempotencyKey
from nmdc_runtime.web.paging import Doc, ListParameters, ListResponse, list_response

router = APIRouter(prefix="/jobs", tags=["Workflow management"])


async def job_service(request: Request) -> JobService:
    """Return the service this application was wired with; asynchronous, to need no thread."""
    service: JobService = request.app.state.services.jobs
    return service


async def job_reads(request: Request) -> JobReads:
    """Return the reads this application was wired with."""
    reads: JobReads = request.app.state.reads.jobs
    return reads


Jobs = Annotated[JobService, Depends(job_service)]


@router.get("", response_model=ListResponse[Doc])
async def list_jobs(
    request: Request,
    query: ListParameters,
    caller: MaybeCaller,
    reads: Annotated[JobReads, Depends(job_reads)],
) -> Response:
    """List jobs. A site that gives no filter sees those that it neither holds nor has done."""
    site_id = caller.site_id if caller else None
    listing = reads.listing(not_taken_by_site=site_id)
    return await list_response(request, listing, query, caller=caller)


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_unset=True)
def create_job(
    wanted: JobIn, site: CallingSite, jobs: Jobs, idempotency_key: IdempotencyKey = None
) -> Job:
    """Create a job, which sites may then claim."""
    return jobs.create(wanted, site_id=str(site.site_id), idempotency_key=idempotency_key)


@router.post("/release", responses={500: {"model": JobsReleaseError}})
def release_jobs(
    site: CallingSite, jobs: Jobs, job_ids: Annotated[list[str], Body(embed=True)]
) -> list[Job]:
    """Release each of these jobs once; those that do not exist are passed over."""
    return jobs.release_many(job_ids, site_id=str(site.site_id))


@router.get("/{job_id}", response_model_exclude_unset=True)
def get_job_info(job_id: str, jobs: Jobs) -> Job:
    """Describe a job and the claims on it."""
    return jobs.get(job_id)


@router.get("/{job_id}/history")
def get_job_history(job_id: str, jobs: Jobs) -> ListResponse[JobHistoryEntry]:
    """Tell who did what with the job, and when, oldest first."""
    return ListResponse[JobHistoryEntry](resources=jobs.history(job_id))


@router.post("/{job_id}:claim")
def claim_job(
    job_id: str,
    site: CallingSite,
    jobs: Jobs,
    terms: ClaimIn | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Operation:
    """Claim the job for the calling site, which reports its progress on the operation returned.

    Several sites may hold a job, unless it or its workflow is exclusive: then 409 tells the `id`
    of the holder's operation. A site that claims again gets the operation it has. A claim holds
    for 30 days, or for `lease_seconds`; it can be renewed.
    """
    return jobs.claim(
        job_id,
        site_id=str(site.site_id),
        lease_seconds=terms.lease_seconds if terms else None,
        idempotency_key=idempotency_key,
    )


@router.post("/{job_id}:release")
def release_job(job_id: str, site: CallingSite, jobs: Jobs) -> Job | None:
    """Give the job back: the calling site's claims on it end, and so do their operations."""
    return jobs.release(job_id, site_id=str(site.site_id))

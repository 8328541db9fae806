"""Routes under ``/wf_file_staging``; each turns HTTP into one call and back."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.staging.models import GlobusTask, JGISample, JGISequencingProject
from nmdc_runtime.staging.reads import StagingReads
from nmdc_runtime.staging.service import StagingService
from nmdc_runtime.web.auth import Caller, CallingUser, Rules
from nmdc_runtime.web.paging import (
    Doc,
    ListParameters,
    ListResponse,
    document_response,
    list_response,
)

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
STAGE_FILES: Final = "/wf_file_staging"
REFUSAL: Final = "Only specific users are allowed to issue wf_file_staging commands."

router = APIRouter(prefix="/wf_file_staging", tags=["Workflow management"])


async def staging_service(request: Request) -> StagingService:
    """Return the service this application was wired with."""
    service: StagingService = request.app.state.services.staging
    return service


async def staging_reads(request: Request) -> StagingReads:
    """Return the reads this application was wired with."""
    reads: StagingReads = request.app.state.reads.staging
    return reads


def stager(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may stage files, or refuse with 403."""
    rules.check_allowed(caller, STAGE_FILES, refusal=REFUSAL)
    return caller


Stager = Annotated[Caller, Depends(stager)]
Staging = Annotated[StagingService, Depends(staging_service)]
Reads = Annotated[StagingReads, Depends(staging_reads)]


@router.get("/globus_tasks", response_model=ListResponse[Doc])
async def list_globus_tasks(
    request: Request, caller: Stager, query: ListParameters, reads: Reads
) -> Response:
    """List Globus tasks."""
    return await list_response(request, reads.listing(GlobusTask), query, caller=caller)


@router.post("/globus_tasks", status_code=HTTPStatus.CREATED)
def create_globus_tasks(task: GlobusTask, caller: Stager, staging: Staging) -> GlobusTask:
    """Add a Globus task."""
    staging.add(task)
    return task


@router.get("/globus_tasks/{task_id}", response_model=GlobusTask)
def get_globus_tasks(task_id: str, caller: Stager, staging: Staging) -> Response:
    """Describe a Globus task."""
    return _published(GlobusTask, staging.get(GlobusTask, task_id))


@router.patch("/globus_tasks/{task_id}", response_model=GlobusTask)
def update_globus_tasks(
    task_id: str, task: GlobusTask, caller: Stager, staging: Staging
) -> Response:
    """Change the status of a Globus task; send the whole task."""
    return _published(GlobusTask, staging.change(task_id, task))


@router.get("/jgi_samples", response_model=ListResponse[Doc])
async def list_jgi_samples(
    request: Request, caller: Stager, query: ListParameters, reads: Reads
) -> Response:
    """List files of samples at JGI."""
    return await list_response(request, reads.listing(JGISample), query, caller=caller)


@router.post("/jgi_samples", status_code=HTTPStatus.CREATED)
def create_jgi_sample(sample: JGISample, caller: Stager, staging: Staging) -> JGISample:
    """Add a file of a sample at JGI."""
    staging.add(sample)
    return sample


@router.patch("/jgi_samples/{jdp_file_id}", response_model=JGISample)
def update_jgi_samples(
    jdp_file_id: str, sample: JGISample, caller: Stager, staging: Staging
) -> Response:
    """Change a file of a sample; send all of it. What is optional and left out stays."""
    return _published(JGISample, staging.change(jdp_file_id, sample))


@router.get("/jgi_sequencing_projects", response_model=ListResponse[Doc])
async def list_sequencing_project_records(
    request: Request, caller: Stager, query: ListParameters, reads: Reads
) -> Response:
    """List sequencing projects at JGI."""
    return await list_response(request, reads.listing(JGISequencingProject), query, caller=caller)


@router.post("/jgi_sequencing_projects", status_code=HTTPStatus.CREATED)
def create_sequencing_record(
    project: JGISequencingProject, caller: Stager, staging: Staging
) -> JGISequencingProject:
    """Add a sequencing project at JGI."""
    staging.add(project)
    return project


# Names of projects are free text: they may have slashes.
@router.get(
    "/jgi_sequencing_projects/{sequencing_project_name:path}", response_model=JGISequencingProject
)
def get_sequencing_project(
    sequencing_project_name: str, caller: Stager, staging: Staging
) -> Response:
    """Describe a sequencing project at JGI."""
    found = staging.get(JGISequencingProject, sequencing_project_name)
    return _published(JGISequencingProject, found)


def _published(model: type[BaseModel], document: Document) -> Response:
    """Answer a stored record: all fields, unset ones as null, and moments without a zone."""
    return document_response({name: document.get(name) for name in model.model_fields})

"""The routes of the find family; HTTP to one call and back."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from nmdc_runtime.find.models import Finding, FindParameters, FindResponse
from nmdc_runtime.find.parameters import Parameters
from nmdc_runtime.find.service import FindService
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.web.etags import versioned
from nmdc_runtime.web.paging import Doc
from nmdc_runtime.web.visibility import Visibility, WhatIsVisible

JSON: Final = "application/json"
NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "No document has this id."}
}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "The filter, the sort, the page or the cursor cannot be read."},
    418: {"description": "`search` or `group_by` was sent: they are not offered."},
}

router = APIRouter(tags=["Metadata access"])


async def find_service(request: Request) -> FindService:
    """Return the service this application was wired with."""
    service: FindService = request.app.state.reads.find
    return service


Finder = Annotated[FindService, Depends(find_service)]


def _id_of(what: str, example: str) -> Any:  # noqa: ANN401 (what FastAPI makes of a path)
    return Path(
        description=f"The id of {what}.",
        openapi_examples={"usual": {"summary": f"an id of {what}", "value": example}},
    )


StudyId = Annotated[str, _id_of("a study", "nmdc:sty-11-34xj1150")]
SampleId = Annotated[str, _id_of("a biosample", "nmdc:bsm-00-000001")]
DataObjectId = Annotated[str, _id_of("a data object", "nmdc:dobj-00-000001")]
ProcessId = Annotated[str, _id_of("a planned process", "nmdc:dgns-00-000001")]


async def _found(service: FindService, finding: Finding, sent: FindParameters) -> Response:
    return Response(await service.find(finding, sent), media_type=JSON)


async def _one(request: Request, service: FindService, name: str, document_id: str) -> Response:
    return versioned(request, to_json(await service.documents.get(name, document_id)))


def _in(request: Request, path: str, *collections: str, visible: Visibility) -> Finding:
    sent = request.query_params
    return Finding(
        path=path,
        collections=collections,
        visibility=visible,
        is_visibility_sent="include_superseded" in sent or "include_failed" in sent,
    )


# Each list is served with a slash at its end, too: some clients send one, and a redirect would
# name the hub as it sees itself, which behind a proxy is by another scheme.
@router.get("/studies", response_model=FindResponse, responses=REFUSED, summary="Find studies")
@router.get("/studies/", include_in_schema=False)
async def find_studies(service: Finder, sent: Parameters) -> Response:
    """Return the studies that match, a page at a time, by page number or by cursor."""
    finding = Finding(path="/studies", collections=("study_set",))
    return await _found(service, finding, sent)


@router.get(
    "/studies/{study_id}", response_model=Doc, responses=NOT_FOUND, summary="Get a study by its id"
)
async def find_study_by_id(request: Request, study_id: StudyId, service: Finder) -> Response:
    """Return the study that has this id."""
    return await _one(request, service, "study_set", study_id)


@router.get(
    "/biosamples", response_model=FindResponse, responses=REFUSED, summary="Find biosamples"
)
@router.get("/biosamples/", include_in_schema=False)
async def find_biosamples(service: Finder, sent: Parameters) -> Response:
    """Return the biosamples that match, a page at a time, by page number or by cursor."""
    finding = Finding(path="/biosamples", collections=("biosample_set",))
    return await _found(service, finding, sent)


@router.get(
    "/biosamples/{sample_id}",
    response_model=Doc,
    responses=NOT_FOUND,
    summary="Get a biosample by its id",
)
async def find_biosample_by_id(request: Request, sample_id: SampleId, service: Finder) -> Response:
    """Return the biosample that has this id."""
    return await _one(request, service, "biosample_set", sample_id)


@router.get(
    "/data_objects", response_model=FindResponse, responses=REFUSED, summary="Find data objects"
)
@router.get("/data_objects/", include_in_schema=False)
async def find_data_objects(
    request: Request, service: Finder, sent: Parameters, visible: WhatIsVisible
) -> Response:
    """Return the data objects that match, a page at a time, by page number or by cursor."""
    finding = _in(request, "/data_objects", "data_object_set", visible=visible)
    return await _found(service, finding, sent)


@router.get(
    "/data_objects/{data_object_id}",
    response_model=Doc,
    responses=NOT_FOUND,
    summary="Get a data object by its id",
)
async def find_data_object_by_id(
    request: Request, data_object_id: DataObjectId, service: Finder
) -> Response:
    """Return the data object that has this id."""
    return await _one(request, service, "data_object_set", data_object_id)


@router.get(
    "/planned_processes",
    response_model=FindResponse,
    responses=REFUSED,
    summary="Find planned processes",
)
@router.get("/planned_processes/", include_in_schema=False)
async def find_planned_processes(
    request: Request, service: Finder, sent: Parameters, visible: WhatIsVisible
) -> Response:
    """Return the planned processes that match, of whichever collections, in one order.

    These are data generations, workflow executions, and the collecting, processing and storing of
    samples. A page holds `per_page` of them, by page number or by cursor.
    """
    names = service.reads.planned_process_collections
    finding = _in(request, "/planned_processes", *names, visible=visible)
    return await _found(service, finding, sent)


@router.get(
    "/planned_processes/{planned_process_id}",
    response_model=Doc,
    responses=NOT_FOUND,
    summary="Get a planned process by its id",
)
async def find_planned_process_by_id(
    request: Request, planned_process_id: ProcessId, service: Finder
) -> Response:
    """Return the planned process that has this id, whichever collection holds it."""
    document = await service.reads.get_planned_process(planned_process_id)
    return versioned(request, to_json(document))

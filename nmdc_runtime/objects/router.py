"""Routes under ``/objects`` that need objects alone, and ``/metadata/stored_files``."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from nmdc_runtime.objects.models import OBJECT_ID, AccessURL, DrsObject, DrsObjectPatch
from nmdc_runtime.objects.reads import ObjectReads
from nmdc_runtime.objects.rules import attachment, media_type, public, requested_range
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.web.auth import CallingSite
from nmdc_runtime.web.paging import (
    Doc,
    ListParameters,
    ListResponse,
    document_response,
    list_response,
)

router = APIRouter(tags=["Workflow management"])

ObjectId = Annotated[str, Path(pattern=OBJECT_ID)]


async def object_service(request: Request) -> ObjectService:
    """Return the service this application was wired with."""
    service: ObjectService = request.app.state.services.objects
    return service


async def object_reads(request: Request) -> ObjectReads:
    """Return the reads this application was wired with."""
    reads: ObjectReads = request.app.state.reads.objects
    return reads


Objects = Annotated[ObjectService, Depends(object_service)]
Reads = Annotated[ObjectReads, Depends(object_reads)]


@router.get("/objects", response_model=ListResponse[Doc])
async def list_objects(request: Request, query: ListParameters, reads: Reads) -> Response:
    """List stored objects, with the site that manages each and the types it is tagged with."""
    return await list_response(request, reads.listing(), query, null_token=True)


@router.get("/objects/{object_id}/access/{access_id}")
async def get_object_access(object_id: ObjectId, access_id: str, reads: Reads) -> AccessURL:
    """Tell where the object's bytes can be fetched; the address is good for five minutes."""
    return await reads.access_url(object_id, access_id)


@router.patch("/objects/{object_id}", response_model=DrsObject)
def update_object(
    object_id: str, changes: DrsObjectPatch, site: CallingSite, objects: Objects
) -> Response:
    """Change any of the fields of an object that your site manages.

    A field that is not sent stays as it is, and null clears one. What comes out must be an object
    as it could be registered.
    """
    sent = changes.model_dump(exclude_unset=True)
    return document_response(public(objects.change(object_id, sent, site_id=str(site.site_id))))


@router.api_route(
    "/metadata/stored_files/{object_id}", methods=["GET", "HEAD"], include_in_schema=False
)
async def get_stored_file(
    request: Request,
    object_id: str,
    reads: Reads,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
) -> Response:
    """Send bytes that the hub keeps, e.g. a submission as it was sent; whole, or a range."""
    facts = await reads.files.get_facts(object_id)
    etag = f'"{object_id}"'  # the bytes under an id never change
    asked = wanted if if_range in {None, etag} else None
    part = requested_range(asked, object_id=object_id, length=facts.length)
    sent = part or range(facts.length)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": attachment(facts.name),
        "Content-Length": str(len(sent)),
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        **({"Content-Range": f"bytes {part.start}-{part.stop - 1}/{facts.length}"} if part else {}),
    }
    is_head = request.method == "HEAD"
    return StreamingResponse(
        reads.files.read(facts, range(0) if is_head else sent),
        status_code=HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK,
        headers=headers,
        media_type=media_type(facts.content_type),
    )

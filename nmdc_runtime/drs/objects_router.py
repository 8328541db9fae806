"""Routes under ``/objects`` and ``/sites`` that join objects with what else there is."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from nmdc_runtime.catalog.models import ObjectType
from nmdc_runtime.drs.models import DrsReport, ObjectPutOperation, Redirect
from nmdc_runtime.drs.reads import DrsReads
from nmdc_runtime.drs.service import DrsService
from nmdc_runtime.objects.models import (
    OBJECT_ID,
    AccessMethod,
    AccessURL,
    DrsObject,
    DrsObjectBase,
    DrsObjectIn,
    DrsObjectWithTypes,
)
from nmdc_runtime.objects.rules import public
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.web.auth import CallingSite, TokenCaller
from nmdc_runtime.web.paging import document_response

router = APIRouter(tags=["Workflow management"])

ObjectId = Annotated[str, Path(pattern=OBJECT_ID)]


async def drs_service(request: Request) -> DrsService:
    """Return the service this application was wired with."""
    service: DrsService = request.app.state.services.drs
    return service


async def drs_reads(request: Request) -> DrsReads:
    """Return the reads this application was wired with."""
    reads: DrsReads = request.app.state.reads.drs
    return reads


Drs = Annotated[DrsService, Depends(drs_service)]
Reads = Annotated[DrsReads, Depends(drs_reads)]


@router.post("/objects", status_code=HTTPStatus.CREATED)
def create_object(record: DrsObjectIn, site: CallingSite, drs: Drs) -> DrsObject:
    """Register an object, which your site then manages.

    A blob needs `access_methods`, a bundle `contents`. An object whose bytes you sent to an
    address of `:putObject` keeps the id that came with it: name it in an `access_id`, as
    `<site id>:<object id>`. Size and checksums of a bundle are made of those of its members, by
    the rule of GA4GH DRS, if the hub knows them all.
    """
    return drs.register(record, site_id=str(site.site_id))


@router.get("/objects:drs_report", summary="Count what the DRS serves")
async def get_drs_report(reads: Reads) -> DrsReport:
    """Count objects, and the data objects that cannot be served for want of what DRS demands."""
    return await reads.report()


def _shown(found: dict[str, object] | Redirect) -> Response:
    if isinstance(found, Redirect):
        return RedirectResponse(found.url, status_code=HTTPStatus.TEMPORARY_REDIRECT)
    return document_response(public(found))


@router.get("/objects/{object_id}", response_model=DrsObject)
async def get_object_info(object_id: ObjectId, reads: Reads) -> Response:
    """Describe a stored object: its size, checksums and ways to get at its bytes.

    Ids of NMDC without their prefix, and names of elements of nmdc-schema, lead (307) to where it
    is told what they name.
    """
    return _shown(await reads.locate(object_id))


@router.get("/objects/{object_id}/types")
def list_object_types(object_id: ObjectId, drs: Drs) -> list[ObjectType]:
    """List the types that an object is tagged with."""
    return drs.list_types(object_id)


@router.put("/objects/{object_id}/types", response_model=DrsObjectWithTypes)
def replace_object_types(
    object_id: str, types: list[str], caller: TokenCaller, drs: Drs
) -> Response:
    """Tag an object with these types and no others.

    Needs the token of a client of the site that manages the object, or of somebody with the
    permission `/objects:types`. The types `metadata-in` and `metadata-changesheet`, which make the
    Runtime take in what the object holds, are for objects of its own site, and for whoever has
    the permission `/objects:ingest`.
    """
    document = drs.set_types(object_id, types, caller=caller)
    return document_response({**public(document), "types": document["types"]})


@router.post("/sites/{site_id}:putObject", response_model=ObjectPutOperation)
def put_object_in_site(site_id: str, told: DrsObjectBase, site: CallingSite, drs: Drs) -> Operation:
    """Promise an object: the answer has an address to which its bytes can be sent by PUT.

    Send them within five minutes, with the `mime_type` as `Content-Type`
    (`application/octet-stream` if you gave none); then register the object within 30 days.
    """
    return drs.put_object(site_id, told, caller_site_id=str(site.site_id))


@router.post("/sites/{site_id}:getObjectLink")
def get_site_object_link(
    site_id: str, method: AccessMethod, site: CallingSite, drs: Drs
) -> AccessURL:
    """Tell where the bytes that an access method names can be fetched for five minutes."""
    return drs.object_link(site_id, method, caller_site_id=str(site.site_id))

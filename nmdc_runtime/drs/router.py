"""Routes under ``/ga4gh/drs/v1``: GA4GH DRS, for reading; each turns HTTP into one read and back.

Errors carry ``msg`` and ``status_code`` there, and malformed requests are 400: `web.problems`.
Routes that the standard has and this service has not answer 405.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from nmdc_runtime.config import Settings
from nmdc_runtime.drs import rules
from nmdc_runtime.drs.models import (
    Authorizations,
    BulkAuthorizations,
    BulkObjectIds,
    Ga4ghAccessURL,
    Ga4ghError,
    Ga4ghObject,
    ServiceInfo,
)
from nmdc_runtime.drs.objects_router import Reads
from nmdc_runtime.web.paging import document_response

PREFIX = "/ga4gh/drs/v1"
router = APIRouter(
    prefix=PREFIX,
    tags=["Workflow management"],
    responses={
        status: {"model": Ga4ghError} for status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
    },
)

DrsId = Annotated[
    str,
    Path(
        pattern=rules.DRS_ID,
        description="Id of a stored object, or of an NMDC data object with its prefix, e.g. "
        "`nmdc:dobj-11-abcd1234`.",
    ),
]


def redirect_of_old(request: Request, object_id: str) -> RedirectResponse | None:
    """Return the redirect that was the answer once, where a deployment still wants it."""
    settings: Settings = request.app.state.settings
    if not settings.drs.redirect_objects or ":" in object_id:
        return None
    url = f"{settings.api_host_external}/objects/{object_id}"
    return RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)


@router.get("/service-info", summary="Tell what this DRS is")
def get_ga4gh_service_info(request: Request) -> ServiceInfo:
    """Describe the service: who runs it, and which version of the standard it speaks."""
    settings: Settings = request.app.state.settings
    return rules.service_info(
        spec_version=settings.drs.spec_version,
        version=request.app.version,
        environment=str(settings.environment),
        base_url=settings.api_host_external,
    )


@router.get(
    "/objects/{object_id}",
    response_model=Ga4ghObject,
    responses={
        HTTPStatus.SEE_OTHER: {"description": "Only where NMDC_DRS__REDIRECT_OBJECTS is set."},
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"model": Ga4ghError},
    },
)
async def get_ga4gh_object_info(
    object_id: DrsId,
    reads: Reads,
    moved: Annotated[RedirectResponse | None, Depends(redirect_of_old)],
    expand: bool = False,
) -> Response:
    """Describe a blob or a bundle; with `expand`, a bundle with all that is in it."""
    return moved or document_response(await reads.get(object_id, expand=expand))


@router.get("/objects/{object_id}/access/{access_id}", response_model=Ga4ghAccessURL)
async def get_ga4gh_object_access(object_id: DrsId, access_id: str, reads: Reads) -> Response:
    """Tell where the object's bytes can be fetched; the address is good for five minutes."""
    return document_response(await reads.access_url(object_id, access_id))


@router.options("/objects/{object_id}", summary="Tell how one may get at an object")
async def get_ga4gh_object_authorizations(object_id: DrsId, reads: Reads) -> Authorizations:
    """Tell which logins an object takes: none, it is public."""
    return await reads.authorizations(object_id)


@router.options("/objects", summary="Tell how one may get at several objects")
async def get_ga4gh_bulk_authorizations(asked: BulkObjectIds, reads: Reads) -> BulkAuthorizations:
    """Tell which logins each of the objects takes, and which ids name none."""
    return await reads.bulk_authorizations(asked.bulk_object_ids)

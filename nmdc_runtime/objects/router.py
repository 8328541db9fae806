"""Routes under ``/objects`` and ``/metadata/stored_files``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from nmdc_runtime.objects.models import AccessURL, DrsObject
from nmdc_runtime.objects.service import ObjectService

router = APIRouter(tags=["Workflow management"])

ObjectId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~\-]+$")]


def object_service(request: Request) -> ObjectService:
    """Return the service this application was wired with."""
    service: ObjectService = request.app.state.services.objects
    return service


Objects = Annotated[ObjectService, Depends(object_service)]


@router.get("/objects/{object_id}", response_model_exclude_none=True)
def get_object_info(object_id: ObjectId, objects: Objects) -> DrsObject:
    """Describe a stored object: its size, checksums and ways to get at its bytes."""
    return objects.get(object_id)


@router.get("/objects/{object_id}/access/{access_id}")
def get_object_access(object_id: ObjectId, access_id: str, objects: Objects) -> AccessURL:
    """Tell where the object's bytes can be fetched."""
    return objects.access_url(object_id, access_id)


@router.get("/metadata/stored_files/{object_id}", include_in_schema=False)
def get_stored_file(object_id: str, objects: Objects) -> Response:
    """Send bytes that the hub keeps, e.g. a submission as it was sent."""
    file = objects.content(object_id)
    disposition = f'attachment; filename="{file.name}"'
    return Response(
        file.content,
        media_type=file.content_type,
        headers={"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"},
    )

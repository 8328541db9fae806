"""Public routes of the catalogue: arrays of all rows, and rows by id."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from nmdc_runtime.catalog.models import Capability, ObjectType, Trigger, Workflow
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.mongo.documents import to_json

router = APIRouter(tags=["Workflow management"])


async def catalog_service(request: Request) -> CatalogService:
    """Return the service this application was wired with."""
    service: CatalogService = request.app.state.services.catalog
    return service


Catalog = Annotated[CatalogService, Depends(catalog_service)]


def _id_of(what: str, example: str) -> Any:  # noqa: ANN401 (what FastAPI makes of a path)
    return Path(
        description=f"The id of {what}.",
        openapi_examples={"usual": {"summary": f"{what} of every hub", "value": example}},
    )


WorkflowId = Annotated[str, _id_of("a workflow", "metadata-in-1.0.0")]
CapabilityId = Annotated[str, _id_of("a capability", "metadata-in-1.0.0")]
ObjectTypeId = Annotated[str, _id_of("a type of objects", "metadata-in")]
TriggerId = Annotated[str, _id_of("a trigger", "metadata-in--metadata-in-1.0.0")]


@router.get("/workflows", response_model=list[Workflow])
def list_workflows(catalog: Catalog) -> Response:
    """List all workflows."""
    return _published(catalog.list_all(Workflow))


@router.get("/workflows/{workflow_id}", response_model=Workflow)
def get_workflow(workflow_id: WorkflowId, catalog: Catalog) -> Response:
    """Describe a workflow."""
    return _published(catalog.get(Workflow, workflow_id))


@router.get("/workflows/{workflow_id}/object_types", response_model=list[ObjectType])
def list_workflow_object_types(workflow_id: WorkflowId, catalog: Catalog) -> Response:
    """List the types of objects that ask for a job of this workflow."""
    return _published(catalog.list_object_types_for(workflow_id))


@router.get("/workflows/{workflow_id}/capabilities", response_model=list[Capability])
def list_workflow_capabilities(workflow_id: WorkflowId, catalog: Catalog) -> Response:
    """List what a site must be capable of to claim a job of this workflow."""
    return _published(catalog.list_capabilities_of(workflow_id))


@router.get("/workflows/{workflow_id}/triggers")
def list_workflow_triggers(workflow_id: WorkflowId, catalog: Catalog) -> list[Trigger]:
    """List the triggers that ask for a job of this workflow."""
    return catalog.list_triggers_for(workflow_id)


@router.get("/capabilities", response_model=list[Capability])
def list_capabilities(catalog: Catalog) -> Response:
    """List all capabilities."""
    return _published(catalog.list_all(Capability))


@router.get("/capabilities/{capability_id}", response_model=Capability)
def get_capability(capability_id: CapabilityId, catalog: Catalog) -> Response:
    """Describe a capability."""
    return _published(catalog.get(Capability, capability_id))


@router.get("/object_types", response_model=list[ObjectType])
def list_object_types(catalog: Catalog) -> Response:
    """List all object types."""
    return _published(catalog.list_all(ObjectType))


# Before the route of one object type, whose id may have slashes and takes all that is left.
@router.get("/object_types/{object_type_id:path}/workflows", response_model=list[Workflow])
def list_object_type_workflows(object_type_id: ObjectTypeId, catalog: Catalog) -> Response:
    """List the workflows that objects of this type ask for."""
    return _published(catalog.list_workflows_of(object_type_id))


@router.get("/object_types/{object_type_id:path}", response_model=ObjectType)
def get_object_type(object_type_id: ObjectTypeId, catalog: Catalog) -> Response:
    """Describe an object type."""
    return _published(catalog.get(ObjectType, object_type_id))


@router.get("/triggers", response_model=list[Trigger])
def list_triggers(catalog: Catalog) -> Response:
    """List all triggers."""
    return _published(catalog.list_triggers())


@router.get("/triggers/{trigger_id:path}", response_model=Trigger)
def get_trigger(trigger_id: TriggerId, catalog: Catalog) -> Response:
    """Describe a trigger."""
    return _published(catalog.get(Trigger, trigger_id))


def _published(rows: BaseModel | Sequence[BaseModel]) -> Response:
    """Answer rows as ever: unset values as null, moments in UTC without a zone."""
    if isinstance(rows, BaseModel):
        body = to_json(rows.model_dump())
    else:
        body = to_json([row.model_dump() for row in rows])
    return Response(body, media_type="application/json")

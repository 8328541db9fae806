"""Routes by which administrators add, change and remove rows of the catalogue."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Depends

from nmdc_runtime.catalog.models import (
    Capability,
    CapabilityIn,
    ObjectType,
    ObjectTypeIn,
    RowPatch,
    Trigger,
    TriggerIn,
    Workflow,
    WorkflowIn,
    WorkflowPatch,
)
from nmdc_runtime.catalog.router import Catalog
from nmdc_runtime.web.auth import CallingUser, Rules

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_CATALOG: Final = "/admin/catalog"
REFUSAL: Final = "Only specific users are allowed to change the catalog."


def catalog_admin(caller: CallingUser, rules: Rules) -> None:
    """Refuse with 403 whoever may not change the catalogue."""
    rules.check_allowed(caller, MANAGE_CATALOG, refusal=REFUSAL)


router = APIRouter(
    prefix="/admin", tags=["System administration"], dependencies=[Depends(catalog_admin)]
)


@router.post("/workflows", status_code=HTTPStatus.CREATED, response_model=Workflow)
def add_workflow(row: WorkflowIn, catalog: Catalog) -> object:
    """Add a workflow to those that the Runtime brings along; no start of the hub undoes it."""
    return catalog.add(row)


@router.patch("/workflows/{workflow_id}")
def change_workflow(workflow_id: str, patch: WorkflowPatch, catalog: Catalog) -> Workflow:
    """Change what the body names of a workflow, also of a built-in one."""
    return catalog.change(Workflow, workflow_id, patch)


@router.delete("/workflows/{workflow_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_workflow(workflow_id: str, catalog: Catalog) -> None:
    """Remove a workflow that was added and that no trigger names."""
    catalog.remove(Workflow, workflow_id)


@router.post("/capabilities", status_code=HTTPStatus.CREATED, response_model=Capability)
def add_capability(row: CapabilityIn, catalog: Catalog) -> object:
    """Add a capability."""
    return catalog.add(row)


@router.patch("/capabilities/{capability_id}")
def change_capability(capability_id: str, patch: RowPatch, catalog: Catalog) -> Capability:
    """Change what the body names of a capability."""
    return catalog.change(Capability, capability_id, patch)


@router.delete("/capabilities/{capability_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_capability(capability_id: str, catalog: Catalog) -> None:
    """Remove a capability that was added and that no workflow needs."""
    catalog.remove(Capability, capability_id)


@router.post("/object_types", status_code=HTTPStatus.CREATED, response_model=ObjectType)
def add_object_type(row: ObjectTypeIn, catalog: Catalog) -> object:
    """Add an object type."""
    return catalog.add(row)


@router.patch("/object_types/{object_type_id:path}")
def change_object_type(object_type_id: str, patch: RowPatch, catalog: Catalog) -> ObjectType:
    """Change what the body names of an object type."""
    return catalog.change(ObjectType, object_type_id, patch)


@router.delete("/object_types/{object_type_id:path}", status_code=HTTPStatus.NO_CONTENT)
def remove_object_type(object_type_id: str, catalog: Catalog) -> None:
    """Remove an object type that was added and that no trigger names."""
    catalog.remove(ObjectType, object_type_id)


@router.post("/triggers", status_code=HTTPStatus.CREATED, response_model=Trigger)
def add_trigger(row: TriggerIn, catalog: Catalog) -> object:
    """Let objects of a type ask for jobs of a workflow."""
    return catalog.add(row)


@router.delete("/triggers/{trigger_id:path}", status_code=HTTPStatus.NO_CONTENT)
def remove_trigger(trigger_id: str, catalog: Catalog) -> None:
    """Remove a trigger that was added."""
    catalog.remove(Trigger, trigger_id)

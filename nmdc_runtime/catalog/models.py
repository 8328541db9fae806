"""The rows of the catalogue, and what administrators send to add and change them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

#: Ids stand in paths: no blanks, no query, no fragment. Object types may also have slashes.
RowId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]*$", max_length=200)]
ObjectTypeId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~#/-]*[A-Za-z0-9]$", max_length=200)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Capability(BaseModel):
    """Something that a site can do, and that a workflow may need."""

    id: str
    name: str | None = None
    description: str | None = None
    created_at: datetime


class ObjectType(BaseModel):
    """A kind of stored object, as objects are tagged with it."""

    id: str
    name: str | None = None
    description: str | None = None
    created_at: datetime


class Workflow(BaseModel):
    """A workflow, of which jobs are executions."""

    id: str
    name: str | None = None
    description: str | None = None
    capability_ids: list[str] | None = []
    created_at: datetime | None = None
    exclusive: bool = Field(
        default=False,
        exclude_if=lambda exclusive: not exclusive,
        description="Only one site at a time may hold a job of this workflow. Left out if not so.",
    )


class Trigger(BaseModel):
    """An object of this type asks for a job of this workflow."""

    id: str
    object_type_id: str
    workflow_id: str
    created_at: datetime


class CapabilityIn(BaseModel):
    """A new capability."""

    id: RowId
    name: Name
    description: str | None = None


class ObjectTypeIn(BaseModel):
    """A new object type."""

    id: ObjectTypeId
    name: Name
    description: str | None = None


class WorkflowIn(BaseModel):
    """A new workflow."""

    id: RowId
    name: Name
    description: str | None = None
    capability_ids: list[str] = Field(
        default=[], description="What a site must be capable of to claim a job."
    )
    exclusive: bool = Field(
        default=False, description="Whether only one site at a time may hold a job of it."
    )


class TriggerIn(BaseModel):
    """A new trigger; its id is made of both."""

    object_type_id: str
    workflow_id: str


class RowPatch(BaseModel):
    """What to change of a capability or an object type; what is left out stays."""

    name: Name = ""
    description: str | None = None


class WorkflowPatch(RowPatch):
    """What to change of a workflow; what is left out stays."""

    capability_ids: list[str] = []
    exclusive: bool = False

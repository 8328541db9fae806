"""The rows of the catalogue."""

from datetime import datetime

from pydantic import BaseModel


class Capability(BaseModel):
    """Something that a site can do, and that a workflow may need."""

    id: str
    name: str
    description: str | None = None
    created_at: datetime


class ObjectType(BaseModel):
    """A kind of stored object, as objects are tagged with it."""

    id: str
    name: str
    description: str | None = None
    created_at: datetime


class Workflow(BaseModel):
    """A workflow, of which jobs are executions."""

    id: str
    name: str
    description: str | None = None
    capability_ids: list[str] | None = []
    created_at: datetime
    exclusive: bool | None = None


class Trigger(BaseModel):
    """An object of this type asks for a job of this workflow."""

    id: str
    object_type_id: str
    workflow_id: str
    created_at: datetime

"""Which rows the catalogue must have, what rows name, and which triggers lead nowhere; pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

from nmdc_runtime.catalog.models import (
    Capability,
    CapabilityIn,
    ObjectType,
    ObjectTypeIn,
    Trigger,
    TriggerIn,
    Workflow,
    WorkflowIn,
)
from nmdc_runtime.catalog.tables import (
    DATABASE_OBJECT_TYPE,
    OBJECT_TYPES,
    SCHEMA_OBJECT_TYPE_DAY,
    TRIGGERS,
    WORKFLOWS,
    Row,
)


def built_in_workflows() -> list[Workflow]:
    """Return the workflows that boot writes."""
    return [
        Workflow(id=row_id, name=name, description=description, created_at=_midnight(day))
        for row_id, name, day, description in WORKFLOWS
    ]


def built_in_capabilities() -> list[Capability]:
    """Return the capabilities that boot writes: one for each workflow."""
    return [
        Capability(id=row_id, name=name, description=description, created_at=_midnight(day))
        for row_id, name, day, description in WORKFLOWS
    ]


def built_in_object_types(collection_names: Iterable[str]) -> list[ObjectType]:
    """Return the object types that boot writes.

    Parameters
    ----------
    collection_names
        The schema's collections; those that end in ``_set`` are object types.
    """
    of_schema: list[Row] = [
        (name, name, SCHEMA_OBJECT_TYPE_DAY, None)
        for name in sorted(collection_names)
        if name.endswith("_set")
    ]
    return [
        ObjectType(id=row_id, name=name, description=description, created_at=_midnight(day))
        for row_id, name, day, description in (*OBJECT_TYPES, *of_schema, DATABASE_OBJECT_TYPE)
    ]


def built_in_triggers() -> list[Trigger]:
    """Return the triggers that boot writes."""
    return [
        Trigger(
            id=_trigger_id(object_type_id, workflow_id),
            object_type_id=object_type_id,
            workflow_id=workflow_id,
            created_at=_midnight(day),
        )
        for object_type_id, workflow_id, day in TRIGGERS
    ]


def dangling(triggers: Iterable[Trigger], *, workflow_ids: Iterable[str]) -> list[Trigger]:
    """Return the triggers whose workflow is not among the given ones."""
    known = set(workflow_ids)
    return [trigger for trigger in triggers if trigger.workflow_id not in known]


def row_of(
    row_in: WorkflowIn | CapabilityIn | ObjectTypeIn | TriggerIn, *, created_at: datetime
) -> Workflow | Capability | ObjectType | Trigger:
    """Return the row that an administrator asks for."""
    facts = row_in.model_dump()
    if isinstance(row_in, WorkflowIn):
        return Workflow(**facts, created_at=created_at)
    if isinstance(row_in, CapabilityIn):
        return Capability(**facts, created_at=created_at)
    if isinstance(row_in, ObjectTypeIn):
        return ObjectType(**facts, created_at=created_at)
    row_id = _trigger_id(row_in.object_type_id, row_in.workflow_id)
    return Trigger(id=row_id, **facts, created_at=created_at)


def named_by(
    row: Workflow | Capability | ObjectType | Trigger,
) -> list[tuple[type[Workflow] | type[Capability] | type[ObjectType], list[str]]]:
    """Return which other rows a row names."""
    if isinstance(row, Workflow):
        return [(Capability, row.capability_ids or [])]
    if isinstance(row, Trigger):
        return [(ObjectType, [row.object_type_id]), (Workflow, [row.workflow_id])]
    return []


def _trigger_id(object_type_id: str, workflow_id: str) -> str:
    return f"{object_type_id}--{workflow_id}"


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)

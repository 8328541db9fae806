"""What workflow executions answer on the wire."""

from typing import Final

from pydantic import BaseModel, Field

from nmdc_runtime.plans.models import PlanSummary

WORKFLOW_EXECUTIONS: Final = "workflow_execution_set"
DATA_OBJECTS: Final = "data_object_set"
AGGREGATES: Final = "functional_annotation_agg"


class Superseded(BaseModel):
    """A stored document that is marked as outdated."""

    collection: str
    id: str
    superseded_by: str


class SubmitAnswer(BaseModel):
    """The published answer to an accepted submission; of a dry run, also what would be done."""

    message: str
    superseded: list[Superseded] | None = Field(
        default=None, description="Stored documents that would be marked as outdated."
    )
    plan: PlanSummary | None = Field(default=None, description="All that would change.")


class DeleteResponse(BaseModel):
    """What was deleted, or would be; lists are sorted."""

    message: str
    deleted_workflow_execution_ids: list[str] = Field(default_factory=list)
    deleted_data_object_ids: list[str] = Field(default_factory=list)
    deleted_functional_annotation_agg_oids: list[str] = Field(default_factory=list)
    deleted_job_ids: list[str] = Field(default_factory=list)

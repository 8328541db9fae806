"""What workflow executions answer on the wire."""

from typing import Final

from pydantic import BaseModel, Field

WORKFLOW_EXECUTIONS: Final = "workflow_execution_set"
DATA_OBJECTS: Final = "data_object_set"
AGGREGATES: Final = "functional_annotation_agg"


class Superseded(BaseModel):
    """A stored document that is marked as outdated."""

    collection: str
    id: str
    superseded_by: str


class SubmissionPlan(BaseModel):
    """What a submission would do."""

    inserted: dict[str, list[str]] = Field(
        description="Collection → the ids of the documents that would be new."
    )
    inserted_without_id: dict[str, int] = Field(
        description="Collection → how many documents without an id would be new."
    )
    unchanged: dict[str, int] = Field(
        description="Collection → how many documents are stored already, just as they are."
    )
    superseded: list[Superseded] = Field(
        description="Stored documents that would be marked as outdated."
    )


class SubmitAnswer(BaseModel):
    """The published answer to an accepted submission; of a dry run, also its plan."""

    message: str
    plan: SubmissionPlan | None = None


class DeleteResponse(BaseModel):
    """What was deleted, or would be; lists are sorted."""

    message: str
    deleted_workflow_execution_ids: list[str] = Field(default_factory=list)
    deleted_data_object_ids: list[str] = Field(default_factory=list)
    deleted_functional_annotation_agg_oids: list[str] = Field(default_factory=list)
    deleted_job_ids: list[str] = Field(default_factory=list)

"""What a job and a claim are, on the wire and in the database."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class WorkflowRef(BaseModel):
    """The workflow that a job runs; clients often send more than the id."""

    id: str
    name: str | None = None
    description: str | None = None
    capability_ids: list[str] | None = None
    created_at: datetime | None = None


class JobClaim(BaseModel):
    """A site's hold on a job, tracked by an operation."""

    op_id: str
    site_id: str
    done: bool | None = None
    cancelled: bool | None = None

    @property
    def is_live(self) -> bool:
        """Whether the site still holds the job."""
        return not self.done and not self.cancelled


class Job(BaseModel):
    """A unit of workflow execution."""

    id: str
    workflow: WorkflowRef
    name: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    config: dict[str, Any]
    claims: list[JobClaim] = Field(default_factory=list)

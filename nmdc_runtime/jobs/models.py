"""What a job and a claim are, on the wire and in the database."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, Field

from nmdc_runtime.mongo.storable import StorableObject

#: How long a claim's operation is promised without a lease; the published 30 days.
CLAIM_PROMISE: Final = timedelta(days=30)

LeaseSeconds = Annotated[
    int,
    Field(
        ge=1,
        le=int(CLAIM_PROMISE.total_seconds()),
        description="How long the claim holds from now on unless it is renewed, in seconds. "
        "Without it the claim holds for 30 days.",
    ),
]


class WorkflowRef(BaseModel):
    """The workflow that a job runs; clients often send more than the id."""

    id: str
    name: str | None = None
    description: str | None = None
    capability_ids: list[str] | None = None
    created_at: datetime | None = None


class JobClaim(BaseModel):
    """A site's hold on a job, tracked by an operation.

    ``done`` says that it has ended, ``cancelled`` that it ended without the job's being done.
    """

    op_id: str
    site_id: str
    done: bool | None = None
    cancelled: bool | None = None

    @property
    def is_live(self) -> bool:
        """Whether the site still holds the job."""
        return not self.done and not self.cancelled


class Wanted(NamedTuple):
    """A job that a trigger asks for: of this workflow, for this object."""

    workflow_id: str
    object_id: str


class JobIn(BaseModel):
    """A job to be created."""

    workflow: WorkflowRef
    name: str | None = None
    description: str | None = None
    config: StorableObject
    claims: list[JobClaim] = Field(default_factory=list)
    exclusive: bool | None = Field(
        default=None, description="Whether only one site at a time may hold the job."
    )


class Job(BaseModel):
    """A unit of workflow execution."""

    id: str
    workflow: WorkflowRef
    name: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    config: dict[str, Any]
    claims: list[JobClaim] = Field(default_factory=list)
    exclusive: bool | None = None


class ClaimIn(BaseModel):
    """On what terms a site claims a job, or renews its claim."""

    lease_seconds: LeaseSeconds | None = None


class OperationPatch(BaseModel):
    """What a site reports on an operation; only what is sent is applied."""

    done: bool = False
    result: Any | None = None
    metadata: StorableObject = Field(
        default_factory=dict,
        description="Merged into the metadata there is: keys that are not sent stay.",
    )
    lease_seconds: LeaseSeconds | None = None


class JobsReleaseError(BaseModel):
    """Which jobs were released before something went wrong."""

    released_jobs: list[Job]
    message: str


class JobHistoryEntry(BaseModel):
    """Something that was done to a job."""

    at: datetime
    action: str = Field(description="What was done, e.g. `claim_job`.")
    by: str = Field(description="The site, the user, or `_system` for the Runtime itself.")
    operation_ids: list[str] = Field(description="The operations that it concerned.")

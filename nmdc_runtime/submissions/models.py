"""What the hub remembers of a submission."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from nmdc_runtime.plans.models import PlanKind


class SubmissionStatus(StrEnum):
    """How far a submission has come."""

    PENDING = "pending"
    RUNNING = "running"
    FAILED = "failed"
    COMPLETE = "complete"


class Submission(BaseModel):
    """One body of metadata sent by one caller; its id is that of its run."""

    id: str
    kind: PlanKind = PlanKind.JSON
    fingerprint: str
    idempotency_key: str | None = None
    username: str
    object_id: str
    job_id: str
    operation_id: str
    dagster_run_id: str | None = None
    status: SubmissionStatus = SubmissionStatus.PENDING
    reason: str | None = None
    counts: dict[str, Any] | None = None
    created_at: datetime
    updated_at: datetime
    #: Until when one process is busy handing the submission to Dagster.
    launching_until: datetime | None = None


class PromisedWork(BaseModel):
    """What the own site has claimed, with the stored object that it is about.

    ``attempt`` counts runs, from 1.
    """

    operation_id: str
    job_id: str
    object_id: str
    attempt: int


class Claimed(BaseModel):
    """How many jobs were claimed, and why others were not."""

    how_many: int
    refusals: list[str]


class SubmitDetail(BaseModel):
    """Which run applies the submission."""

    run_id: str


class SubmitAnswer(BaseModel):
    """The published answer to an accepted submission; documents appear when the run completes."""

    type: str = "success"
    detail: SubmitDetail

"""Reports of checks, as they are stored and answered."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field


class CheckKind(StrEnum):
    """What was done."""

    DATABASE = "check_nmdcdb"
    BACKUP = "backup_nmdcdb"
    DRILL = "restore_drill"
    SWEEP = "sweep_gridfs"


class Outcome(StrEnum):
    """How it ended."""

    GOOD = "good"
    PROBLEMS = "problems"
    FAILED = "failed"  # it did not come to its end: what it counted is not all


class ListedProblem(BaseModel):
    """Something that is wrong with a document."""

    id: str | None = Field(default=None, description="The `id` of the document, if it has one.")
    rule: str = Field(description="A keyword of JSON Schema, or e.g. `reference`, `unique_name`.")
    message: str


class CollectionCheck(BaseModel):
    """What was found in one collection."""

    collection: str
    documents: int = 0
    problems: int = Field(default=0, description="All of them, also those that are not listed.")
    rules: dict[str, int] = Field(
        default_factory=dict, description="Problems by rule, of those that were looked at."
    )
    listed: list[ListedProblem] = Field(
        default_factory=list, description="The first problems; see `problems` for how many."
    )
    note: str | None = None
    seconds: float = 0.0


class CheckSummary(BaseModel):
    """What was done and how it ended."""

    id: str = Field(description="Grows with time.")
    kind: CheckKind = Field(description="The Dagster job.")
    outcome: Outcome = Field(description="`failed`: it did not come to its end.")
    summary: str = Field(description="What was found, in a sentence.")
    began_at: datetime
    ended_at: datetime
    schema_version: str = Field(description="Of nmdc-schema, at the Runtime that looked.")
    run_id: str | None = Field(default=None, description="The run in Dagster.")
    counts: dict[str, int] = Field(default_factory=dict, description="What was counted.")


class CheckReport(CheckSummary):
    """All that is kept of a check."""

    collections: list[CollectionCheck] = Field(
        default_factory=list, description="By collection; each lists its first problems."
    )
    notes: list[str] = Field(
        default_factory=list, description="What a person should know or look at, in sentences."
    )

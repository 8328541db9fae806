"""What a run event and a run's summary are, on the wire and in the database."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from nmdc_runtime.mongo.storable import StorableObject

_BASE = "https://github.com/microbiomedata/nmdc-runtime/tree/v0-0-1/nmdc_runtime"
#: Identifies this software as the producer of an event; published, so it stays.
PRODUCER_URL = f"{_BASE}/producer"
SCHEMA_URL = f"{_BASE}/schema.json"

RUN_CONFIG_FACET = "nmdcRuntime_runConfig"
DAGSTER_RUN_ID_FACET = "nmdcRuntime_dagsterRunId"
FAILURE_FACET = "nmdcRuntime_failure"


class RunEventType(StrEnum):
    """The states a run passes through."""

    REQUESTED = "REQUESTED"
    STARTED = "STARTED"
    FAIL = "FAIL"
    COMPLETE = "COMPLETE"


class RunRef(BaseModel):
    """The run that an event belongs to, with facts about it."""

    id: str
    facets: StorableObject | None = None


class JobRef(BaseModel):
    """The workflow that was run."""

    id: str
    description: str | None = None
    producer: str | None = None
    schemaURL: str | None = None  # noqa: N815 (published name)


class RunEvent(BaseModel):
    """Something that happened to a run; ``time`` is ISO 8601 text in UTC."""

    producer: str
    schemaURL: str = SCHEMA_URL  # noqa: N815 (published name)
    run: RunRef
    job: JobRef
    type: RunEventType
    time: str
    inputs: list[str] = Field(default_factory=list)
    outputs: list[str] = Field(default_factory=list)
    #: Who reported the event, where it is not our own; stored, and told to nobody.
    reported_by: str | None = Field(default=None, exclude=True)


class RunEventIn(BaseModel):
    """An event that somebody reports; what is not here was sent as query parameters."""

    producer: str | None = None
    schemaURL: str | None = None  # noqa: N815 (published name)
    run: RunRef
    job: JobRef
    type: RunEventType | None = None
    time: str | None = None
    inputs: list[str] | None = Field(default_factory=list)
    outputs: list[str] | None = Field(default_factory=list)


class RunSummary(BaseModel):
    """A run as its events tell it."""

    id: str
    status: RunEventType
    started_at_time: str
    was_started_by: str
    inputs: list[str]
    outputs: list[str]
    job: JobRef
    producer: str
    schemaURL: str  # noqa: N815 (published name)
    dagster_run_url: str | None = Field(
        default=None,
        description="The run's page in Dagster's web UI; absent until Dagster has taken the run.",
    )


class RunIn(BaseModel):
    """What a run is to work on."""

    run_config: StorableObject = Field(
        default_factory=dict,
        description="Dagster's run config, of which only `ops` may be given. It is published in "
        "the run's events: put no secrets into it.",
    )
    inputs: list[str] = Field(
        default_factory=list,
        description="What the run reads: for exports and imports, the id of the study.",
    )


class RunRequest(BaseModel):
    """A run that somebody asked the hub for, as the hub remembers it to hand it to Dagster.

    Parameters
    ----------
    dagster_run_id
        Dagster's own id of the run, once it has taken it.
    launching_until
        Until when one process is, or was, busy handing the run to Dagster.
    look_at
        When to ask Dagster what became of the run; None once it has ended.
    """

    id: str
    workflow_id: str
    dagster_job: str
    run_config: dict[str, Any]
    username: str
    requested_at: datetime
    dagster_run_id: str | None = None
    launching_until: datetime | None = None
    look_at: datetime | None

"""The sections of the settings: each is read from ``NMDC_<SECTION>__<FIELD>``."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class HubSettings(BaseModel):
    """Limits and habits of the HTTP hub (``NMDC_HUB__...``)."""

    model_config = ConfigDict(frozen=True)

    max_body_bytes: PositiveInt = Field(
        default=100_000_000, description="Largest request body, in bytes; a larger one is 413."
    )
    pool_size: PositiveInt = Field(
        default=40, description="MongoDB connections a process; also the hub's threads."
    )
    token_lifetime: timedelta = Field(
        default=timedelta(days=1), description="Lifetime of access tokens, ISO 8601, e.g. P1D."
    )
    page_token_lifetime: timedelta = Field(
        default=timedelta(days=1), description="Lifetime of page tokens, ISO 8601, e.g. P1D."
    )
    query_time_limit_ms: PositiveInt = Field(
        default=30_000, description="Time limit of one query, in ms; over it is 422."
    )
    boot_wait_s: PositiveInt = Field(
        default=60, description="How long start-up waits for MongoDB, in s."
    )
    log_format: str = Field(default="json", description="`json` or `text`.")
    log_level: str = Field(default="INFO", description="Least severe level that is logged.")


class DagsterSettings(BaseModel):
    """How the hub asks Dagster for runs (``NMDC_DAGSTER__...``)."""

    model_config = ConfigDict(frozen=True)

    timeout_s: PositiveInt = Field(
        default=20, description="How long the hub waits for an answer of Dagster's, in s."
    )
    repository_location: str | None = Field(
        default=None, description="Code location of the jobs; unset: found by job name."
    )
    repository_name: str | None = Field(
        default=None, description="Repository of the jobs; unset: found by job name."
    )


class MinterSettings(BaseModel):
    """Limits of the minter of public ids (``NMDC_MINTER__...``)."""

    model_config = ConfigDict(frozen=True)

    most_ids_at_once: PositiveInt = Field(
        default=100_000,
        le=500_000,
        description="How many ids one request may mint; more is 422.",
    )

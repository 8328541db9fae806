"""The sections of the settings: each is read from ``NMDC_<SECTION>__<FIELD>``."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator

#: No setting opens these to clients' commands.
SECRET_COLLECTIONS: Final = re.compile(
    r"(?:users|sites|invalidated_tokens|page_tokens)$|(?:_runtime|system|minter|fs|_tmp)\.|ids_"
)


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
    housekeeping: bool = Field(
        default=True,
        description="Whether this hub does the chores too: expire claims, sweep uploads, ...",
    )
    omit_superseded_and_failed: bool = Field(
        default=False,
        description="Whether reads leave out superseded and failed records unless a client asks "
        "for them with `include_superseded` and `include_failed`.",
    )
    analytics: bool = Field(
        default=True, description="Whether each request is put on record, for usage statistics."
    )
    analytics_lifetime: timedelta = Field(
        default=timedelta(days=365),
        gt=timedelta(0),
        description="How long such a record, with the caller's address, is kept, ISO 8601.",
    )
    metrics_public: bool = Field(
        default=True,
        description="Whether anybody may read `/metrics`; else it takes an administrator's token.",
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
    public_url: str | None = Field(
        default=None,
        description="Dagster's web server as people's browsers reach it, for links to runs; "
        "unset: DAGIT_HOST.",
    )
    look_after: timedelta = Field(
        default=timedelta(minutes=5),
        gt=timedelta(0),
        description="How long nothing is heard of a run before the hub looks it up in Dagster, "
        "ISO 8601, e.g. PT5M.",
    )
    runs_kept: timedelta = Field(
        default=timedelta(days=90),
        gt=timedelta(0),
        description="How long Dagster keeps a run, its events and its logs after its end, "
        "ISO 8601, e.g. P90D.",
    )
    sensor_interval_s: PositiveInt | None = Field(
        default=None,
        description="How often sensors look for work, in s; unset: 10. Dagster itself looks "
        "every 5 s at most.",
    )


class SiteSettings(BaseModel):
    """Habits of the credentials of sites (``NMDC_SITES__...``)."""

    model_config = ConfigDict(frozen=True)

    rotation_overlap: timedelta = Field(
        default=timedelta(days=1),
        ge=timedelta(0),
        description="How long a rotated client secret goes on working, ISO 8601, e.g. P1D.",
    )


class MinterSettings(BaseModel):
    """Limits of the minter of public ids (``NMDC_MINTER__...``)."""

    model_config = ConfigDict(frozen=True)

    most_ids_at_once: PositiveInt = Field(
        default=100_000,
        le=500_000,
        description="How many ids one request may mint; more is 422.",
    )


class MetadataSettings(BaseModel):
    """What is demanded of documents beside the schema (``NMDC_METADATA__...``)."""

    model_config = ConfigDict(frozen=True)

    require_minted_ids: bool = Field(
        default=False,
        description="Whether new documents need ids that were minted here; foreign ids, whose "
        "typecodes the schema does not have, are free.",
    )
    most_changesheet_rows: PositiveInt = Field(
        default=100_000, description="How many rows a changesheet may have; more is 413."
    )


class LoginSettings(BaseModel):
    """How people and sites log in (``NMDC_LOGIN__...``)."""

    model_config = ConfigDict(frozen=True)

    directory: bool = Field(
        default=True,
        description="Whether the hub keeps site clients and withdrawn tokens in memory, current by "
        "a change stream, instead of asking MongoDB at each request.",
    )
    failures_allowed: PositiveInt = Field(
        default=10,
        description="Failed logins with one name from one address before they have to wait.",
    )
    failure_window: timedelta = Field(
        default=timedelta(minutes=5),
        gt=timedelta(0),
        description="How long a failed login counts, ISO 8601, e.g. PT5M.",
    )
    orcid_creates_users: bool = Field(
        default=True,
        description="Whether who logs in with ORCID for the first time becomes a user.",
    )
    session_lifetime: timedelta = Field(
        default=timedelta(days=30),
        gt=timedelta(0),
        description="How long an ORCID login in a browser is good, ISO 8601, e.g. P30D.",
    )
    ask_keys_again_after_s: PositiveInt = Field(
        default=30,
        description="Shortest time between two looks at the login provider's keys, in s.",
    )


class ObjectSettings(BaseModel):
    """How the hub keeps bytes (``NMDC_OBJECTS__...``)."""

    model_config = ConfigDict(frozen=True)

    s3_over_bytes: PositiveInt = Field(
        default=16_000_000,
        description="Exports and the like over this size are kept in the S3 bucket, in bytes.",
    )
    upload_patience: timedelta = Field(
        default=timedelta(days=1),
        description="How long an upload may take before what it left is swept, ISO 8601.",
    )


class DrsSettings(BaseModel):
    """What the GA4GH DRS says of itself (``NMDC_DRS__...``)."""

    model_config = ConfigDict(frozen=True)

    spec_version: str = Field(
        default="1.5.0", description="Version of the standard that `service-info` names."
    )
    redirect_objects: bool = Field(
        default=False,
        description="Answer `GET /ga4gh/drs/v1/objects/{id}` with the redirect (303) of old.",
    )
    max_expanded_members: PositiveInt = Field(
        default=10_000, description="Members that an expanded bundle may have; more is 413."
    )
    max_bulk_ids: PositiveInt = Field(
        default=1_000, description="Ids in one bulk request; more is 413."
    )


class OntologySettings(BaseModel):
    """Where files of ontologies are kept (``NMDC_ONTOLOGY__...``)."""

    model_config = ConfigDict(frozen=True)

    cache_folder: Path = Field(
        default=Path("~/.cache/nmdc-runtime/ontologies"),
        description="Folder for the last good file of each ontology; it may vanish at any time.",
    )


class NeonSettings(BaseModel):
    """How the NEON data portal is asked, and what is kept of it (``NMDC_NEON__...``)."""

    model_config = ConfigDict(frozen=True)

    cache_folder: Path = Field(
        default=Path("~/.cache/nmdc-runtime/neon"),
        description="Folder for what NEON has sent; runs may share it, and it may vanish at any "
        "time.",
    )
    cache_bytes: PositiveInt = Field(
        default=2_000_000_000,
        description="Largest size of that folder, in bytes; what was used longest ago goes first.",
    )
    cache_hours: float = Field(
        default=12, gt=0, description="How long what is kept is believed, in hours."
    )
    downloads_at_once: PositiveInt = Field(
        default=6, le=50, description="How many requests to NEON are under way at a time."
    )
    timeout_s: float = Field(
        default=60, gt=0, description="How long NEON may be silent before a request fails, in s."
    )
    max_retries: int = Field(
        default=5, ge=0, le=20, description="How often a request that failed is repeated."
    )


class QuerySettings(BaseModel):
    """What commands at ``/queries:run`` may read and leave behind (``NMDC_QUERIES__...``)."""

    model_config = ConfigDict(frozen=True)

    operational_collections: tuple[str, ...] = Field(
        default=(
            *("jobs", "operations", "objects", "run_events", "txn_log", "workflows"),
            *("capabilities", "object_types", "triggers", "file_type_enum"),
            *("ontology_class_set", "ontology_relation_set"),
        ),
        description="JSON list of collections outside the schema that holders of "
        "`/queries:run(collections:operational)` may read.",
    )
    deleted_database: str = Field(
        default="nmdc_deleted", description="Database of documents that commands deleted."
    )
    updated_database: str = Field(
        default="nmdc_updated", description="Database of documents as they were before updates."
    )
    before_images_kept: timedelta | None = Field(
        default=None,
        gt=timedelta(0),
        description="How long those documents are kept, ISO 8601; unset: for ever.",
    )
    kept_result_bytes: PositiveInt = Field(
        default=500_000_000,
        description="Largest result of an aggregation, in bytes, that is kept for an hour for "
        "further batches; a larger one is 422.",
    )

    @field_validator("operational_collections")
    @classmethod
    def _never_secrets(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        secret = [name for name in names if SECRET_COLLECTIONS.match(name)]
        if secret:
            raise ValueError(f"these hold secrets or belong to the Runtime alone: {secret}")
        return names


class JobSettings(BaseModel):
    """How changes of jobs are streamed to those who watch (``NMDC_JOBS__...``)."""

    model_config = ConfigDict(frozen=True)

    watchers: PositiveInt = Field(
        default=50, description="Streams of `GET /jobs:watch` that one process serves at once."
    )
    heartbeat_s: float = Field(
        default=10, gt=0, le=15, description="Longest silence of such a stream, in s."
    )
    watch_lifetime: timedelta = Field(
        default=timedelta(minutes=10),
        description="When a stream ends and the client comes again, ISO 8601, e.g. PT10M.",
    )


class UpkeepSettings(BaseModel):
    """What looks after the data by night (``NMDC_UPKEEP__...``): checks, backups, sweeps."""

    model_config = ConfigDict(frozen=True)

    problems_listed: PositiveInt = Field(
        default=100,
        le=1_000,
        description="How many problems the report of a check lists for each collection.",
    )
    reports_kept: PositiveInt = Field(
        default=60, description="How many reports of each kind of check are kept, the newest."
    )
    backup_bucket: str | None = Field(
        default=None, description="Bucket of the backups; unset: that of the Runtime's own site."
    )
    backups_kept: PositiveInt = Field(
        default=14, description="How many whole backups stay; the newest always does."
    )
    backups_kept_for: timedelta = Field(
        default=timedelta(days=90),
        gt=timedelta(0),
        description="How long a whole backup stays, but for the newest, ISO 8601, e.g. P90D.",
    )
    not_backed_up: tuple[str, ...] = Field(
        default=(),
        description="JSON list of collections that backups leave out, besides what is derived "
        "from others.",
    )
    sweep_grace: timedelta = Field(
        default=timedelta(days=7),
        ge=timedelta(days=1),
        description="How long something must have been left behind before a sweep removes it, "
        "ISO 8601, e.g. P7D.",
    )


class ExportSettings(BaseModel):
    """What exports of studies may fetch (``NMDC_EXPORTS__...``)."""

    model_config = ConfigDict(frozen=True)

    mapping_hosts: tuple[str, ...] = Field(
        default=("raw.githubusercontent.com",),
        description="JSON list of the hosts from which the export to NCBI may fetch a table of "
        "attributes; without a table it uses its own.",
    )


class IngestSettings(BaseModel):
    """What runs that bring data in may fetch (``NMDC_INGESTS__...``)."""

    model_config = ConfigDict(frozen=True)

    table_hosts: tuple[str, ...] = Field(
        default=(),
        description="JSON list of the hosts from which runs may fetch tables that their "
        "configuration names, private ones included; without any, all public ones.",
    )

"""All that a deployment can change; the only module that reads the environment.

Published names (spec: environment variables) are validation aliases of top-level fields; new
settings are ``NMDC_<SECTION>__<FIELD>``. Properties group the published ones for those who use
them.
"""

import os
import secrets as random_secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nmdc_runtime.config.sections import (
    DagsterSettings,
    DrsSettings,
    ExportSettings,
    HubSettings,
    IngestSettings,
    JobSettings,
    LoginSettings,
    MetadataSettings,
    MinterSettings,
    NeonSettings,
    ObjectSettings,
    OntologySettings,
    QuerySettings,
    SiteSettings,
    UpkeepSettings,
)

#: Values that example files carry in place of a secret: they count as absent.
PLACEHOLDERS: Final = frozenset({"", "generateme", "replaceme", "changeme", "x", "y", "secret"})

#: Secrets of the example files that work, but only for local development.
DEVELOPMENT_ONLY: Final = frozenset({"root"})


def is_placeholder(value: str) -> bool:
    """Say whether a value only holds the place of a secret."""
    return value.strip().lower() in PLACEHOLDERS


class Environment(StrEnum):
    """Which deployment this is: it decides how strict start-up is about secrets."""

    DEV = "dev"
    TEST = "test"
    PROD = "prod"


class SettingsInvalid(ValueError):
    """The settings cannot be used; the message names each variable and what to do."""


@dataclass(frozen=True, slots=True)
class MongoSettings:
    """How to reach MongoDB."""

    url: str
    database: str
    username: str | None = None
    password: SecretStr | None = None
    pool_size: int = 40


@dataclass(frozen=True, slots=True)
class ObjectStorageSettings:
    """How to reach the S3 service that keeps the site's objects; the bucket is the site's id."""

    endpoint_url: str
    region: str
    key: SecretStr
    secret: SecretStr
    bucket: str


@dataclass(frozen=True, slots=True)
class BootstrapSettings:
    """The accounts that boot creates when they are missing."""

    admin_username: str
    admin_password: SecretStr
    site_id: str
    site_client_id: str
    site_client_secret: SecretStr


def _published(name: str, default: object = ..., *, description: str, **extra: Any) -> Any:  # noqa: ANN401 (a field)
    return Field(default, validation_alias=name, description=description, **extra)


class Settings(BaseSettings):
    """All that a deployment can change."""

    model_config = SettingsConfigDict(
        env_prefix="NMDC_",
        env_nested_delimiter="__",
        frozen=True,
        populate_by_name=True,
        extra="ignore",
    )

    environment: Environment = Field(
        default=Environment.DEV, description="`dev`, `test` or `prod`; prod refuses placeholders."
    )
    hub: HubSettings = Field(default_factory=HubSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    dagster: DagsterSettings = Field(default_factory=DagsterSettings)
    sites: SiteSettings = Field(default_factory=SiteSettings)
    login: LoginSettings = Field(default_factory=LoginSettings)
    minter: MinterSettings = Field(default_factory=MinterSettings)
    metadata: MetadataSettings = Field(default_factory=MetadataSettings)
    objects: ObjectSettings = Field(default_factory=ObjectSettings)
    drs: DrsSettings = Field(default_factory=DrsSettings)
    queries: QuerySettings = Field(default_factory=QuerySettings)
    ontology: OntologySettings = Field(default_factory=OntologySettings)
    upkeep: UpkeepSettings = Field(default_factory=UpkeepSettings)
    neon: NeonSettings = Field(default_factory=NeonSettings)
    exports: ExportSettings = Field(default_factory=ExportSettings)
    ingests: IngestSettings = Field(default_factory=IngestSettings)

    mongo_host: str = _published(
        "MONGO_HOST",
        "mongodb://localhost:27017",
        description="MongoDB connection string, with scheme, without credentials.",
    )
    mongo_username: str | None = _published(
        "MONGO_USERNAME", None, description="MongoDB user; unset: no authentication."
    )
    mongo_password: SecretStr | None = _published(
        "MONGO_PASSWORD", None, description="MongoDB password."
    )
    mongo_password_file: Path | None = _published(
        "MONGO_PASSWORD_FILE", None, description="File that holds the MongoDB password instead."
    )
    mongo_dbname: str = _published("MONGO_DBNAME", "nmdc", description="Main database.")
    mongo_test_dbname: str = _published(
        "MONGO_TEST_DBNAME", "nmdc-test", description="Scratch database of tests."
    )
    do_region_name: str = _published(
        "DO_REGION_NAME", "us-east-1", description="Region of the S3 service."
    )
    do_endpoint_url: str = _published(
        "DO_ENDPOINT_URL", "http://localhost:9000", description="Address of the S3 service."
    )
    do_spaces_key: SecretStr = _published(
        "DO_SPACES_KEY", SecretStr(""), description="Access key of the S3 service."
    )
    do_spaces_secret: SecretStr = _published(
        "DO_SPACES_SECRET", SecretStr(""), description="Secret key of the S3 service."
    )
    jwt_secret_key: SecretStr = _published(
        "JWT_SECRET_KEY",
        SecretStr(""),
        description="Key that signs tokens: `openssl rand -hex 32`.",
    )
    api_host: str = _published(
        "API_HOST", "http://localhost:8000", description="The hub's base URL inside the network."
    )
    api_host_external: str = _published(
        "API_HOST_EXTERNAL",
        "http://127.0.0.1:8000",
        description="The hub's base URL for everyone else; also names DRS objects.",
    )
    api_admin_user: str = _published(
        "API_ADMIN_USER", "admin", description="Administrator that boot creates."
    )
    api_admin_pass: SecretStr = _published(
        "API_ADMIN_PASS", SecretStr(""), description="Password of that administrator."
    )
    api_site_id: str = _published(
        "API_SITE_ID", "nmdc-runtime", description="The Runtime's own site; also its bucket."
    )
    api_site_client_id: str = _published(
        "API_SITE_CLIENT_ID", "", description="Client of the Runtime's own site."
    )
    api_site_client_secret: SecretStr = _published(
        "API_SITE_CLIENT_SECRET", SecretStr(""), description="Secret of that client."
    )
    minting_service_id: str = _published(
        "MINTING_SERVICE_ID", "nmdc:minter_service_11", description="Minting service of this hub."
    )
    dagit_host: str = _published(
        "DAGIT_HOST", "http://localhost:3000", description="Dagster's web server."
    )
    gold_api_base_url: str = _published(
        "GOLD_API_BASE_URL", "https://gold.jgi.doe.gov/rest/nmdc", description="GOLD's API."
    )
    gold_api_username: str = _published("GOLD_API_USERNAME", "", description="GOLD user.")
    gold_api_password: SecretStr = _published(
        "GOLD_API_PASSWORD", SecretStr(""), description="GOLD password."
    )
    nmdc_portal_api_base_url: str = _published(
        "NMDC_PORTAL_API_BASE_URL",
        "https://data-dev.microbiomedata.org",
        description="The submission portal's API.",
    )
    nmdc_portal_api_refresh_token: SecretStr = _published(
        "NMDC_PORTAL_API_REFRESH_TOKEN", SecretStr(""), description="Portal refresh token."
    )
    neon_api_base_url: str = _published(
        "NEON_API_BASE_URL", "https://data.neonscience.org/api/v0", description="NEON's API."
    )
    neon_api_token: SecretStr = _published(
        "NEON_API_TOKEN", SecretStr(""), description="NEON token."
    )
    ontology_db_url_prefix: str = _published(
        "ONTOLOGY_DB_URL_PREFIX",
        "https://semanticsql.berkeleybop.io",
        description="What comes before `<ontology>.db.gz`: an http(s) or file address, or a "
        "folder.",
    )
    orcid_nmdc_client_id: str = _published(
        "ORCID_NMDC_CLIENT_ID", "", description="Client of the ORCID login."
    )
    orcid_nmdc_client_secret: SecretStr = _published(
        "ORCID_NMDC_CLIENT_SECRET", SecretStr(""), description="Secret of that client."
    )
    orcid_base_url: str = _published(
        "ORCID_BASE_URL", "https://orcid.org", description="ORCID environment."
    )
    info_banner_innerhtml: str = _published(
        "INFO_BANNER_INNERHTML", "", description="Announcement on the documentation page."
    )
    is_linked_instances_endpoint_enabled: bool = _published(
        "IS_LINKED_INSTANCES_ENDPOINT_ENABLED", True, description="Serve linked instances."
    )
    is_scalar_enabled: bool = _published(
        "IS_SCALAR_ENABLED", True, description="Serve the Scalar documentation page."
    )
    is_profiling_enabled: bool = _published(
        "IS_PROFILING_ENABLED", False, description="Let administrators profile requests."
    )
    is_sentry_enabled: bool = _published(
        "IS_SENTRY_ENABLED", False, description="Report errors to Sentry."
    )
    sentry_dsn: SecretStr = _published(
        "SENTRY_DSN", SecretStr(""), description="Sentry project; empty: off."
    )
    sentry_environment: str = _published(
        "SENTRY_ENVIRONMENT", "unknown", description="Environment told to Sentry."
    )
    sentry_traces_sample_rate: float = _published(
        "SENTRY_TRACES_SAMPLE_RATE", 0.0, description="Share of requests traced, 0 to 1."
    )
    sentry_profiles_sample_rate: float = _published(
        "SENTRY_PROFILES_SAMPLE_RATE", 0.0, description="Share of traces profiled, 0 to 1."
    )

    @field_validator(
        "is_linked_instances_endpoint_enabled",
        "is_scalar_enabled",
        "is_profiling_enabled",
        "is_sentry_enabled",
        mode="before",
    )
    @classmethod
    def _only_true_is_true(cls, value: object) -> object:
        """Keep the published rule: any word but `true`, in any case, is false."""
        return value.strip().lower() == "true" if isinstance(value, str) else value

    @field_validator(
        "api_host",
        "api_host_external",
        "dagit_host",
        "gold_api_base_url",
        "nmdc_portal_api_base_url",
        "neon_api_base_url",
        "orcid_base_url",
    )
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def mongo(self) -> MongoSettings:
        """How to reach MongoDB; the password may come from a file."""
        password = self.mongo_password
        if self.mongo_password_file is not None:
            if password is not None:
                raise SettingsInvalid("set MONGO_PASSWORD or MONGO_PASSWORD_FILE, not both")
            password = SecretStr(self.mongo_password_file.read_text(encoding="utf-8").strip())
        return MongoSettings(
            url=self.mongo_host,
            database=self.mongo_dbname,
            username=self.mongo_username or None,
            password=password,
            pool_size=self.hub.pool_size,
        )

    @property
    def object_storage(self) -> ObjectStorageSettings:
        """How to reach the S3 service."""
        return ObjectStorageSettings(
            endpoint_url=self.do_endpoint_url,
            region=self.do_region_name,
            key=self.do_spaces_key,
            secret=self.do_spaces_secret,
            bucket=self.api_site_id,
        )

    @property
    def bootstrap(self) -> BootstrapSettings:
        """The accounts that boot creates when they are missing."""
        return BootstrapSettings(
            admin_username=self.api_admin_user,
            admin_password=self.api_admin_pass,
            site_id=self.api_site_id,
            site_client_id=self.api_site_client_id,
            site_client_secret=self.api_site_client_secret,
        )

    @property
    def orcid_client_id(self) -> str:
        """Client of the ORCID login; empty where none is set up."""
        given = self.orcid_nmdc_client_id
        return "" if is_placeholder(given) else given

    @property
    def drs_host(self) -> str:
        """Host, with port if any, that names DRS objects: ``drs://<host>/<id>``."""
        return urlsplit(self.api_host_external).netloc


def check_names(environ: dict[str, str] | None = None) -> None:
    """Raise if a variable that starts with ``NMDC_`` is not one of ours: a typo would be silent.

    ``NMDC_TEST_*`` belongs to the test suite.
    """
    known = declared_names()
    unknown = sorted(
        name
        for name in (os.environ if environ is None else environ)
        if name.startswith("NMDC_") and not name.startswith("NMDC_TEST_") and name not in known
    )
    if unknown:
        raise SettingsInvalid(
            f"unknown settings {', '.join(unknown)}: see .env.example for the names there are"
        )


def declared_names() -> dict[str, str]:
    """Return every environment variable that is read, with its description."""
    names: dict[str, str] = {}
    for field_name, field in Settings.model_fields.items():
        if isinstance(field.validation_alias, str):
            names[field.validation_alias] = field.description or ""
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner_name, inner in field.annotation.model_fields.items():
                names[f"NMDC_{field_name}__{inner_name}".upper()] = inner.description or ""
        else:
            names[f"NMDC_{field_name}".upper()] = field.description or ""
    return names


def ready_for_hub(settings: Settings) -> Settings:
    """Return settings whose secrets the hub may start with, or raise `SettingsInvalid`.

    In ``prod`` a missing, placeholder or example secret is refused, in ``test`` such a signing
    key. In ``dev`` a placeholder key is replaced by one made for this process: its tokens end
    with it.
    """
    secrets = {"JWT_SECRET_KEY": settings.jwt_secret_key.get_secret_value()}
    if settings.environment is Environment.PROD:
        password = settings.mongo.password
        secrets |= {
            "API_ADMIN_PASS": settings.api_admin_pass.get_secret_value(),
            "API_SITE_CLIENT_ID": settings.api_site_client_id,
            "API_SITE_CLIENT_SECRET": settings.api_site_client_secret.get_secret_value(),
            "MONGO_PASSWORD": password.get_secret_value() if password else "",
        }
    weak = [name for name, value in secrets.items() if is_weak(value)]
    if not weak:
        return settings
    if settings.environment is Environment.DEV:
        key = SecretStr(random_secrets.token_hex(32))
        return settings.model_copy(update={"jwt_secret_key": key})
    raise SettingsInvalid(
        f"NMDC_ENVIRONMENT is {settings.environment}, but {', '.join(weak)} is empty, a "
        "placeholder or an example value: set a real one (for a key: openssl rand -hex 32)"
    )


def is_weak(value: str) -> bool:
    """Say whether a secret is missing, a placeholder, or one that example files publish."""
    return is_placeholder(value) or value in DEVELOPMENT_ONLY

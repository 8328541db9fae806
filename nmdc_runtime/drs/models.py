"""What crosses the wire under ``/ga4gh/drs/v1``, as DRS 1.2 and 1.5 both have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Ga4ghAccessURL(BaseModel):
    """Where bytes can be fetched; each header is a line ``Name: value``."""

    url: str
    headers: list[str] | None = None


class Ga4ghAccessMethod(BaseModel):
    """One way to get at an object's bytes."""

    type: str
    access_url: Ga4ghAccessURL | None = None
    access_id: str | None = None
    region: str | None = None


class Ga4ghChecksum(BaseModel):
    """A digest, by the name that IANA gives to its kind."""

    checksum: str
    type: str


class Ga4ghContents(BaseModel):
    """A member of a bundle."""

    name: str
    id: str | None = None
    drs_uri: list[str] | None = None
    contents: list["Ga4ghContents"] | None = None


class Ga4ghObject(BaseModel):
    """A blob or a bundle; what is not known is left out."""

    id: str
    name: str | None = None
    self_uri: str
    size: int
    created_time: datetime
    updated_time: datetime | None = None
    version: str | None = None
    mime_type: str | None = None
    checksums: list[Ga4ghChecksum]
    access_methods: list[Ga4ghAccessMethod] | None = None
    contents: list[Ga4ghContents] | None = None
    description: str | None = None
    aliases: list[str] | None = None


class Ga4ghError(BaseModel):
    """The standard's error; ``detail`` and more come along."""

    msg: str
    status_code: int


class ServiceType(BaseModel):
    """Which standard is implemented."""

    group: Literal["org.ga4gh"] = "org.ga4gh"
    artifact: Literal["drs"] = "drs"
    version: str


class Organization(BaseModel):
    """Who runs the service."""

    name: str
    url: str


class ServiceInfo(BaseModel):
    """What the service says of itself; only keys of the standard."""

    id: str
    name: str
    type: ServiceType
    description: str
    organization: Organization
    documentationUrl: str  # noqa: N815 (the standard's name)
    environment: str
    version: str


class Authorizations(BaseModel):
    """How one may get at an object."""

    drs_object_id: str
    supported_types: list[Literal["None", "BasicAuth", "BearerAuth", "PassportAuth"]]


class BulkObjectIds(BaseModel):
    """Ids of objects."""

    bulk_object_ids: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class BulkSummary(BaseModel):
    """How many ids were asked for, known, and unknown."""

    requested: int
    resolved: int
    unresolved: int


class Unresolved(BaseModel):
    """Ids that came to nothing, by HTTP status."""

    error_code: int
    object_ids: list[str]


class BulkAuthorizations(BaseModel):
    """How one may get at each of several objects."""

    summary: BulkSummary
    resolved_drs_object: list[Authorizations]
    unresolved_drs_objects: list[Unresolved]


class DrsReport(BaseModel):
    """What the DRS serves, and how many data objects lack what the standard demands."""

    objects: int
    data_objects: int
    data_objects_served: int
    data_objects_without: dict[str, int] = Field(
        description="How many have no `size`, `checksums` or `access_methods`; one may lack more."
    )


class ObjectPutMetadata(BaseModel):
    """What is known of an upload that a site was promised."""

    model: str | None = None
    cancelled: bool | None = None
    object_id: str
    site_id: str
    url: str
    expires_in_seconds: int


class ObjectPutOperation(BaseModel):
    """The promise of an object; registering the object keeps it."""

    id: str
    done: bool = False
    expire_time: datetime
    result: dict[str, object] | None = None
    metadata: ObjectPutMetadata | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """What an id names is told elsewhere."""

    url: str

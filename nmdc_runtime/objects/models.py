"""What a stored object is, on the wire and in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel


class AccessURL(BaseModel):
    """Where bytes can be fetched."""

    url: str
    headers: dict[str, str] | None = None


class AccessMethod(BaseModel):
    """One way to get at an object's bytes."""

    type: str = "https"
    access_url: AccessURL | None = None
    access_id: str | None = None
    region: str | None = None


class Checksum(BaseModel):
    """A digest of an object's bytes."""

    checksum: str
    type: str


class DrsObject(BaseModel):
    """A GA4GH DRS object: a blob with ways to get it, or a bundle with contents."""

    id: str
    self_uri: str
    size: int | None = None
    created_time: datetime
    updated_time: datetime | None = None
    name: str | None = None
    version: str | None = None
    mime_type: str | None = None
    description: str | None = None
    aliases: list[str] | None = None
    checksums: list[Checksum]
    access_methods: list[AccessMethod] | None = None
    contents: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that the hub keeps, with what they were sent as."""

    name: str
    content_type: str
    content: bytes

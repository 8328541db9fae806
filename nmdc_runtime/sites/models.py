"""What crosses the wire about a site, and what only the server may know."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

#: Shorter secrets are refused, as published.
SHORTEST_SECRET: Final = 8
LONGEST_OVERLAP: Final = timedelta(days=30)


class Site(BaseModel):
    """A place that runs jobs, as the API shows it: without its clients."""

    id: str
    capability_ids: list[str] = []


class SiteIn(Site):
    """A site to create; its id becomes part of URLs."""

    id: str = Field(min_length=1, max_length=255, pattern=r"^[^\s/?#]+$")


class SitePatch(BaseModel):
    """What the administrators of a site may change about it."""

    capability_ids: list[str]


class ClientCredentials(BaseModel):
    """The credentials of a site client; the only answer that ever shows the secret."""

    client_id: str
    client_secret: str


class RotatedCredentials(ClientCredentials):
    """New credentials, and until when the old secret still works."""

    old_secret_expires_at: datetime


class Rotation(BaseModel):
    """How to rotate a secret."""

    overlap_seconds: int | None = Field(
        default=None,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="How long the old secret works beside the new one. 0 ends it, and the tokens "
        "got with it, at once; not given: as long as this hub's settings say.",
    )


class CredentialsInfo(BaseModel):
    """What may be told of a site client's credentials."""

    client_id: str
    created_at: datetime | None = Field(description="Null if an older Runtime created them.")
    last_rotated_at: datetime | None = None
    old_secret_expires_at: datetime | None = Field(
        default=None, description="Until when the secret before the current one works."
    )


class CredentialsList(BaseModel):
    """The clients of a site."""

    resources: list[CredentialsInfo]


class SiteClientPatchIn(BaseModel):
    """What may be changed about a site client."""

    model_config = ConfigDict(extra="forbid")

    secret: Annotated[str, Field(min_length=SHORTEST_SECRET)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedSecret:
    """The hash of one secret of a client, and until when it works; None: until it is rotated."""

    hash: str = field(repr=False)
    created_at: datetime | None = None
    expires_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Say whether the secret still works."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClient:
    """Credentials of a site; the hashes of the secrets never leave the server.

    Parameters
    ----------
    secrets
        The current one first; then the one before, for as long as both work.
    credentials_version
        Grows when tokens made before must end; a token says of which version it is.
    is_embedded
        Whether it still stands in the document of its site, as older Runtimes kept it.
    """

    id: str
    site_id: str
    secrets: tuple[HashedSecret, ...] = field(default=(), repr=False)
    credentials_version: int = 0
    created_at: datetime | None = None
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None
    is_embedded: bool = False

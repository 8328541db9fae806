"""What crosses the wire about a site, and what only the server may know."""

from dataclasses import dataclass, field

from pydantic import BaseModel


class Site(BaseModel):
    """A place that runs jobs, as the API shows it: without its clients."""

    id: str
    capability_ids: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClient:
    """Credentials of a site; the hash of the secret never leaves the server."""

    id: str
    site_id: str
    hashed_secret: str | None = field(default=None, repr=False)

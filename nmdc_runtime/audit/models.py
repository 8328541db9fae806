"""What the audit trail keeps."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class AuditRecord(BaseModel):
    """One change of state."""

    id: str = Field(description="Grows with time.")
    at: datetime
    action: str = Field(description="What was done, e.g. `claim_job`.")
    targets: list[str] = Field(description="To what, as `<collection>/<id>`.")
    username: str = Field(description="By whom: a user, a site client, or the Runtime itself.")
    site_id: str | None = Field(default=None, description="The site of a site client.")
    api_key_id: str | None = Field(default=None, description="The API key that was used.")
    request_id: str | None = Field(default=None, description="`X-Request-ID` of the request.")
    before_hash: str | None = Field(default=None, description="SHA-256 of what was there before.")
    after_hash: str | None = Field(default=None, description="SHA-256 of what was there after.")
    details: dict[str, Any] | None = None

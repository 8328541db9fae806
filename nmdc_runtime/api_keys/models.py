"""What crosses the wire about an API key, and what only the server may know."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

#: What every key begins with, so that people and scanners for leaked secrets recognise one.
PREFIX: Final = "nmdck_"
DEFAULT_DAYS: Final = 90
MOST_DAYS: Final = 365


class ApiKeyIn(BaseModel):
    """An API key to make."""

    name: str = Field(min_length=1, max_length=100, description="What you will know it by.")
    scopes: list[str] = Field(
        default=[],
        max_length=100,
        description="The permissions it may use, of those that you have: see `allowances` at "
        "`GET /users/me`. None: it can only read.",
    )
    expires_in_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)


class ApiKeyInfo(BaseModel):
    """What may be told of an API key."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")


class NewApiKey(ApiKeyInfo):
    """A key that was just made."""

    key: str = Field(description="Send it as `Authorization: Bearer`. It is never shown again.")


class ApiKeyList(BaseModel):
    """The keys of a user."""

    resources: list[ApiKeyInfo]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is stored: with the hash of its secret, which never leaves the server."""

    id: str
    owner: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    hashed_secret: str = field(default="", repr=False)

"""What crosses the wire of the find routes."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nmdc_runtime.web.visibility import Visibility


class FindResponse(BaseModel):
    """One page of what was found, and what is to be known of it."""

    meta: dict[str, Any] = Field(
        description="`count` of all that match, the page, and with cursors `next_cursor`: the "
        "cursor of the next page, null at the end."
    )
    results: list[dict[str, Any]] = Field(description="The documents, whole or the fields asked.")
    group_by: list[dict[str, Any]] = Field(description="Always empty.")

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindParameters:
    """The query parameters as they were sent; None is absent."""

    filter: str | None = None
    search: str | None = None
    sort: str | None = None
    page: int | None = None
    per_page: int | None = None
    cursor: str | None = None
    group_by: str | None = None
    fields: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a route finds: where it is, in which collections, and what is shown of them."""

    path: str
    collections: tuple[str, ...]
    visibility: Visibility = field(default_factory=Visibility)
    #: Whether the request itself said so, or the hub's settings do.
    is_visibility_sent: bool = False

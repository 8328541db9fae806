"""What crosses the wire of metadata, where it is not a document."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nmdc_runtime.mongo.documents import Document

#: MongoDB sorts by at most 32 attributes, and the one that makes the order total is added.
MOST_SORT_KEYS = 31


class SearchIn(BaseModel):
    """A search of a collection; all of it is optional."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "filter": {"id": {"$in": ["nmdc:sty-11-34xj1150"]}},
                    "sort": {"name": 1, "id": -1},
                    "projection": ["id", "name"],
                    "max_page_size": 100,
                }
            ]
        }
    )

    filter: Document | None = Field(
        default=None,
        description="Which documents, in MongoDB's query language. Extended JSON is understood; "
        "server-side JavaScript is not allowed.",
    )
    sort: dict[str, Literal[1, -1]] | None = Field(
        default=None,
        max_length=MOST_SORT_KEYS,
        description="In which order: attributes, each with 1 (up) or -1 (down), the most "
        "important first. Documents that are equal in all of them come by their ids. Unset: by id.",
    )
    projection: list[str] | dict[str, Any] | str | None = Field(
        default=None,
        description="Which attributes: a list of names, an object of ones or zeros, or names "
        "between commas.",
    )
    max_page_size: int | None = Field(
        default=None,
        description="How many documents a page has at most; unset: 20, or as the token remembers. "
        "Below 1: all of them at once, streamed. A file has all, unless this is sent.",
    )
    page_token: str | None = Field(
        default=None,
        description="The `next_page_token` of the page before. It remembers the rest of the "
        "search, except a filter of more than 2,048 characters, which must be sent again.",
    )

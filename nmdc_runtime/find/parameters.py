"""The query parameters of the find routes, and what of them is refused at once."""

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from nmdc_runtime.find.models import FindParameters
from nmdc_runtime.find.service import DEFAULT_SIZE

MOST_PER_PAGE: Final = 2_000
CONFLICT: Final = "Value error, cannot use cursor- and page-based pagination together"


def _example(value: object, summary: str) -> dict[str, Any]:
    return {"usual": {"summary": summary, "value": value}}


async def find_parameters(  # noqa: PLR0917 (FastAPI passes them by name)
    request: Request,
    filter: Annotated[
        str | None,
        Query(
            description="Which documents: `attribute:spec` parts between commas, all of which must "
            "hold. A spec is what the attribute equals, or a bound such as `>=5`; two bounds may "
            "stand on one attribute. `attribute.search:` takes a regular expression. An attribute "
            "may be a path such as `env_medium.has_raw_value`.",
            openapi_examples={
                **_example("name.search:soil", "a name that contains a word"),
                "path": {
                    "summary": "bounds on a nested attribute",
                    "value": "lat_lon.latitude:>=30,lat_lon.latitude:<40",
                },
            },
        ),
    ] = None,
    search: Annotated[
        str | None,
        Query(
            description="Not offered (418): use `filter=<attribute>.search:<regular expression>`.",
            openapi_examples=_example("", "nothing"),
        ),
    ] = None,
    sort: Annotated[
        str | None,
        Query(
            description="In which order: attributes between commas, each with `:asc` or `:desc` if "
            "you like. Those that are equal come in the order of their ids.",
            openapi_examples=_example("name:desc", "by name, last one first"),
        ),
    ] = None,
    page: Annotated[
        int | None,
        Query(
            description="The number of the page, from 1 on; not together with `cursor`.",
            openapi_examples=_example(1, "the first page"),
        ),
    ] = None,
    per_page: Annotated[
        int,
        Query(
            description="How many documents a page has at most.",
            gt=0,
            le=MOST_PER_PAGE,
            openapi_examples=_example(20, "twenty"),
        ),
    ] = DEFAULT_SIZE,
    cursor: Annotated[
        str | None,
        Query(
            description="`*` starts a walk through all pages; then send the `meta.next_cursor` of "
            "the page before, until it is null. Every document comes once, whatever is written "
            "meanwhile. A cursor can be sent again until it expires, and remembers `filter`, "
            "`sort`, `fields` and `per_page`.",
            openapi_examples=_example("*", "the beginning of a walk"),
        ),
    ] = None,
    group_by: Annotated[
        str | None,
        Query(description="Not offered (418).", openapi_examples=_example("", "nothing")),
    ] = None,
    fields: Annotated[
        str | None,
        Query(
            description="Which attributes, between commas; `id` always comes along.",
            openapi_examples=_example("name,type", "names and types"),
        ),
    ] = None,
) -> FindParameters:
    """Read the parameters of a find route."""
    if page is not None and cursor is not None:
        raise RequestValidationError(
            [
                {
                    "type": "value_error",
                    "loc": ("query",),
                    "msg": CONFLICT,
                    "input": dict(request.query_params),
                    "ctx": {"error": {}},
                }
            ]
        )
    return FindParameters(
        filter=_sent(filter),
        search=_sent(search),
        sort=_sent(sort),
        page=page,
        per_page=per_page if "per_page" in request.query_params else None,
        cursor=cursor,
        group_by=_sent(group_by),
        fields=_sent(fields),
    )


def _sent(text: str | None) -> str | None:
    """Return what was sent; nothing is also sent as an empty value."""
    return (text or "").strip() or None


Parameters = Annotated[FindParameters, Depends(find_parameters)]

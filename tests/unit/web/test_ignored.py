"""Query parameters that a route does not know are named in a header of its answer."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, Field

from nmdc_runtime.web.ignored import IGNORED_HEADER, MOST_NAMES, IgnoredParameters
from tests.support.asgi import ask

HEADER = IGNORED_HEADER.lower()


class Page(BaseModel):
    """Parameters as a model."""

    size: int = 20
    start: int = Field(default=0, alias="from")


def deeper(inner: str = "") -> str:
    return inner


def shared(outer: str = "", deep: Annotated[str, Depends(deeper)] = "") -> str:
    return outer + deep


@pytest.fixture
def app() -> IgnoredParameters:
    inner = FastAPI()

    @inner.get("/things/{thing_id}")
    async def thing(
        thing_id: str,
        own: str = "",
        hidden: Annotated[str, Query(include_in_schema=False)] = "",
        other: Annotated[str, Query(alias="alias-of")] = "",
        both: Annotated[str, Depends(shared)] = "",
    ) -> str:
        return thing_id + own + hidden + other + both

    @inner.get("/pages")
    async def pages(page: Annotated[Page, Query()]) -> int:
        return page.size

    return IgnoredParameters(inner)


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/things/1", "", None),
        ("/things/1", "own=1&hidden=1&alias-of=1&outer=1&inner=1", None),
        ("/things/1", "sort_by=name", "sort_by"),
        ("/things/1", "sort_by=a&own=1&sort_by=b&page=2&empty", "sort_by, page, empty"),
        ("/things/1", "&own=1", None),
        ("/things/1", "a%0D%0ASet-Cookie:x=1", "a%0D%0ASet-Cookie%3Ax"),
        ("/things/1", "%C3%A9t%C3%A9=1", "%C3%A9t%C3%A9"),
        ("/pages", "size=1&from=2&until=3", "until"),
        ("/nowhere", "own=1", None),
    ],
)
async def test_exactly_the_unknown_names_are_told(app, path, query, named):
    answer = await ask(app, path, query=query)

    assert answer.headers.get(HEADER) == named
    assert answer.status == (404 if path == "/nowhere" else 200)


async def test_a_client_cannot_make_the_header_as_long_as_it_likes(app):
    query = "&".join(f"{number}{'x' * 500}=1" for number in range(1_000))

    answer = await ask(app, "/things/1", query=query)

    names = answer.headers[HEADER].split(", ")
    assert len(names) == MOST_NAMES
    assert max(map(len, names)) <= 60

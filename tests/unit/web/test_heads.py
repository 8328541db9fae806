"""HEAD is GET without its body, and without the work that goes into it."""

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse

from nmdc_runtime.web.compression import Compression
from nmdc_runtime.web.heads import HeadRequests
from tests.support.asgi import ask


@pytest.fixture
def made() -> list[str]:
    """Return what was made for bodies, and what was done behind an answer."""
    return []


@pytest.fixture
def app(made) -> HeadRequests:
    inner = FastAPI()

    @inner.get("/whole")
    async def whole() -> PlainTextResponse:
        return PlainTextResponse("x" * 5_000, headers={"ETag": '"v1"'})

    @inner.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts():
            for number in range(1_000):
                made.append(f"part {number}")
                yield b"x" * 1_000

        return StreamingResponse(parts(), media_type="application/x-ndjson")

    @inner.get("/nothing", status_code=204)
    async def nothing() -> None:
        return None

    @inner.post("/only-post")
    async def only_post() -> None:
        made.append("posted")

    @inner.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    return HeadRequests(Compression(inner))


@pytest.mark.parametrize("accept", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("path", ["/whole", "/stream", "/nothing", "/nowhere"])
async def test_the_head_is_that_of_get(app, path, accept):
    got = await ask(app, path, accept_encoding=accept)
    head = await ask(app, path, method="HEAD", accept_encoding=accept)

    assert head.status == got.status
    assert head.headers == got.headers
    assert head.body == b""
    assert head.is_complete


async def test_a_stream_is_not_begun(app, made):
    await ask(app, "/stream", method="HEAD", accept_encoding="gzip")

    assert made == []


async def test_a_route_that_only_takes_post_is_not_posted_to(app, made):
    answer = await ask(app, "/only-post", method="HEAD")

    assert answer.status == 405
    assert made == []


async def test_an_error_stays_one(app):
    with pytest.raises(RuntimeError):
        await ask(app, "/broken", method="HEAD")


async def test_what_stands_around_it_sees_the_method_that_was_sent_and_the_route(app):
    answer = await ask(app, "/whole", method="HEAD")

    assert answer.scope["method"] == "HEAD"
    assert answer.scope["route"].path == "/whole"

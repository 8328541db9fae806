"""Which answers are compressed, how, and what their heads say then."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdDecompressor

from nmdc_runtime.web.compression import MINIMUM_BYTES, THREAD_BYTES, Compression, chosen_encoding
from tests.support.asgi import ask, body_sender

JSON = "application/json"
LARGE = b'{"name":"soil"},' * 500


def unpacked(encoding: str, data: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(data)
    assert encoding == "zstd"
    return ZstdDecompressor().decompressobj().decompress(data)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0, gzip", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=nonsense", None),
        ("br", None),
        (";;,,=", None),
    ],
)
def test_the_client_chooses_the_encoding(accept, chosen):
    assert chosen_encoding(accept) == chosen


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_an_answer_in_one_piece_is_compressed_and_tells_its_new_length(encoding):
    app = body_sender([LARGE], sizes=True, content_type=JSON, etag='"v1"')

    answer = await ask(Compression(app), accept_encoding=encoding)

    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == 'W/"v1"', "other bytes: no longer the strong tag"
    assert len(answer.body) < len(LARGE) / 10
    assert unpacked(encoding, answer.body) == LARGE


async def test_who_accepts_nothing_gets_the_bytes_as_they_are_and_caches_are_told():
    answer = await ask(
        Compression(body_sender([LARGE], sizes=True, content_type=JSON, etag='"v1"'))
    )

    assert answer.body == LARGE
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == '"v1"'
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"content_type": "text/event-stream"}),
        (200, {"content_type": "application/vnd.apache.parquet"}),
        (200, {"content_type": "image/png"}),
        (200, {"content_type": "application/octet-stream"}),
        (200, {}),
        (200, {"content_type": JSON, "content_encoding": "br"}),
        (200, {"content_type": JSON, "cache_control": "no-store"}),
        (200, {"content_type": JSON, "cache_control": "public, no-transform"}),
        (
            200,
            {
                "content_type": JSON,
                "content_disposition": "attachment",
                "accept_ranges": "bytes",
                "etag": '"v1"',
            },
        ),
        (206, {"content_type": JSON, "content_range": "bytes 0-7999/9000", "etag": '"v1"'}),
        (304, {"content_type": JSON}),
        (204, {"content_type": JSON}),
    ],
)
async def test_some_answers_are_left_alone(status, headers):
    app = body_sender([LARGE], status=status, **headers)

    answer = await ask(Compression(app), accept_encoding="gzip")

    assert answer.body == LARGE
    assert "vary" not in answer.headers
    assert answer.headers.get("content-encoding") == headers.get("content_encoding")
    assert answer.headers.get("etag") == headers.get("etag")


async def test_a_small_answer_is_left_alone():
    small = b"x" * (MINIMUM_BYTES - 1)

    answer = await ask(
        Compression(body_sender([small], sizes=True, content_type=JSON)), accept_encoding="gzip"
    )

    assert answer.body == small


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_the_first_part_of_a_stream_can_be_read_before_the_second_is_made(encoding):
    seen = []
    may_go_on = asyncio.Event()

    async def app(scope, receive, send):
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"row":1}\n', "more_body": True})
        await may_go_on.wait()
        await send({"type": "http.response.body", "body": b'{"row":2}\n', "more_body": False})

    async def send(message):
        seen.append(message.get("body", b""))
        if seen[-1]:
            may_go_on.set()

    scope = {"type": "http", "headers": [(b"accept-encoding", encoding.encode())]}
    async with asyncio.timeout(30):
        await Compression(app)(scope, None, send)

    first = next(part for part in seen if part)
    stream = zlib.decompressobj(31) if encoding == "gzip" else ZstdDecompressor().decompressobj()
    assert stream.decompress(first) == b'{"row":1}\n'
    assert unpacked(encoding, b"".join(seen)) == b'{"row":1}\n{"row":2}\n'


@pytest.mark.parametrize("sizes", [True, False])
async def test_a_stream_loses_its_length_and_nothing_else(sizes):
    parts = [b"a" * 10, b"b" * (THREAD_BYTES + 1), b"", b"c" * 5_000]

    answer = await ask(
        Compression(body_sender(parts, sizes=sizes, content_type="text/csv; charset=utf-8")),
        accept_encoding="zstd",
    )

    assert "content-length" not in answer.headers
    assert answer.is_complete
    assert unpacked("zstd", answer.body) == b"".join(parts)


@given(
    parts=st.lists(st.binary(max_size=3_000), min_size=1, max_size=8),
    encoding=st.sampled_from(["gzip", "zstd"]),
    sizes=st.booleans(),
)
def test_whatever_comes_in_comes_out(parts, encoding, sizes):
    app = Compression(body_sender(parts, sizes=sizes, content_type=JSON))

    answer = asyncio.run(ask(app, accept_encoding=encoding))

    packed = "content-encoding" in answer.headers
    assert (unpacked(encoding, answer.body) if packed else answer.body) == b"".join(parts)
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)


async def test_an_application_that_fails_before_its_body_has_not_begun_to_answer():
    async def app(scope, receive, send):
        headers = [(b"content-type", b"application/json"), (b"content-length", b"5000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise RuntimeError

    sent = []
    with pytest.raises(RuntimeError):
        await Compression(app)(
            {"type": "http", "headers": [(b"accept-encoding", b"gzip")]}, None, sent.append
        )

    assert sent == []


async def test_an_unchanged_answer_tells_caches_what_the_whole_one_would():
    app = body_sender([b""], status=304, etag='"v1"')

    answer = await ask(Compression(app), accept_encoding="gzip")

    assert answer.headers == {"etag": '"v1"', "vary": "Accept-Encoding"}

"""Answers compressed by ``Accept-Encoding`` (zstd, gzip), without holding up those that stream."""

import time
import zlib
from functools import lru_cache
from http import HTTPStatus
from typing import Final, Protocol

import anyio.to_thread
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from zstandard import COMPRESSOBJ_FLUSH_BLOCK, ZstdCompressor

from nmdc_runtime.web.context import header_of

#: A smaller answer fits into a packet as it is.
MINIMUM_BYTES: Final = 1024
#: Parts from this size on are compressed in a thread: they take longer than the loop may stand.
THREAD_BYTES: Final = 65_536
#: How long a stream's bytes may wait in the compressor for more, in s.
PATIENCE_S: Final = 0.25
#: Level 5 of gzip and 3 of zstd: beyond, more time gains next to nothing on JSON.
GZIP_LEVEL: Final = 5
ZSTD_LEVEL: Final = 3
_GZIP_WINDOW: Final = 31
#: What we speak; of two that a client likes as much, the first.
ENCODINGS: Final = ("zstd", "gzip")

_NEVER: Final = frozenset({204, 205, 206, 304})
_TEXTS: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/x-ndjson",
        "application/xml",
        "application/yaml",
        "image/svg+xml",
    }
)
#: Events must go out one by one; proxies on the way leave such an answer alone, too.
_EVENTS: Final = "text/event-stream"
#: Answers that hold secrets say ``no-store``. Compressed together with what a client sent, their
#: length would tell of them (the BREACH attack).
_UNTOUCHED_CACHING: Final = ("no-store", "no-transform")


class Encoder(Protocol):
    """Compresses a body piece by piece."""

    def feed(self, data: bytes, *, flush: bool) -> bytes:
        """Take a piece; return what is ready, all of it if asked to flush."""
        ...

    def finish(self) -> bytes:
        """Return the rest."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def feed(self, data: bytes, *, flush: bool) -> bytes:
        ready = self._stream.compress(data)
        return ready + self._stream.flush(zlib.Z_SYNC_FLUSH) if flush else ready

    def finish(self) -> bytes:
        return self._stream.flush()


class _Zstd:
    def __init__(self) -> None:
        self._stream = ZstdCompressor(level=ZSTD_LEVEL).compressobj()

    def feed(self, data: bytes, *, flush: bool) -> bytes:
        ready = self._stream.compress(data)
        return ready + self._stream.flush(COMPRESSOBJ_FLUSH_BLOCK) if flush else ready

    def finish(self) -> bytes:
        return self._stream.flush()


_ENCODERS: Final[dict[str, type[Encoder]]] = {"zstd": _Zstd, "gzip": _Gzip}


@lru_cache(maxsize=256)
def chosen_encoding(accept: str) -> str | None:
    """Return the encoding to answer in, or None for the bytes as they are.

    The client's weights decide; what they leave open, the order of `ENCODINGS`. An encoding of
    weight 0 is refused, ``*`` stands for all that are not named.
    """
    weights: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights[name] = _weight_of(parameters)
    anything = weights.get("*", 0.0)
    best = max(ENCODINGS, key=lambda each: weights.get(each, anything))
    weight = weights.get(best, anything)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weight_of(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def is_compressible(status: int, headers: MutableHeaders) -> bool:
    """Say whether compressing an answer of this head is allowed, and worth it."""
    if status in _NEVER or "content-encoding" in headers or "content-range" in headers:
        return False
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _EVENTS or not (
        media_type in _TEXTS or media_type.startswith("text/") or media_type.endswith("+json")
    ):
        return False
    if "content-disposition" in headers and "accept-ranges" in headers:
        return False  # a download that may be resumed: its length and ranges must stay true
    caching = headers.get("cache-control", "").lower()
    return not any(word in caching for word in _UNTOUCHED_CACHING)


class Compression:
    """Compresses what is worth it, for who accepts it.

    A stream's bytes go on as they come: what the compressor has is sent at the latest with the
    next part after `PATIENCE_S`. A strong ``ETag`` becomes a weak one, since the bytes are others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        encoding = chosen_encoding(header_of(scope, b"accept-encoding"))
        await self._app(scope, receive, _Answer(send, encoding).send)


class _Answer:
    """One answer on its way to the client."""

    def __init__(self, send: Send, encoding: str | None) -> None:
        self._send = send
        self._encoding = encoding
        #: The head, held back until the length of the body is known.
        self._head: Message | None = None
        self._encoder: Encoder | None = None
        self._flushed_at = 0.0

    async def send(self, message: Message) -> None:
        """Send a message of the application's, changed as need be."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] != "http.response.body":
            await self._release()
            await self._send(message)
        elif self._encoder is not None:
            await self._send(await self._compressed(self._encoder, message))
        elif self._head is None:
            await self._send(message)
        elif message.get("more_body", False):
            encoder = await self._begin_stream(self._head)
            await self._send(await self._compressed(encoder, message))
        else:
            await self._send_whole(self._head, message)

    async def _begin(self, head: Message) -> None:
        headers = MutableHeaders(scope=head)
        length = headers.get("content-length")
        is_small = length is not None and int(length) < MINIMUM_BYTES
        if head["status"] == HTTPStatus.NOT_MODIFIED and "etag" in headers:
            headers.add_vary_header("Accept-Encoding")  # as the answer that it stands for
        if is_small or not is_compressible(head["status"], headers):
            await self._send(head)
            return
        headers.add_vary_header("Accept-Encoding")
        if self._encoding is None:
            await self._send(head)
        elif length is None:
            await self._begin_stream(head)
        else:
            self._head = head

    def _mark(self, head: Message) -> MutableHeaders:
        """Say in the head that the body is compressed."""
        headers = MutableHeaders(scope=head)
        headers["Content-Encoding"] = self._encoding or "identity"
        etag = headers.get("etag", "")
        if etag.startswith('"'):
            headers["ETag"] = f"W/{etag}"
        return headers

    async def _begin_stream(self, head: Message) -> Encoder:
        encoder = self._encoder = _ENCODERS[self._encoding or ENCODINGS[0]]()
        headers = self._mark(head)
        del headers["content-length"]
        self._head = None
        await self._send(head)
        return encoder

    async def _send_whole(self, head: Message, message: Message) -> None:
        encoder = _ENCODERS[self._encoding or ENCODINGS[0]]()
        body = message.get("body", b"")
        if len(body) >= THREAD_BYTES:
            compressed = await anyio.to_thread.run_sync(_whole, encoder, body)
        else:
            compressed = _whole(encoder, body)
        self._mark(head)["Content-Length"] = str(len(compressed))
        self._head = None
        await self._send(head)
        await self._send({"type": "http.response.body", "body": compressed})

    async def _compressed(self, encoder: Encoder, message: Message) -> Message:
        body, more = bytes(message.get("body", b"")), message.get("more_body", False)
        now = time.monotonic()
        # The first part goes out at once, then as much at a time as fills the client's patience.
        flush = more and now - self._flushed_at >= PATIENCE_S
        if flush:
            self._flushed_at = now
        if len(body) >= THREAD_BYTES:
            ready = await anyio.to_thread.run_sync(lambda: encoder.feed(body, flush=flush))
        else:
            ready = encoder.feed(body, flush=flush)
        if not more:
            ready += encoder.finish()
        return {"type": "http.response.body", "body": ready, "more_body": more}

    async def _release(self) -> None:
        """Send the head as it is: what follows is no body that we know."""
        if self._head is not None:
            head, self._head = self._head, None
            await self._send(head)


def _whole(encoder: Encoder, body: bytes) -> bytes:
    return encoder.feed(body, flush=False) + encoder.finish()

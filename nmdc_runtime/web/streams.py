"""Answers that are sent while they are made: bytes keep flowing, and a failure cuts them off."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing, suppress
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

#: How long an answer may be silent; its readers are promised bytes every 5 s.
SILENCE_S: Final = 4.0
#: Bytes kept back to have something to send in a silence: enough for four minutes.
RESERVE: Final = 64


async def keep_flowing(
    parts: AsyncGenerator[bytes, None], *, silence_s: float = SILENCE_S
) -> AsyncGenerator[bytes, None]:
    """Yield the same bytes, making the next part while one is sent, and never silent for long.

    No format has bytes that mean nothing in all its parsers, so the last few bytes of each part
    are kept back, and go out one by one while the next part takes its time.
    """
    held = b""
    async with aclosing(parts):
        coming = _next_of(parts)
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=silence_s)
                if not done:
                    if held:
                        yield held[:1]
                        held = held[1:]
                    continue
                part = coming.result()
                if part is None:
                    break
                coming = _next_of(parts)
                if len(part) <= RESERVE:
                    part = held + part
                elif held:
                    yield held
                held = part[-RESERVE:]
                if len(part) > RESERVE:
                    yield part[:-RESERVE]
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await coming
    if held:
        yield held


def _next_of(parts: AsyncGenerator[bytes, None]) -> "asyncio.Task[bytes | None]":
    async def advance() -> bytes | None:
        coming: Awaitable[bytes | None] = anext(parts, None)
        return await coming

    return asyncio.create_task(advance())


class ClosingStream(StreamingResponse):
    """A streamed answer whose source is closed however the answer ends.

    A failure on the way breaks the connection: nobody takes half an answer for all of it.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._flow = keep_flowing(parts)
        super().__init__(self._flow, media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        async with aclosing(self._flow):
            await super().__call__(scope, receive, send)

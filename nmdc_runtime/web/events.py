"""Server-sent events: answers that go on until the client leaves or the hub stops."""

import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from nmdc_runtime.mongo.documents import to_json

MEDIA_TYPE: Final = "text/event-stream"


class Stopping:
    """Says whether this process has been asked to end.

    A server that is asked to end first waits for its open answers, and does not tell them.
    Streams that would never end by themselves look here.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Whether it has."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask all streams to end."""
        self._asked.set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take notice of the signals that end the process, and let the server have them, too."""
        if threading.current_thread() is not threading.main_thread():
            yield  # a test's hub: nobody else may set handlers
            return
        former = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

        def notice(number: int, frame: FrameType | None) -> None:
            self.ask()
            handler = former[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for each in former:
            signal.signal(each, notice)
        try:
            yield
        finally:
            for each, handler in former.items():
                signal.signal(each, handler)


def event(name: str, data: object, *, position: str) -> bytes:
    """Write an event; a client that comes again sends its position as ``Last-Event-ID``."""
    head = f"id: {position}\nevent: {name}\ndata: ".encode()
    return head + to_json(data, zoned=True) + b"\n\n"


def heartbeat(position: str) -> bytes:
    """Write what no client sees but all remember: that the stream lives, and where it is."""
    return (f"id: {position}\n" if position else "").encode() + b": heartbeat\n\n"


class EventStream(StreamingResponse):
    """An answer of events; what they are read from is closed, however the answer ends."""

    media_type = MEDIA_TYPE

    def __init__(
        self, events: AsyncIterator[bytes], *, close: Callable[[], Awaitable[None]]
    ) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, media_type=MEDIA_TYPE)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._close()

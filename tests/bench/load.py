"""Load that costs its own process little: keep-alive connections on one event loop."""

import asyncio
import http.client
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from urllib.parse import urlsplit

import psutil


class _Connection(asyncio.Protocol):
    """Sends one request after another; each answer must be 200 and say how long it is."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._left = -1  # bytes of the body still to come; -1: the head is not complete
        self._head = b""
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        try:
            self._receive(data)
        except Exception as error:
            self.ended.set_exception(error)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("the hub hung up"))

    def _receive(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 200 "), head[:300]
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._left = int(length)
        self._left -= len(data)
        if self._left == 0:
            self.answered += 1
            self._left, self._head = -1, b""
            self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self.ended.done():
            self.ended.set_result(self.answered)
            self._transport.close()


def requests_a_second(url: str, paths: Sequence[str], *, connections: int = 16) -> float:
    """Ask for each path once, over so many connections; return how many a second."""
    address = urlsplit(url)
    requests = iter(
        [f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode() for path in paths]
    )

    async def storm() -> float:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        made = [
            await loop.create_connection(
                lambda: _Connection(requests), address.hostname, address.port
            )
            for _ in range(connections)
        ]
        answered = sum(await asyncio.gather(*(each.ended for _, each in made)))
        assert answered == len(paths)
        return answered / (time.perf_counter() - began)

    return asyncio.run(storm())


class Asking:
    """One keep-alive connection, for answers that are read to their end and measured."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=600
        )

    def get(self, path: str, **headers: str) -> bytes:
        """Return the body; the answer must be 200."""
        answer = self._ask(path, headers)
        body = answer.read()
        assert answer.status == 200, body[:300]
        return body

    def stream(self, path: str, **headers: str) -> Iterator[bytes]:
        """Yield the body bit by bit, as it comes."""
        answer = self._ask(path, headers)
        assert answer.status == 200, answer.read()[:300]
        while some := answer.read1(1 << 16):
            yield some

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        try:
            self._connection.request("GET", path, headers=dict(headers))
            return self._connection.getresponse()
        except (ConnectionError, http.client.BadStatusLine):
            # Servers hang up on who says nothing for five seconds.
            self._connection.close()
            self._connection.request("GET", path, headers=dict(headers))
            return self._connection.getresponse()


class Growth:
    """How much more memory a process takes than when it was first looked at."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._process.memory_info().rss
        self.most_mb = 0.0

    def look(self) -> None:
        grown = (self._process.memory_info().rss - self._before) / 1e6
        self.most_mb = max(self.most_mb, grown)


@contextmanager
def memory_growth(pid: int) -> Iterator[Growth]:
    """Watch the resident memory of a process, twenty times a second."""
    growth, ended = Growth(pid), Event()

    def watch() -> None:
        while not ended.wait(0.05):
            growth.look()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield growth
    finally:
        ended.set()
        thread.join()
        growth.look()

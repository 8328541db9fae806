"""A real server that plays services of other people's: answers by request, faults on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    #: More than the body: the connection ends before all has come.
    length: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    request: str
    headers: dict[str, str]
    body: str


@dataclass
class PeerServer:
    """What a service has, how it misbehaves, and what it was asked for.

    Requests are named like ``GET /studies?studyGoldId=Gs1``.
    """

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    #: Answered once each, before the answer proper.
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    #: Requests whose answers wait for an event.
    held: dict[str, threading.Event] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def put(self, request: str, content: Any) -> None:
        self.answers[request] = Answer(body=json.dumps(content).encode())

    def requests(self) -> list[str]:
        return [each.request for each in self.asked]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        faults = self.faults.get(asked.request)
        if faults:
            return faults.pop(0)
        return self.answers.get(asked.request, Answer(status=404, body=b'{"detail": "none"}'))


@contextmanager
def peer_server() -> Iterator[PeerServer]:
    """Serve on loopback until the end."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            request = f"{self.command} {self.path}"
            found = served.answer(Asked(request, dict(self.headers), body))
            if request in served.held:
                served.held[request].wait()
            self.send_response(found.status)
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(found.length or len(found.body)))
            for name, value in found.headers.items():
                self.send_header(name, value)
            with suppress(ConnectionError):  # who has asked may be dead
                self.end_headers()
                self.wfile.write(found.body)

        do_GET = do_POST = _answer  # noqa: N815 (names of the base)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = PeerServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

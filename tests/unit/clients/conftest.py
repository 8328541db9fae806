"""A web server on loopback with canned answers, for what no real server can be made to say."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

#: Status and JSON body by path, or a function of method, path, headers and body that gives them.
Answers = dict[str, tuple[int, Any]] | Callable[[str, str, dict[str, str], str], tuple[int, Any]]


def _serve(answers: Answers) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            if callable(answers):
                status, content = answers(self.command, self.path, dict(self.headers), body)
            else:
                status, content = answers.get(self.path, (404, {}))
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler._answer)
    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@contextmanager
def _answering(answers: Answers) -> Iterator[str]:
    server = _serve(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def http_answers() -> Callable[[Answers], AbstractContextManager[str]]:
    """Return what starts such a server and yields its URL."""
    return _answering

"""What Sentry is told, as a receiver of its own sees it: what went wrong, never what was sent."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import orjson
import pytest
from fastapi import Request
from pydantic import SecretStr
from starlette.testclient import TestClient

from nmdc_runtime.api.app import create_app
from nmdc_runtime.api.sentry import start_sentry
from nmdc_runtime.config import Settings


def brotli(data: bytes) -> bytes:
    """Unpack what Sentry's library packs so where it finds that library."""
    import brotli  # noqa: PLC0415 (not everywhere)

    return bytes(brotli.decompress(data))


UNPACK = {"gzip": gzip.decompress, "br": brotli, "identity": bytes}
#: Made up anew each time: an event quotes the source around an error, and so this test.
SECRET = uuid4().hex


class Receiver:
    """A server that takes what Sentry's library sends."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                unpack = UNPACK[self.headers.get("Content-Encoding", "identity")]
                receiver.events.append(unpack(data))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def dsn(self) -> str:
        return f"http://publickey@127.0.0.1:{self.server.server_port}/1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def test_an_unexpected_error_is_told_without_anything_that_was_sent(settings, receiver):
    import sentry_sdk  # noqa: PLC0415 (a test without it is faster)

    app = create_app(
        settings.model_copy(
            update={
                "is_sentry_enabled": True,
                "sentry_dsn": SecretStr(f" {receiver.dsn} "),
                "sentry_environment": "a-test",
                "sentry_traces_sample_rate": 1.0,
            }
        )
    )

    @app.post("/raises/{thing_id}")
    async def raises(thing_id: str, request: Request) -> None:
        held = f"{await request.body()!r} {SECRET}"
        raise RuntimeError(f"what went wrong, after {len(held)} characters")

    try:
        answer = TestClient(app, raise_server_exceptions=False).post(
            f"/raises/{SECRET}?secret={SECRET}",
            headers={"Authorization": f"Bearer {SECRET}", "Cookie": f"user_id_token={SECRET}"},
            content=f'{{"password": "{SECRET}"}}',
        )
        sentry_sdk.flush(timeout=30)
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.init()

    assert answer.status_code == 500
    told = b"".join(receiver.events).decode()
    assert "what went wrong, after" in told
    assert answer.headers["X-Request-ID"] in told
    assert '"environment":"a-test"' in told
    assert '"type":"transaction"' in told
    assert SECRET not in told
    payloads = [orjson.loads(line) for each in receiver.events for line in each.splitlines()]
    [event] = [each for each in payloads if "exception" in each]
    assert event["tags"]["request_id"] == answer.headers["X-Request-ID"]
    assert {"request", "extra", "breadcrumbs", "modules", "user"} & event.keys() == set()


@pytest.mark.parametrize(
    ("is_enabled", "dsn"),
    [(False, "http://publickey@127.0.0.1:1/1"), (True, ""), (True, "  ")],
)
def test_nothing_is_told_unless_it_is_switched_on_and_has_where_to(is_enabled, dsn):
    settings = Settings(is_sentry_enabled=is_enabled, sentry_dsn=SecretStr(dsn))

    assert start_sentry(settings) is False

"""An ASGI application asked without a server between, so that each message of its is seen."""

from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Answer:
    """What was sent, message by message."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    scope: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)


async def ask(
    app: ASGIApp, path: str = "/", *, method: str = "GET", query: str = "", **headers: str
) -> Answer:
    """Return the answer; header names are written with underscores."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"hub.example"), *raw],
        "client": ("192.0.2.1", 1234),
        "server": ("hub.example", 80),
        "state": {},
    }
    answer = Answer(scope=scope)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        assert not answer.is_complete, "a message after the end"
        if message["type"] == "http.response.start":
            assert answer.status == 0, "two heads"
            answer.status = message["status"]
            answer.headers = {
                name.decode().lower(): value.decode() for name, value in message["headers"]
            }
        else:
            answer.parts.append(message.get("body", b""))
            answer.is_complete = not message.get("more_body", False)

    await app(scope, receive, send)
    return answer


def body_sender(
    parts: list[bytes], *, status: int = 200, sizes: bool = False, **headers: str
) -> ASGIApp:
    """Return an application that answers with these parts; ``sizes``: with their length, too."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        if sizes:
            raw.append((b"content-length", str(sum(map(len, parts))).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for number, part in enumerate(parts, 1):
            more = number < len(parts)
            await send({"type": "http.response.body", "body": part, "more_body": more})

    return app

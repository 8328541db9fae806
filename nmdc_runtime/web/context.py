"""Request ids, who hears of each request, and last-resort errors, as plain ASGI middleware."""

import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Final, Protocol
from urllib.parse import unquote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmdc_runtime.kernel.audit import Call, serving

logger = logging.getLogger(__name__)
access = logging.getLogger("nmdc_runtime.access")

REQUEST_ID_HEADER: Final = "X-Request-ID"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
#: Answers by which the framework sends a client to the same path with or without its last slash.
_SLASH_REDIRECTS: Final = frozenset({307, 308})


def request_id_of(scope: Scope) -> str:
    """Return the id that the answer's header and the log lines of this request carry."""
    return str(scope.get("nmdc.request_id", ""))


def header_of(scope: Scope, name: bytes) -> str:
    """Return a header of the request, or nothing; the name in lower case."""
    for each, value in scope["headers"]:
        if each == name:
            return str(value.decode("latin-1"))
    return ""


def route_of(scope: Scope) -> str:
    """Return the template of the route that serves a request, e.g. ``/jobs/{job_id}``.

    Nothing where there is no such route: paths that clients make up must not become names of
    their own in what counts them.
    """
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path_format", ""))
    # A mounted application, e.g. that of the static files.
    return str(scope.get("root_path", "")) if "app_root_path" in scope else ""


@dataclass(frozen=True, slots=True)
class Served:
    """A request that has been answered.

    Parameters
    ----------
    scope
        The request, as ASGI has it; not to be kept.
    method
        As it was sent.
    route
        Template of the route, see `route_of`.
    status
        Of the answer; 500 also where the connection broke.
    duration_s
        From the first byte of the request's head to the last of the answer.
    """

    scope: Scope
    method: str
    route: str
    status: int
    duration_s: float


class Observer(Protocol):
    """Hears of each request; what it does costs every request, so it may only take notes."""

    def began(self) -> None:
        """Take note that a request has come in."""
        ...

    def ended(self, served: Served) -> None:
        """Take note of how it ended."""
        ...


class RequestContext:
    """Gives each request an id (the caller's, if usable) and tells how it ended.

    Parameters
    ----------
    app
        What serves the request.
    observers
        Who hears of it, besides the access log.
    """

    def __init__(self, app: ASGIApp, *, observers: Sequence[Observer] = ()) -> None:
        self._app = app
        self._observers = tuple(observers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = header_of(scope, b"x-request-id")
        request_id = sent if _USABLE_ID.fullmatch(sent) else token_hex(16)
        scope["nmdc.request_id"] = request_id
        method = scope["method"]
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                if status in _SLASH_REDIRECTS:
                    _stay_on_this_host(scope, headers)
            await send(message)

        for observer in self._observers:
            observer.began()
        try:
            with serving(Call(request_id=request_id)):
                await self._app(scope, receive, send_with_id)
        finally:
            duration_s = time.perf_counter() - started
            access.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": method,
                    "path": scope["path"],
                    "status": status,
                    "duration_ms": round(duration_s * 1000, 1),
                },
            )
            served = Served(scope, method, route_of(scope), status, duration_s)
            for observer in self._observers:
                observer.ended(served)


def _stay_on_this_host(scope: Scope, headers: MutableHeaders) -> None:
    """Let a redirect to the same path, with or without its last slash, say the path alone.

    Behind a proxy that ends TLS the hub takes itself for ``http``: naming the scheme would lead
    clients away from ``https``, and some refuse that. Routes that redirect elsewhere know where.
    """
    here = f"{scope.get('scheme', 'http')}://{header_of(scope, b'host')}"
    path = headers.get("Location", "").removeprefix(here)
    is_same = unquote(path.partition("?")[0]).rstrip("/") == scope["path"].rstrip("/")
    # A path of two slashes would be another host's name, where it stands alone.
    if is_same and path.startswith("/") and not path.startswith(("//", "/\\")):
        headers["Location"] = path


class LastResort:
    """Answers an unexpected error with a problem instead of cutting the connection.

    It stands inside CORS, so that a browser can read the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            request_id = request_id_of(scope)
            logger.exception(
                "unexpected error", extra={"request_id": request_id, "path": scope["path"]}
            )
            if started:
                raise  # half an answer cannot be mended: the connection must break
            body = {
                "type": "urn:nmdc:problem:Unexpected",
                "title": "Internal Server Error",
                "status": 500,
                "detail": f"Internal Server Error. Tell us the request id {request_id}.",
                "request_id": request_id,
            }
            headers = [(b"content-type", b"application/problem+json")]
            await send({"type": "http.response.start", "status": 500, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(body).encode()})

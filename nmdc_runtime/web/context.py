"""Request ids, the access log and last-resort errors, as plain ASGI middleware."""

import json
import logging
import re
import time
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmdc_runtime.kernel.audit import Call, serving

logger = logging.getLogger(__name__)
access = logging.getLogger("nmdc_runtime.access")

REQUEST_ID_HEADER: Final = "X-Request-ID"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id_of(scope: Scope) -> str:
    """Return the id that the answer's header and the log lines of this request carry."""
    return str(scope.get("nmdc.request_id", ""))


class RequestContext:
    """Gives each request an id (the caller's, if usable) and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = sent if _USABLE_ID.fullmatch(sent) else uuid4().hex
        scope["nmdc.request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            with serving(Call(request_id=request_id)):
                await self._app(scope, receive, send_with_id)
        finally:
            access.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )


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

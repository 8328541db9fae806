"""Request bodies: a limit for all, and the raw bytes of JSON bodies too large for models."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmdc_runtime.schema.reader import BodyUnreadable


class BodyTooLarge(HTTPException):
    """A request body exceeds the limit.

    An `HTTPException`, because FastAPI reads bodies itself and lets only these through.
    """

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the request body is larger than {limit_bytes} bytes, which is the most this hub "
            "takes at once: send it in parts",
        )


class BodyLimit:
    """Refuses bodies over the limit: at once by ``Content-Length``, else while they come in."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        limit = self._limit
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            # Raised here, inside the application, so that it is answered as any other refusal.
            if declared.isdigit() and int(declared) > limit:
                raise BodyTooLarge(limit_bytes=limit)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(limit_bytes=limit)
            return message

        await self._app(scope, counted, send)


async def read_body(request: Request) -> bytes:
    """Return the body as it was sent, whatever its ``Content-Type``."""
    return await request.body()


RawBody = Annotated[bytes, Depends(read_body)]


@contextmanager
def unreadable_as_malformed() -> Iterator[None]:
    """Answer a body that is no JSON object as FastAPI answers a malformed request (422)."""
    try:
        yield
    except BodyUnreadable as error:
        problem = {
            "type": "json_invalid",
            "loc": ["body", error.facts.get("position", 0)],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": str(error)},
        }
        raise RequestValidationError([problem]) from error


#: OpenAPI of a route that reads such a body itself.
JSON_OBJECT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "additionalProperties": True, "title": "Docs"}
            }
        },
    }
}

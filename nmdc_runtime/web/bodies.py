"""Request bodies: a limit for all, and the raw bytes of JSON bodies too large for models."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class BodyTooLarge(NmdcError):
    """A request body exceeds the limit."""

    kind = ErrorKind.TOO_LARGE
    title = "Request body too large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(
            f"the request body is larger than {limit_bytes} bytes, which is the most this hub "
            "takes at once: send it in parts",
            limit_bytes=limit_bytes,
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

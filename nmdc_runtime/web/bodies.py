"""Request bodies: a limit for all, and documents, which are too large for models."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmdc_runtime.schema.body import Body, BodyForm
from nmdc_runtime.schema.reader import BodyUnreadable
from nmdc_runtime.web.expansion import ExpandsTooFar, expand


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


#: Media types of documents a line; any other, and none, is JSON, as clients have always sent it.
LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
    }
)


async def read_documents(request: Request) -> Body:
    """Return the documents as they were sent, expanded if they came compressed."""
    content = await request.body()
    encoding = ",".join(request.headers.getlist("content-encoding"))
    if encoding:
        limit: int = request.app.state.settings.hub.max_body_bytes
        with unreadable_as_malformed():
            # In a thread: to expand a hundred megabytes takes longer than the loop may stand.
            content = await anyio.to_thread.run_sync(_expanded, content, encoding, limit)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Body(content, BodyForm.LINES if media_type in LINES else BodyForm.DATABASE)


DocumentsBody = Annotated[Body, Depends(read_documents)]


def _expanded(content: bytes, encoding: str, limit: int) -> bytes:
    try:
        return expand(content, encoding, limit_bytes=limit)
    except ExpandsTooFar as error:
        raise BodyTooLarge(limit_bytes=limit) from error


@contextmanager
def unreadable_as_malformed() -> Iterator[None]:
    """Answer a body that cannot be read as FastAPI answers a malformed request (422)."""
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


_STUDY: Final = {
    "id": "nmdc:sty-11-abcd1234",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Microbes of a meadow",
}
_PART: Final = {
    "id": "nmdc:sty-11-abcd1235",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Microbes of a pond",
    "part_of": ["nmdc:sty-11-abcd1234"],
}

#: OpenAPI of a route that reads such a body itself.
DOCUMENTS_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "Documents of nmdc-schema. `Content-Encoding` may be `gzip`, `zstd` or "
        "`deflate`; the limit is that of the body when it is expanded.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": True,
                    "title": "Docs",
                    "description": "An `nmdc:Database`: names of collections with lists of "
                    "documents.",
                },
                "examples": {
                    "study": {"summary": "a study", "value": {"study_set": [_STUDY]}},
                },
            },
            "application/x-ndjson": {
                "schema": {
                    "type": "string",
                    "title": "Lines",
                    "description": "A document a line; its `type` says to which collection it "
                    "belongs. `application/jsonl` is the same.",
                },
                "examples": {
                    "studies": {
                        "summary": "two studies, the second a part of the first",
                        "value": f"{json.dumps(_STUDY)}\n{json.dumps(_PART)}\n",
                    },
                },
            },
        },
    }
}

"""Errors as RFC 9457 problems that keep ``detail``; the only module that knows status codes."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError
from starlette.exceptions import HTTPException

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.web.context import request_id_of

logger = logging.getLogger(__name__)

STATUS = {
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.GONE: HTTPStatus.GONE,
    ErrorKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorKind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.TOO_EXPENSIVE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
DRS_PREFIX = "/ga4gh/drs/"
RETRY_AFTER_S = "5"


class DatabaseUnavailable(NmdcError):
    """MongoDB does not answer."""

    kind = ErrorKind.UNAVAILABLE
    title = "Database unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer at the moment; nothing was changed by a request that "
            "was not yet answered with success. Try again in a few seconds."
        )


class QueryTooExpensive(NmdcError):
    """A query ran into its time limit."""

    kind = ErrorKind.TOO_EXPENSIVE
    title = "Query too expensive"

    def __init__(self) -> None:
        super().__init__(
            "The query took longer than this hub allows. Narrow the filter, or use one on an "
            "indexed attribute such as id or type.",
            code="query_too_expensive",
        )


def problem(request: Request, error: NmdcError) -> Response:
    """Describe the error; DRS routes also get the two members of the DRS ``Error`` schema."""
    status = error.status or STATUS[error.kind]
    body: dict[str, Any] = {
        "type": f"urn:nmdc:problem:{type(error).__name__}",
        "title": error.title,
        "status": int(status),
        "detail": str(error),
        "request_id": request_id_of(request.scope),
        **error.facts,  # e.g. job_id; a published detail that is no sentence replaces ours
    }
    is_drs = request.url.path.startswith(DRS_PREFIX)
    if is_drs:
        body |= {"msg": str(error), "status_code": int(status)}
    headers = dict(error.headers)
    if error.kind is ErrorKind.UNAVAILABLE:
        headers.setdefault("Retry-After", RETRY_AFTER_S)
    media_type = "application/json" if is_drs else "application/problem+json"
    return JSONResponse(
        jsonable_encoder(body), status_code=status, media_type=media_type, headers=headers
    )


def _as_nmdc_error(error: PyMongoError) -> NmdcError | None:
    """Tell what a driver error means to a client, or None where it is a mistake of ours."""
    if isinstance(error, ExecutionTimeout):
        return QueryTooExpensive()
    passing = ("RetryableWriteError", "TransientTransactionError")
    if isinstance(error, ConnectionFailure) or any(map(error.has_error_label, passing)):
        return DatabaseUnavailable()
    return None


def install(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""

    @app.exception_handler(NmdcError)
    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, NmdcError)  # noqa: S101 (what the handler is registered for)
        return problem(request, error)

    @app.exception_handler(PyMongoError)
    async def database_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, PyMongoError)  # noqa: S101 (what the handler is registered for)
        known = _as_nmdc_error(error)
        if known is None:
            raise error
        logger.warning("database error", extra={"kind": type(error).__name__})
        return problem(request, known)

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 (what the handler is registered for)
        body = {
            "type": "about:blank",
            "title": HTTPStatus(error.status_code).phrase,
            "status": error.status_code,
            "detail": error.detail,
            "request_id": request_id_of(request.scope),
        }
        return JSONResponse(
            body,
            status_code=error.status_code,
            headers=error.headers,
            media_type="application/problem+json",
        )

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 (what it is registered for)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        body: dict[str, Any] = {"detail": jsonable_encoder(error.errors())}
        if request.url.path.startswith(DRS_PREFIX):
            status = HTTPStatus.BAD_REQUEST
            body |= {"msg": "the request is malformed, see detail", "status_code": int(status)}
        return JSONResponse(body, status_code=status)

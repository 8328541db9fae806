"""Errors as RFC 9457 problems that keep ``detail``; the only module that knows status codes."""

import json
import logging
import math
import re
from http import HTTPStatus
from typing import Any, Final

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
#: A field whose name contains one of these holds a secret.
SECRET_WORDS: Final = ("password", "secret", "passport")
HIDDEN: Final = "(not shown)"
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class QuotingResponse(JSONResponse):
    """JSON that quotes what a client sent: also what has no place in JSON or in UTF-8."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 (as the base class has it)
        """Write numbers that are none as null, and half characters by their codes."""
        return json.dumps(_finite(content), separators=(",", ":")).encode()


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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


def code_of(name: str) -> str:
    """Return the stable word for programs, which does not change with the sentence for people.

    It is the name of the error: ``job_not_found`` of `JobNotFound`.
    """
    return _WORD_STARTS.sub("_", name).lower()


def _is_drs(request: Request) -> bool:
    return request.url.path.startswith(DRS_PREFIX)


def _without_secrets(error: dict[str, Any]) -> dict[str, Any]:
    """Return what is wrong with a request without the passwords that it would quote."""
    if any(is_secret_name(part) for part in error.get("loc", ())):
        return error | {"input": HIDDEN} | ({"ctx": {}} if "ctx" in error else {})
    return error | {"input": hide_secrets(error.get("input"))}


def hide_secrets(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the value with what stands under the name of a secret blotted out, at any depth."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if is_secret_name(name) else hide_secrets(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [hide_secrets(each) for each in value]
    return value


def is_secret_name(name: object) -> bool:
    """Say whether a field of this name holds a secret."""
    return isinstance(name, str) and any(word in name.lower() for word in SECRET_WORDS)


def _drs_members(message: str, status: int) -> dict[str, Any]:
    """Return what the ``Error`` of the DRS standard consists of."""
    return {"msg": message, "status_code": int(status)}


def problem(request: Request, error: NmdcError) -> Response:
    """Describe the error; DRS routes also get the two members of the DRS ``Error`` schema."""
    status = error.status or STATUS[error.kind]
    body: dict[str, Any] = {
        "type": f"urn:nmdc:problem:{type(error).__name__}",
        "title": error.title,
        "status": int(status),
        "detail": str(error),
        "code": code_of(type(error).__name__),
        "request_id": request_id_of(request.scope),
        **error.facts,  # e.g. job_id; a published detail that is no sentence replaces ours
    }
    is_drs = _is_drs(request)
    if is_drs:
        body |= _drs_members(str(error), status)
    headers = dict(error.headers)
    if error.kind is ErrorKind.UNAVAILABLE:
        headers.setdefault("Retry-After", RETRY_AFTER_S)
    media_type = "application/json" if is_drs else "application/problem+json"
    return QuotingResponse(
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
            "code": code_of(HTTPStatus(error.status_code).name),
            "request_id": request_id_of(request.scope),
        }
        is_drs = _is_drs(request)
        if is_drs:
            body |= _drs_members(str(error.detail), error.status_code)
        return QuotingResponse(
            body,
            status_code=error.status_code,
            headers=error.headers,
            media_type="application/json" if is_drs else "application/problem+json",
        )

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 (what it is registered for)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        body: dict[str, Any] = {
            "detail": [_without_secrets(each) for each in jsonable_encoder(error.errors())],
            "code": "request_malformed",
            "request_id": request_id_of(request.scope),
        }
        if _is_drs(request):
            status = HTTPStatus.BAD_REQUEST
            body |= _drs_members("the request is malformed, see detail", status)
        return QuotingResponse(body, status_code=status)

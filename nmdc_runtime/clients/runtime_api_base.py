"""What clients of a hub share: a session, retries, and a bearer token that is renewed in time."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Protocol, Self

import requests
from pydantic import BaseModel

from nmdc_runtime.clients.sessions import REPEATABLE, retrying_session

SUBMIT_TIMEOUT_S: Final = 300.0
#: A token is renewed this long before the hub would refuse it.
TOKEN_MARGIN: Final = timedelta(seconds=5)
UNAUTHORIZED: Final = 401
#: By this key a hub knows a request that it has carried out already.
IDEMPOTENCY_KEY: Final = "Idempotency-Key"


class TokenMissing(RuntimeError):
    """The hub answered a request for a token without one."""


class RuntimeApi(Protocol):
    """What every client of a hub can do."""

    def request(
        self,
        method: str,
        path: str,
        params_or_json: Mapping[str, Any] | list[str] | BaseModel | None = None,
    ) -> requests.Response:
        """Send one request as the client's identity; raise `requests.HTTPError` if refused."""
        ...


class RuntimeApiClient(ABC):
    """What user and site clients share: a session, retries and a bearer token.

    Parameters
    ----------
    base_url
        The hub's address, e.g. ``http://fastapi:8000``.
    timeout_s
        How long an answer may take; submitting has `SUBMIT_TIMEOUT_S`.
    max_retries
        How often a request is sent again that can be sent twice (GET, PUT, DELETE, or with an
        idempotency key) and met 429, 502, 503, 504 or no connection.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 60.0,
        max_retries: int = 4,
        backoff_s: float = 0.5,
        verify_tls: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._backoff_s = backoff_s
        self._clock = clock
        self._renew_at: datetime | None = None
        self._authorization = ""
        # Of the second, every request may be sent again: the hub knows it by its key.
        self._session, self._keyed_session = (
            retrying_session(
                max_retries=max_retries,
                backoff_s=backoff_s,
                repeatable=repeatable,
                verify_tls=verify_tls,
            )
            for repeatable in (REPEATABLE, None)
        )

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the connections back."""
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()
        self._keyed_session.close()

    @abstractmethod
    def _credentials(self) -> dict[str, str]:
        """Return the form that earns a token."""

    def request(
        self,
        method: str,
        path: str,
        params_or_json: Mapping[str, Any] | list[str] | BaseModel | None = None,
        *,
        timeout_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> requests.Response:
        """Send one request and return the answer; raise `requests.HTTPError` for 4xx and 5xx.

        Parameters
        ----------
        params_or_json
            Query parameters of a GET, JSON body of any other verb. Of a model, the fields that
            were set.
        idempotency_key
            By which the hub knows the request, on routes that take one.
        """
        if isinstance(params_or_json, BaseModel):
            payload: Any = params_or_json.model_dump(mode="json", exclude_unset=True)
        else:
            payload = params_or_json
        place = "params" if method.upper() == "GET" else "json"
        had_token = self._renew_at is not None
        response = self._send(method, path, {place: payload}, timeout_s, idempotency_key)
        if response.status_code == UNAUTHORIZED and had_token:
            # The hub has a new signing key. A request refused like this was not carried out.
            self._renew_at = None
            response = self._send(method, path, {place: payload}, timeout_s, idempotency_key)
        response.raise_for_status()
        return response

    def list_resources(
        self, path: str, req: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Fetch all that a list request matches, page by page."""
        return list(self._pages(path, as_list_request(req)))

    def _pages(self, path: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            page = self.request("GET", path, params).json()
            yield from page["resources"]
            token = page.get("next_page_token")
            if not token:
                return
            params = {**params, "page_token": token}

    def _send(
        self,
        method: str,
        path: str,
        payload: dict[str, Any],
        timeout_s: float | None,
        idempotency_key: str | None,
    ) -> requests.Response:
        self._ensure_token()
        session, headers = self._session, {"Authorization": self._authorization}
        if idempotency_key is not None:
            session = self._keyed_session
            headers[IDEMPOTENCY_KEY] = idempotency_key
        return session.request(
            method,
            f"{self.base_url}{path}",
            headers=headers,
            timeout=timeout_s or self._timeout_s,
            **payload,
        )

    def _ensure_token(self) -> None:
        if self._renew_at is not None and self._clock() < self._renew_at:
            return
        asked_at = self._clock()
        response = self._session.post(
            f"{self.base_url}/token",
            data=self._credentials(),
            timeout=self._timeout_s,
        )
        response.raise_for_status()
        answer = response.json()
        if "access_token" not in answer:
            raise TokenMissing(f"{self.base_url}/token gave no access_token but {response.text}")
        lifetime = timedelta(**answer.get("expires", {"days": 1}))
        self._authorization = f"Bearer {answer['access_token']}"
        self._renew_at = asked_at + lifetime - TOKEN_MARGIN


def as_list_request(req: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the query parameters of a list request: a filter given as a dict becomes JSON."""
    params = {name: value for name, value in (req or {}).items() if value is not None}
    if isinstance(params.get("filter"), Mapping):
        params["filter"] = json.dumps(params["filter"])
    return params

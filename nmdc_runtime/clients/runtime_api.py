"""A hub, spoken to over HTTP as a user or as a site, with tokens renewed in time."""

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import requests
from pydantic import BaseModel
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

SUBMIT_TIMEOUT_S: Final = 300.0
#: A token is renewed this long before the hub would refuse it.
TOKEN_MARGIN: Final = timedelta(seconds=5)
UNAUTHORIZED: Final = 401
#: What bytes are that nobody says anything of.
UNKNOWN_TYPE: Final = "application/octet-stream"
#: Characters that the name of an object cannot have.
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._\-]+")


class TokenMissing(RuntimeError):
    """The hub answered a request for a token without one."""


class RuntimeApi(Protocol):
    """What every client of a hub can do."""

    def request(
        self,
        method: str,
        path: str,
        params_or_json: Mapping[str, Any] | BaseModel | None = None,
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
        How often a request is sent again that can be sent twice (GET, PUT, DELETE) and met 429,
        502, 503, 504 or no connection.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 60.0,
        max_retries: int = 4,
        verify_tls: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._clock = clock
        self._renew_at: datetime | None = None
        self._session = requests.Session()
        self._session.verify = verify_tls
        retry = Retry(
            total=max_retries,
            allowed_methods={"GET", "HEAD", "OPTIONS", "PUT", "DELETE"},
            status_forcelist={429, 502, 503, 504},
            backoff_factor=0.5,
            backoff_jitter=0.5,
            raise_on_status=False,  # the last answer comes back, and `request` raises for it
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

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

    @abstractmethod
    def _credentials(self) -> dict[str, str]:
        """Return the form that earns a token."""

    def request(
        self,
        method: str,
        path: str,
        params_or_json: Mapping[str, Any] | BaseModel | None = None,
        *,
        timeout_s: float | None = None,
    ) -> requests.Response:
        """Send one request and return the answer; raise `requests.HTTPError` for 4xx and 5xx.

        Parameters
        ----------
        params_or_json
            Query parameters of a GET, JSON body of any other verb. Of a model, the fields that
            were set.
        """
        if isinstance(params_or_json, BaseModel):
            payload: Any = params_or_json.model_dump(mode="json", exclude_unset=True)
        else:
            payload = params_or_json
        place = "params" if method.upper() == "GET" else "json"
        had_token = self._renew_at is not None
        response = self._send(method, path, {place: payload}, timeout_s=timeout_s)
        if response.status_code == UNAUTHORIZED and had_token:
            # The hub has a new signing key. A request refused like this was not carried out.
            self._renew_at = None
            response = self._send(method, path, {place: payload}, timeout_s=timeout_s)
        response.raise_for_status()
        return response

    def _send(
        self, method: str, path: str, payload: dict[str, Any], *, timeout_s: float | None
    ) -> requests.Response:
        self._ensure_token()
        return self._session.request(
            method, f"{self.base_url}{path}", timeout=timeout_s or self._timeout_s, **payload
        )

    def _ensure_token(self) -> None:
        if self._renew_at is not None and self._clock() < self._renew_at:
            return
        asked_at = self._clock()
        response = self._session.post(
            f"{self.base_url}/token",
            data=self._credentials(),
            headers={"Authorization": None},
            timeout=self._timeout_s,
        )
        response.raise_for_status()
        answer = response.json()
        if "access_token" not in answer:
            raise TokenMissing(f"{self.base_url}/token gave no access_token but {response.text}")
        lifetime = timedelta(**answer.get("expires", {"days": 1}))
        self._session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self._renew_at = asked_at + lifetime - TOKEN_MARGIN


class RuntimeApiUserClient(RuntimeApiClient):
    """A hub, spoken to as a user."""

    def __init__(self, base_url: str, username: str, password: str, **options: Any) -> None:  # noqa: ANN401 (as the base)
        super().__init__(base_url, **options)
        self.username = username
        self._password = password

    def _credentials(self) -> dict[str, str]:
        return {
            "grant_type": "password",
            "username": self.username,
            "password": self._password,
        }

    def validate_metadata(self, database: Mapping[str, Any]) -> requests.Response:
        """Have documents checked: collections by name, each a list of documents."""
        return self.request("POST", "/metadata/json:validate", database, timeout_s=SUBMIT_TIMEOUT_S)

    def submit_metadata(self, database: Mapping[str, Any]) -> requests.Response:
        """Submit documents; the answer's ``detail.run_id`` names the run that writes them."""
        return self.request("POST", "/metadata/json:submit", database, timeout_s=SUBMIT_TIMEOUT_S)

    def get_run_info(self, run_id: str) -> requests.Response:
        """Fetch the summary of a run."""
        return self.request("GET", f"/runs/{run_id}")


class RuntimeApiSiteClient(RuntimeApiClient):
    """A hub, spoken to as a client of a site."""

    def __init__(
        self,
        base_url: str,
        site_id: str,
        client_id: str,
        client_secret: str,
        **options: Any,  # noqa: ANN401 (as the base)
    ) -> None:
        super().__init__(base_url, **options)
        self.site_id = site_id
        self.client_id = client_id
        self._client_secret = client_secret

    def _credentials(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._client_secret,
        }

    def list_operations(self, req: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Fetch all operations that the list request matches, page by page."""
        return self._list("/operations", req)

    def list_jobs(self, req: Mapping[str, Any] | None = None) -> requests.Response:
        """Fetch one page of jobs; a filter may be a dict."""
        return self.request("GET", "/jobs", as_list_request(req))

    def get_object_info(self, object_id: str) -> requests.Response:
        """Fetch the DRS record of an object."""
        return self.request("GET", f"/objects/{object_id}")

    def get_object_access(self, object_id: str, access_id: str) -> requests.Response:
        """Fetch where the bytes of an object are."""
        return self.request("GET", f"/objects/{object_id}/access/{access_id}")

    def upload_file(self, path: Path, *, mime_type: str = UNKNOWN_TYPE) -> requests.Response:
        """Send a file to the site's bucket and register it; return the answer with its DRS record.

        The bytes do not go through the hub: it signs an address for them.
        """
        name = _NOT_IN_NAMES.sub("_", path.name)
        promise = self.request(
            "POST", f"/sites/{self.site_id}:putObject", {"name": name, "mime_type": mime_type}
        ).json()["metadata"]
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size_bytes = stream.tell()
            stream.seek(0)
            # Not with our token: the address has a signature of its own.
            sent = requests.put(
                promise["url"],
                data=stream if size_bytes else b"",
                headers={"Content-Type": mime_type},
                timeout=SUBMIT_TIMEOUT_S,
                verify=self._session.verify,
            )
        sent.raise_for_status()
        record = {
            "name": name,
            "mime_type": mime_type,
            "size": size_bytes,
            "created_time": self._clock().isoformat(),
            "checksums": [{"type": "sha256", "checksum": digest}],
            "access_methods": [{"access_id": f"{self.site_id}:{promise['object_id']}"}],
        }
        return self.request("POST", "/objects", record)

    def _list(self, path: str, req: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        params = as_list_request(req)
        found: list[dict[str, Any]] = []
        while True:
            page = self.request("GET", path, params).json()
            found += page["resources"]
            token = page.get("next_page_token")
            if not token:
                return found
            params = {**params, "page_token": token}


def as_list_request(req: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the query parameters of a list request: a filter given as a dict becomes JSON."""
    params = {name: value for name, value in (req or {}).items() if value is not None}
    if isinstance(params.get("filter"), Mapping):
        params["filter"] = json.dumps(params["filter"])
    return params

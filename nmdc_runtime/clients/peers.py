"""What clients of other people's services share: a session, time-outs, retries, named refusals."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import requests

from nmdc_runtime.clients.sessions import BUSY, retrying_session
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

CONNECT_TIMEOUT_S: Final = 10.0
#: How much of what a peer says of its refusal is passed on.
MOST_SAID: Final = 500


class PeerUnavailable(NmdcError, requests.RequestException):
    """A service of others does not answer, or says that it cannot at the moment."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Service of others not available"

    def __init__(self, peer: str, url: str, reason: str) -> None:
        super().__init__(f"{peer} is not available at the moment: {url}: {reason}", url=url)


class PeerRefused(NmdcError, requests.HTTPError):
    """A service of others refuses a request; asking again would not help.

    Parameters
    ----------
    response
        What it answered.
    """

    title: ClassVar[str] = "Service of others refuses"

    def __init__(self, peer: str, response: requests.Response) -> None:
        said = " ".join(response.text.split())[:MOST_SAID]
        super().__init__(
            f"{peer} refuses {response.url} with status {response.status_code}: {said}",
            url=response.url,
            status_code=response.status_code,
        )
        self.response = response


class PeerAnswerInvalid(NmdcError):
    """A service of others answers something else than it has promised."""

    title: ClassVar[str] = "Answer of a service of others not understood"

    def __init__(self, peer: str, url: str, reason: str) -> None:
        super().__init__(f"what {peer} answers at {url} is not understood: {reason}", url=url)


class PeerClient:
    """A client of one service, with one session for all its requests.

    Parameters
    ----------
    base_url
        What all paths begin with; a slash at its end counts for nothing.
    timeout_s
        For how long the service may be silent.
    max_retries
        How often a request is sent again that can be sent twice and met a busy or absent service.
    """

    #: What errors call the service.
    peer: ClassVar[str]

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 60.0,
        max_retries: int = 4,
        backoff_s: float = 0.5,
        connections: int = 4,
        verify_tls: bool = True,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.connections = connections
        self._timeout = (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s)
        self._session = retrying_session(
            max_retries=max_retries,
            backoff_s=backoff_s,
            connections=connections,
            verify_tls=verify_tls,
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

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,  # noqa: ANN401 (any JSON)
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request; raise `PeerUnavailable` or `PeerRefused` unless it went well."""
        url = f"{self.base_url}/{path.lstrip('/')}"
        try:
            answer = self._session.request(
                method, url, params=params, json=json, headers=headers, timeout=self._timeout
            )
        except requests.RequestException as error:
            # Its text may quote a request with its credentials.
            raise PeerUnavailable(self.peer, url, type(error).__name__) from error
        if answer.status_code in BUSY or answer.status_code >= requests.codes.server_error:
            raise PeerUnavailable(self.peer, url, f"status {answer.status_code}")
        if not answer.ok:
            raise PeerRefused(self.peer, answer)
        return answer

    def as_json(self, answer: requests.Response) -> Any:  # noqa: ANN401 (any JSON)
        """Return what was answered, or raise `PeerAnswerInvalid`."""
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise PeerAnswerInvalid(self.peer, answer.url, "it is not JSON") from error

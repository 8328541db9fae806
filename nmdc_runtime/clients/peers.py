"""What clients of other people's services share: a session, time-outs, retries, named refusals."""

import json
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import orjson
import requests

from nmdc_runtime.clients.sessions import BUSY, retrying_session
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

CONNECT_TIMEOUT_S: Final = 10.0
#: How much of what a peer says of its refusal is passed on.
MOST_SAID: Final = 500
#: "Later", besides what servers that are busy say: it waited too long, or it is too early.
LATER: Final = BUSY | {408, 425}
#: Half of a surrogate pair.
_HALF: Final = re.compile("[\ud800-\udfff]")


class PeerUnavailable(NmdcError, requests.RequestException):
    """A service of others does not answer, or says that it cannot at the moment."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Service of others not available"

    def __init__(self, peer: str, url: str, reason: str) -> None:
        super().__init__(f"{peer} is not available at the moment: {url}: {reason}", url=url)


class PeerAddressUnusable(NmdcError):
    """Nothing can be asked at the address of a service, now or later."""

    title: ClassVar[str] = "Address of a service of others not usable"

    def __init__(self, peer: str, url: str, reason: str) -> None:
        super().__init__(
            f"{peer} cannot be asked at {url!r}: {reason}; look at its base URL in the settings",
            url=url,
        )


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
        """Send a request.

        Raises
        ------
        PeerUnavailable, PeerRefused, PeerAddressUnusable
            It did not go well.
        """
        url = f"{self.base_url}/{path.lstrip('/')}"
        try:
            answer = self._session.request(
                method, url, params=params, json=json, headers=headers, timeout=self._timeout
            )
        except requests.RequestException as error:
            # Its text may quote a request with its credentials.
            reason = type(error).__name__
            if isinstance(error, ValueError | requests.TooManyRedirects):  # no address, or a maze
                raise PeerAddressUnusable(self.peer, url, reason) from error
            raise PeerUnavailable(self.peer, url, reason) from error
        if answer.status_code in LATER or answer.status_code >= requests.codes.server_error:
            raise PeerUnavailable(self.peer, url, f"status {answer.status_code}")
        if not answer.ok:
            raise PeerRefused(self.peer, answer)
        return answer

    def as_json(self, answer: requests.Response) -> Any:  # noqa: ANN401 (any JSON)
        """Return what was answered, or raise `PeerAnswerInvalid`."""
        try:
            return parsed(answer.content)
        except (ValueError, RecursionError) as error:
            raise PeerAnswerInvalid(self.peer, answer.url, "it is not JSON") from error


def parsed(content: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """Return the value of JSON, also of such as only lenient parsers take (NaN, a mark in front).

    Half of a character, which JSON can write and neither UTF-8 nor BSON can hold, becomes U+FFFD:
    one such text would keep all others from being stored.

    Raises
    ------
    ValueError, RecursionError
        It is not JSON, or nested too deeply.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _whole(json.loads(content))


def _whole(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    return value

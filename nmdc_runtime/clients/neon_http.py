"""Fetching from NEON: whole files or none, patiently, and the token for NEON alone."""

import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from nmdc_runtime.clients.neon_errors import (
    QUOTED,
    NeonNotFound,
    NeonRefused,
    NeonUnavailable,
)

logger = logging.getLogger(__name__)

PART: Final = 1 << 18
#: Far above any file of NEON's; what is larger would be a mistake, and fill the disk.
MOST_BYTES: Final = 4 << 30
TOO_MANY_REQUESTS: Final = 429
#: Answers that may be others in a moment.
PASSING: Final = frozenset({408, 425, TOO_MANY_REQUESTS, 500, 502, 503, 504})
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
#: Who is told to wait longer than this gives up, and leaves it to a retry of the run.
LONGEST_RETRY_AFTER_S: Final = 300.0
REDIRECTS: Final = 5
ON_ITS_WAY: Final = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What is known of a file that has come whole."""

    url: str
    size_bytes: int
    sha256: str
    md5: str
    etag: str | None = None


#: Says what is wrong with a file that came, if anything is.
Objection = Callable[[Path, Fetched], str | None]


class _Passing(Exception):
    """An attempt failed in a way that may pass."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class NeonHttp:
    """Fetches addresses into files; safe to share between threads.

    Parameters
    ----------
    base_url
        NEON's API. The token goes to its scheme, host and port only, also after a redirect.
    api_token
        Empty: ask without one, which NEON allows at a lower rate.
    timeout_s
        To connect, and between two parts of an answer.
    max_retries
        How often a request is repeated after a failure that may pass.
    at_once
        Connections that are kept open.
    pause
        Waits so many seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_token: str,
        *,
        timeout_s: float,
        max_retries: int,
        at_once: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._home = _origin(urlsplit(base_url))
        self._token = api_token
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._pause = pause
        # Who is told to slow down holds it while waiting, and so slows down all.
        self._gate = threading.Lock()
        self._session = requests.Session()
        # Without cookies a session has no state that threads could fight over.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=at_once, max_retries=0))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def fetch(self, url: str, target: Path, *, objection: Objection | None = None) -> Fetched:
        """Fetch what is at the address into the file, which appears only when it is whole.

        Raises
        ------
        NeonUnavailable
            It failed each time, or what came was never what the objection lets pass.
        NeonRefused, NeonNotFound
            Asking again is of no use.
        """
        for attempt in range(self._max_retries + 1):
            with self._gate:  # wait here while another thread has been told to
                pass
            try:
                return self._attempt(url, target, objection)
            except _Passing as failure:
                wait_s = self._wait_s(failure, attempt)
                if attempt == self._max_retries or wait_s is None:
                    raise NeonUnavailable(url, f"{failure} ({attempt + 1} attempts)") from failure
                logger.warning(
                    "NEON failed, asking again",
                    extra={"url": url, "reason": str(failure), "wait_s": round(wait_s, 1)},
                )
                if failure.retry_after_s is None:
                    self._pause(wait_s)
                else:
                    with self._gate:
                        self._pause(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    @staticmethod
    def _wait_s(failure: _Passing, attempt: int) -> float | None:
        """Return how long to wait before the next attempt; None if that is too long."""
        told = failure.retry_after_s
        if told is not None:
            return told if told <= LONGEST_RETRY_AFTER_S else None
        longest: float = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
        # Runs that failed together shall not ask again together.
        return longest * random.uniform(0.5, 1)  # noqa: S311 (no secret)

    def _attempt(self, url: str, target: Path, objection: Objection | None) -> Fetched:
        arriving = target.with_name(f"{target.name}{ON_ITS_WAY}")
        try:
            fetched = self._receive(url, arriving)
            objected = objection(arriving, fetched) if objection is not None else None
            if objected is not None:
                raise _Passing(objected)
            arriving.replace(target)
        except requests.RequestException as error:
            raise _Passing(type(error).__name__) from error
        except HTTPError as error:  # cut short, or silent for too long
            raise _Passing(f"it broke off: {type(error).__name__}") from error
        finally:
            arriving.unlink(missing_ok=True)
        return fetched

    def _receive(self, url: str, arriving: Path) -> Fetched:
        with self._asked(url) as answer, arriving.open("wb") as file:
            self._check(url, answer)
            sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            size = 0
            for part in answer.iter_content(PART):
                size += len(part)
                if size > MOST_BYTES:
                    raise NeonRefused(url, answer.status_code, f"over {MOST_BYTES} bytes")
                sha256.update(part)
                md5.update(part)
                file.write(part)
        return Fetched(
            url=url,
            size_bytes=size,
            sha256=sha256.hexdigest(),
            md5=md5.hexdigest(),
            etag=answer.headers.get("ETag"),
        )

    def _asked(self, url: str) -> requests.Response:
        """Ask, and follow redirects without telling the token to another host."""
        here = url
        for _ in range(REDIRECTS + 1):
            at = urlsplit(here)
            if at.scheme not in {"http", "https"} or not at.hostname:
                raise NeonRefused(url, 0, f"{here} is no web address")
            headers = {"X-API-Token": self._token} if self._token and self._is_home(at) else {}
            answer = self._session.get(
                here,
                headers=headers,
                timeout=self._timeout_s,
                stream=True,
                allow_redirects=False,
            )
            if not answer.is_redirect:
                return answer
            here = urljoin(here, answer.headers["Location"])
            answer.close()
        raise NeonRefused(url, requests.codes.found, "it redirects for ever")

    def _is_home(self, at: SplitResult) -> bool:
        return _origin(at) == self._home

    @staticmethod
    def _check(url: str, answer: requests.Response) -> None:
        status = answer.status_code
        if status == requests.codes.ok:
            return
        said = answer.raw.read(QUOTED, decode_content=True).decode("utf-8", "replace")
        if status in PASSING:
            raise _Passing(f"status {status}, {said!r}", _retry_after_s(answer))
        if status in {requests.codes.not_found, requests.codes.gone}:
            raise NeonNotFound(url, status, said)
        raise NeonRefused(url, status, said)


def _origin(at: SplitResult) -> tuple[str, str | None, int]:
    return at.scheme, at.hostname, at.port or {"http": 80, "https": 443}.get(at.scheme, 0)


def _retry_after_s(answer: requests.Response) -> float | None:
    """Return what ``Retry-After`` says, as seconds or as a date."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def page_instead(path: Path) -> str | None:
    """Say that a file that should be a table is a page, as sites show during maintenance."""
    with path.open("rb") as file:
        is_page = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    return "what came is a page and no table" if is_page else None

"""Fetches files that somebody names by address: with a size, a time and places that are allowed."""

import hashlib
import io
import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urljoin, urlsplit

import requests

from nmdc_runtime.clients.sessions import retrying_session
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

SCHEMES: Final = frozenset({"http", "https"})
PART: Final = 1 << 16
MOST_REDIRECTS: Final = 5


class AddressRefused(NmdcError):
    """An address is not one from which files are fetched."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    title: ClassVar[str] = "Address not allowed"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"nothing is fetched from {url}: {reason}", url=url)


class DownloadTooLarge(NmdcError):
    """A file is larger than what is fetched."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    title: ClassVar[str] = "File too large"

    def __init__(self, url: str, *, most_bytes: int) -> None:
        super().__init__(f"{url} has more than {most_bytes} bytes", url=url, most_bytes=most_bytes)


class DownloadTooSlow(NmdcError):
    """A file does not come in the time that it is given."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "File too slow"

    def __init__(self, url: str, *, most_seconds: float) -> None:
        super().__init__(f"{url} did not come within {most_seconds:g} seconds", url=url)


class ChecksumWrong(NmdcError):
    """The bytes that came are not those that were promised."""

    title: ClassVar[str] = "Wrong bytes"

    def __init__(self, url: str, *, kind: str, promised: str, found: str) -> None:
        super().__init__(
            f"the bytes at {url} have the {kind} checksum {found}, promised is {promised}",
            url=url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """Fetches files, each at once and whole.

    Parameters
    ----------
    most_bytes, most_seconds
        What a file may have and take, tries and redirects included.
    are_private_allowed
        Whether a file may come from an address that only this machine or its network reaches.
        Not for addresses that others have written down: they would reach what is ours.
    hosts
        Where files may come from, if only from some: names of hosts. Who lists them vouches for
        them, private addresses included.
    listed_by
        What lists these hosts, for people who miss one.
    own_url
        What begins so may come in any case.
    max_retries
        How often a server that is busy, gone, or breaks off is asked again.
    """

    most_bytes: int = 100_000_000
    most_seconds: float = 300.0
    silence_s: float = 60.0
    are_private_allowed: bool = False
    hosts: frozenset[str] | None = None
    listed_by: str | None = None
    own_url: str | None = None
    max_retries: int = 4
    backoff_s: float = 0.5
    verify_tls: bool = True

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        checksums: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer, with all of its bytes.

        Parameters
        ----------
        checksums
            Hexadecimal digests that the bytes must have, by kind, e.g. ``sha256``. Kinds that
            this Python does not know are not looked at.

        Raises
        ------
        requests.HTTPError
            The server refuses.
        requests.RequestException
            It cannot be reached.
        AddressRefused, DownloadTooLarge, DownloadTooSlow, ChecksumWrong
            What they say.
        """
        until = time.monotonic() + self.most_seconds
        with retrying_session(
            max_retries=self.max_retries, backoff_s=self.backoff_s, verify_tls=self.verify_tls
        ) as session:
            answer, content = self._patiently(session, url, headers or {}, until)
        check_digests(content, checksums or {}, url=url)
        return _whole(answer, content)

    def _patiently(
        self, session: requests.Session, url: str, headers: Mapping[str, str], until: float
    ) -> tuple[requests.Response, bytes]:
        """Ask again if the answer breaks off; the session does so as long as there is none."""
        tries = 0
        while True:
            try:
                with self._asked(session, url, headers, until) as answer:
                    answer.raise_for_status()
                    return answer, b"".join(self._bounded(answer, until))
            except requests.exceptions.ChunkedEncodingError:
                if tries == self.max_retries:
                    raise
            time.sleep(self.backoff_s * 2**tries)
            tries += 1

    @contextmanager
    def _asked(
        self, session: requests.Session, url: str, headers: Mapping[str, str], until: float
    ) -> Iterator[requests.Response]:
        """Yield the answer; redirects are looked at before they are followed."""
        origin = urlsplit(url)[:2]
        for _ in range(MOST_REDIRECTS + 1):
            self._check_address(url)
            if time.monotonic() > until:
                raise DownloadTooSlow(url, most_seconds=self.most_seconds)
            # Headers may be a secret between us and the first server.
            sent = dict(headers) if urlsplit(url)[:2] == origin else {}
            with session.get(
                url, headers=sent, stream=True, timeout=self.silence_s, allow_redirects=False
            ) as answer:
                if not answer.is_redirect:
                    yield answer
                    return
                url = urljoin(url, answer.headers["Location"])
        raise AddressRefused(url, f"it took more than {MOST_REDIRECTS} redirects to get there")

    def _bounded(self, answer: requests.Response, until: float) -> Iterator[bytes]:
        length = 0
        for part in answer.iter_content(PART):
            length += len(part)
            if length > self.most_bytes:
                raise DownloadTooLarge(answer.url, most_bytes=self.most_bytes)
            if time.monotonic() > until:
                raise DownloadTooSlow(answer.url, most_seconds=self.most_seconds)
            yield part

    def _check_address(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in SCHEMES or not address.hostname:
            raise AddressRefused(url, "only http and https are fetched")
        if self.are_private_allowed or (self.own_url and url.startswith(f"{self.own_url}/")):
            return
        if self.hosts is not None:
            if address.hostname in self.hosts:
                return
            named = ", ".join(sorted(self.hosts)) or "(none)"
            raise AddressRefused(url, f"{address.hostname} is not among {named}{self._hint}")
        for found in addresses_of(address.hostname):
            if not found.is_global:
                raise AddressRefused(url, f"{found} is not a public address{self._hint}")

    @property
    def _hint(self) -> str:
        return f" ({self.listed_by} lists hosts that are allowed)" if self.listed_by else ""


def addresses_of(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses that a name stands for; none if nobody knows it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []  # asking for the file will say so
    addresses = []
    for *_, sockaddr in found:
        each = ipaddress.ip_address(str(sockaddr[0]).partition("%")[0])
        mapped = each.ipv4_mapped if isinstance(each, ipaddress.IPv6Address) else None
        addresses.append(mapped or each)
    return addresses


def check_digests(content: bytes, promised: Mapping[str, str], *, url: str) -> None:
    """Raise `ChecksumWrong` unless the bytes have the digests that were promised."""
    for kind, digest in promised.items():
        # Those named shake have no length of their own.
        if kind not in hashlib.algorithms_available or kind.startswith("shake"):
            continue
        found = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
        if found != digest.lower():
            raise ChecksumWrong(url, kind=kind, promised=digest, found=found)


def _whole(answer: requests.Response, content: bytes) -> requests.Response:
    """Return the answer as if its bytes had come at once."""
    whole = requests.Response()
    whole.status_code, whole.reason, whole.url = answer.status_code, answer.reason, answer.url
    whole.headers, whole.encoding, whole.request = answer.headers, answer.encoding, answer.request
    whole.raw = io.BytesIO(content)
    return whole

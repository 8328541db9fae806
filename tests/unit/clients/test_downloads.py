"""Files that are fetched by address, from a real server that behaves in all ways."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from nmdc_runtime.clients.downloads import (
    AddressRefused,
    ChecksumWrong,
    Downloads,
    DownloadTooLarge,
    DownloadTooSlow,
    addresses_of,
)

CONTENT = b"id\tname\nnmdc:x\t1\n"
#: For servers of the test's own.
LOCAL = Downloads(are_private_allowed=True, max_retries=1, backoff_s=0.0)


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    asked: list[tuple[str, str | None]]
    elsewhere = ""

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("X-Secret")))
        times = [path for path, _ in self.asked].count(self.path)
        name = self.path.strip("/")
        if name == "gone":
            self._send(404, b"no such file")
        elif name == "busy" and times == 1:
            self._send(503, b"", {"Retry-After": "0"})
        elif name in {"half-once", "half"} and (name == "half" or times == 1):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:5])
        elif name.startswith("to:"):
            self._send(302, b"", {"Location": name.removeprefix("to:")})
        elif name == "elsewhere":
            self._send(302, b"", {"Location": f"{self.elsewhere}/file"})
        elif name == "loop":
            self._send(302, b"", {"Location": "/loop"})
        else:
            self._send(200, CONTENT, {"Content-Type": "text/tab-separated-values"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _started() -> tuple[ThreadingHTTPServer, Any]:
    handler = type("Handler", (_Server,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    return server, handler


@pytest.fixture
def files() -> Iterator[tuple[str, Any]]:
    """Yield the address of a server, and what it remembers."""
    (server, handler), (other, other_handler) = _started(), _started()
    handler.elsewhere = f"http://127.0.0.1:{other.server_port}"
    handler.other = other_handler
    yield f"http://127.0.0.1:{server.server_port}", handler
    for each in (server, other):
        each.shutdown()
        each.server_close()


def test_a_file_comes_whole_after_a_pause_and_after_it_broke_off(files: Any) -> None:
    url, server = files
    digests = {"sha256": sha256(CONTENT).hexdigest().upper(), "made-up": "x"}

    for name in ("file", "busy", "half-once"):
        answer = LOCAL.fetch(f"{url}/{name}", checksums=digests)
        assert (answer.content, answer.status_code) == (CONTENT, 200)
    assert answer.headers["Content-Type"] == "text/tab-separated-values"
    assert [path for path, _ in server.asked] == [
        "/file",
        *["/busy"] * 2,
        *["/half-once"] * 2,
    ]


def test_what_cannot_be_had_is_named(files: Any) -> None:
    url, server = files

    with pytest.raises(requests.HTTPError) as gone:
        LOCAL.fetch(f"{url}/gone")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        LOCAL.fetch(f"{url}/half")
    with pytest.raises(DownloadTooLarge, match="more than 10 bytes"):
        Downloads(are_private_allowed=True, most_bytes=10).fetch(f"{url}/file")
    with pytest.raises(DownloadTooSlow):
        Downloads(are_private_allowed=True, most_seconds=-1).fetch(f"{url}/file")
    with pytest.raises(ChecksumWrong, match="sha256"):
        LOCAL.fetch(f"{url}/file", checksums={"sha256": "00"})

    assert gone.value.response.status_code == 404
    assert [path for path, _ in server.asked].count("/gone") == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "no address",
        "http://127.0.0.1:1/x",
        "http://localhost:1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/x",
        "http://[::1]:1/x",
        "http://[::ffff:127.0.0.1]:1/x",
    ],
)
def test_nothing_is_fetched_from_our_own_network_or_by_another_protocol(url: str) -> None:
    with pytest.raises(AddressRefused):
        Downloads(max_retries=0).fetch(url)


def test_redirects_are_followed_only_to_where_files_may_come_from(files: Any) -> None:
    url, server = files
    ours = Downloads(own_url=url, max_retries=0)

    assert LOCAL.fetch(f"{url}/elsewhere", headers={"X-Secret": "s"}).content == CONTENT
    assert ours.fetch(f"{url}/file").content == CONTENT
    with pytest.raises(AddressRefused):
        ours.fetch(f"{url}/elsewhere")
    with pytest.raises(AddressRefused):
        LOCAL.fetch(f"{url}/to:file:///etc/passwd")
    with pytest.raises(AddressRefused, match="redirects"):
        LOCAL.fetch(f"{url}/loop")

    assert server.asked[0] == ("/elsewhere", "s")
    assert server.other.asked == [("/file", None)]  # not the secret of another server


def test_a_name_that_nobody_knows_has_no_addresses() -> None:
    assert addresses_of("name.invalid") == []


def test_with_hosts_listed_files_come_from_these_alone_also_by_redirect(files: Any) -> None:
    url, _ = files
    listed = Downloads(hosts=frozenset({"127.0.0.1"}), max_retries=0)

    assert listed.fetch(f"{url}/elsewhere").content == CONTENT  # another port of the host
    with pytest.raises(AddressRefused, match=r"localhost is not among 127\.0\.0\.1$"):
        listed.fetch(f"{url}/to:{url.replace('127.0.0.1', 'localhost')}/file")
    with pytest.raises(AddressRefused, match=r"example\.org is not among \(none\)"):
        Downloads(hosts=frozenset()).fetch("https://example.org/file")
    assert Downloads(hosts=frozenset(), own_url=url).fetch(f"{url}/file").content == CONTENT

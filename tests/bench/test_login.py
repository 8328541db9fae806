"""The bar of the token storms: `/token` for a site client whose secret is remembered."""

import socket
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.bench.conftest import Ledger, median_s
from tests.support.processes import running
from tests.support.servers import free_port, wait_until
from tests.support.uvicorn_hub import running_hub

TOKENS, CONNECTIONS = 800, 8


class Storm:
    """Some kept connections that ask for tokens: as cheap as Python can ask."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
            }
        )
        self._request = (
            f"POST /token HTTP/1.1\r\nHost: hub\r\nContent-Length: {len(form)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}"
        ).encode()

    def _ask(self, times: int) -> None:
        with socket.create_connection(self._address) as connection:
            answers = connection.makefile("rb")
            for _ in range(times):
                connection.sendall(self._request)
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                assert b"access_token" in answers.read(length)

    def __call__(self) -> None:
        failures: list[BaseException] = []

        def ask() -> None:
            try:
                self._ask(TOKENS // CONNECTIONS)
            except BaseException as error:  # a thread's failure must reach the test
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]


@pytest.fixture
def bare_url() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.bench.bare_token:app", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/openapi.json", timeout=5).ok
        except requests.RequestException:
            return False

    with running(command):
        wait_until(answers, timeout_s=60, what="the bare route")
        yield url


def test_tokens_of_a_site_client(settings, bare_url, ledger: Ledger):
    client = settings.api_site_client_id, settings.api_site_client_secret.get_secret_value()
    with running_hub(settings) as (url, _):
        measured = median_s(Storm(url, *client))
    bare = median_s(Storm(bare_url, *client))

    # 400 a second: this many in two seconds.
    ledger.add(f"{TOKENS} tokens of a site client, warm", measured, "s", bar=2.0, bare=bare)

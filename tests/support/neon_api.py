"""A real server that plays the NEON data portal with the canned answers, and fails on demand."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CANNED = Path(__file__).parents[1] / "data" / "neon" / "api"
API = "https://data.neonscience.org/api/v0"
STORAGE = "https://storage.example.org/neon"
PRODUCT = "DP1.10086.001"
JUNE, JULY = f"/api/v0/data/{PRODUCT}/BLAN/2020-06", f"/api/v0/data/{PRODUCT}/BLAN/2020-07"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is answered instead, once."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    #: More than the body: the connection ends before all has come.
    length: int | None = None


@dataclass
class NeonServer:
    """What the portal has, how it misbehaves, and who asked for what."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    #: Path and token, in the order of arrival.
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.url}/api/v0"

    def put_json(self, path: str, content: Any) -> None:
        self.files[path] = json.dumps(content).encode()

    def get_json(self, path: str) -> Any:
        return json.loads(self.files[path])

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def listed_path(self, listing: str, word: str) -> str:
        """Return the path of the first listed file whose name has the word."""
        listed = self.get_json(listing)["data"]["files"]
        url: str = next(file["url"] for file in listed if word in file["name"])
        return url.removeprefix(self.url)

    def replace_file(self, listing: str, word: str, content: bytes) -> str:
        """Give a listed file another content, and its list the right checksum."""
        path = self.listed_path(listing, word)
        self.files[path] = content
        answer = self.get_json(listing)
        for file in answer["data"]["files"]:
            if file["url"].endswith(path):
                file["md5"] = hashlib.md5(content).hexdigest()
        self.put_json(listing, answer)
        return path

    def put_product(
        self, product_id: str, site: str, month: str, tables: Mapping[str, bytes]
    ) -> None:
        """Add a product with one site and month: the tables as files of the expanded package."""
        listing = f"/api/v0/data/{product_id}/{site}/{month}"
        files = []
        for table, content in tables.items():
            name = f"NEON.D00.{site}.{product_id}.{table}.{month}.expanded.20260101T000000Z.csv"
            path = f"/storage/{name}"
            self.files[path] = content
            md5 = hashlib.md5(content).hexdigest()
            files.append({"name": name, "md5": md5, "url": f"{self.url}{path}"})
        self.put_json(listing, {"data": {"siteCode": site, "month": month, "files": files}})
        available = {"siteCode": site, "availableDataUrls": [f"{self.url}{listing}"]}
        self.put_json(
            f"/api/v0/products/{product_id}",
            {"data": {"productCode": product_id, "siteCodes": [available]}},
        )


def _load(served: NeonServer) -> None:
    """Take the canned answers, with addresses and checksums of this server."""

    def here(name: str) -> Any:
        text = (CANNED / name).read_text(encoding="utf-8")
        return json.loads(text.replace(API, served.api).replace(STORAGE, f"{served.url}/storage"))

    served.put_json("/api/v0/sites/", here("sites.json"))
    served.put_json(f"/api/v0/products/{PRODUCT}", here(f"products_{PRODUCT}.json"))
    for path in (JUNE, JULY):
        answer = here(f"data_{path.removeprefix('/api/v0/data/').replace('/', '_')}.json")
        for file in answer["data"]["files"]:
            content = f"file\n{file['name']}\n".encode()
            file["md5"] = hashlib.md5(content).hexdigest()
            served.files[file["url"].removeprefix(served.url)] = content
        served.put_json(path, answer)


@contextmanager
def neon_server() -> Iterator[NeonServer]:
    """Serve the canned answers over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.asked.append((self.path, self.headers.get("X-API-Token")))
            faults = served.faults.get(self.path)
            if faults:
                fault = faults.pop(0)
                self._answer(fault.status, fault.body, fault.headers, fault.length)
            elif self.path in served.files:
                content = served.files[self.path]
                etag = f'"{hashlib.md5(content).hexdigest()}"'
                self._answer(200, content, {"ETag": etag})
            else:
                self._answer(404, b'{"error": "nothing here"}', {})

        def _answer(
            self, status: int, body: bytes, headers: dict[str, str], length: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)
            if length is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served = NeonServer(f"http://127.0.0.1:{server.server_address[1]}")
        _load(served)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()

"""Reference files: fetched once, from an address or a path, with what tells their version."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmdc_runtime.clients.neon import NeonClient
from nmdc_runtime.clients.neon_errors import NeonNotFound, NeonReferenceUnusable, NeonUnavailable
from tests.support.neon_api import Fault, NeonServer, neon_server

TEXT = b"NEON sequencingMethod\tNMDC instrument_set id\nNextSeq550\tnmdc:inst-14-xz5tb342"
SHA256 = hashlib.sha256(TEXT).hexdigest()
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PATH = f"/microbiomedata/nmdc-schema/{COMMIT}/assets/misc/instruments.tsv"


@pytest.fixture
def server() -> Iterator[NeonServer]:
    with neon_server() as served:
        served.files[PATH] = TEXT
        served.files["/main/instruments.tsv"] = TEXT
        yield served


@pytest.fixture
def client() -> Iterator[NeonClient]:
    with NeonClient(api_token="t0ken", max_retries=1, pause=lambda _: None) as asking:
        yield asking


def test_a_file_is_fetched_once_with_its_tag_checksum_and_commit_and_without_the_token(
    server: NeonServer, client: NeonClient
) -> None:
    fetched = client.fetch_reference(f"{server.url}{PATH}")

    assert fetched.content == TEXT
    assert fetched.facts() == {
        "source": f"{server.url}{PATH}",
        "size_bytes": len(TEXT),
        "sha256": SHA256,
        "etag": f'"{hashlib.md5(TEXT).hexdigest()}"',
        "commit": COMMIT,
    }
    assert server.asked == [(PATH, None)]
    assert client.fetch_reference(f"{server.url}/main/instruments.tsv").commit is None


@pytest.mark.parametrize("as_address", [True, False], ids=["address", "path"])
def test_a_file_on_disk_will_do(client: NeonClient, tmp_path: Path, as_address: bool) -> None:
    path = tmp_path / "the instruments.tsv"
    path.write_bytes(TEXT)

    fetched = client.fetch_reference(path.as_uri() if as_address else str(path), sha256=SHA256)

    assert (fetched.content, fetched.sha256, fetched.etag) == (TEXT, SHA256, None)


def test_what_is_not_there_or_not_the_pinned_one_is_named(
    server: NeonServer, client: NeonClient, tmp_path: Path
) -> None:
    with pytest.raises(NeonReferenceUnusable, match=r"nowhere\.tsv.*No such file"):
        client.fetch_reference(str(tmp_path / "nowhere.tsv"))
    with pytest.raises(NeonReferenceUnusable, match=f"sha256 is {SHA256} and not 00"):
        client.fetch_reference(f"{server.url}{PATH}", sha256="00")
    with pytest.raises(NeonNotFound, match="status 404"):
        client.fetch_reference(f"{server.url}/main/nowhere.tsv")


def test_a_page_is_no_table(server: NeonServer, client: NeonClient) -> None:
    server.faults[PATH] = [Fault(body=b"\n<html>", status=200)]
    assert client.fetch_reference(f"{server.url}{PATH}").content == TEXT

    server.faults[PATH] = [Fault(body=b"<html>")] * 2
    with pytest.raises(NeonUnavailable, match="a page and no table"):
        client.fetch_reference(f"{server.url}{PATH}")

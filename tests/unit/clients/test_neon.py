"""NEON over real HTTP: products, sites and files, whole or not at all."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from nmdc_runtime.clients.neon import NeonClient, open_neon
from nmdc_runtime.clients.neon_errors import (
    NeonNotFound,
    NeonProductInvalid,
    NeonRefused,
    NeonUnavailable,
)
from nmdc_runtime.clients.neon_files import NeonProduct
from nmdc_runtime.config.sections import NeonSettings
from nmdc_runtime.kernel.errors import ErrorKind
from tests.support.neon_api import CANNED, JULY, JUNE, PRODUCT, Fault, NeonServer, neon_server

EXPECTED = json.loads((CANNED / "file_selection.expected.json").read_text())
CORES = "sls_soilCoreCollection"
PAGE = b"<!DOCTYPE html><html>Maintenance</html>"


@pytest.fixture
def server() -> Iterator[NeonServer]:
    with neon_server() as served:
        yield served


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(server: NeonServer, pauses: list[float]) -> Iterator[NeonClient]:
    with NeonClient(f"{server.api}/", "t0ken", max_retries=3, pause=pauses.append) as asking:
        yield asking


def a_product(tables: str = CORES, **more) -> NeonProduct:
    return NeonProduct.from_config({"product_id": PRODUCT, "product_tables": tables, **more})


def test_a_product_and_the_sites_are_asked_for_with_the_token(
    server: NeonServer, client: NeonClient
) -> None:
    product = client.fetch_product_by_id(PRODUCT)

    assert product["data"]["productCode"] == PRODUCT
    assert client.request(f"{server.url}{JUNE}")["data"]["month"] == "2020-06"
    assert client.fetch_site_names() == json.loads((CANNED / "sites.expected.json").read_text())
    assert {token for _, token in server.asked} == {"t0ken"}


@pytest.mark.parametrize("token", ["", "generateme", "y"])
def test_a_placeholder_is_no_token(server: NeonServer, token: str) -> None:
    with NeonClient(server.api, token) as client:
        client.fetch_site_names()

    assert server.asked == [("/api/v0/sites/", None)]


def test_files_are_chosen_by_the_exact_name_of_their_table_and_each_list_is_asked_for_once(
    server: NeonServer, client: NeonClient, tmp_path: Path
) -> None:
    fetched = client.fetch_tables(a_product(EXPECTED["product_tables"]), tmp_path)

    chosen = {
        table: [f"{file.month} {table}" for file in files if f".{table}." in file.name]
        for table, files in fetched.files.items()
    }
    assert chosen["ntr_internalLab"] == EXPECTED["target"]["ntr_internalLab"]
    assert {table: len(files) for table, files in fetched.files.items()} == {
        CORES: 2,
        "ntr_internalLab": 2,
        "ntr_externalLab": 2,
        "sls_soilpH": 1,
        "sls_soilMoisture": 0,
    }
    assert fetched.missing == ("sls_soilMoisture",)
    every = [file for files in fetched.files.values() for file in files]
    assert all(".expanded." in file.name and "Blanks" not in file.name for file in every)
    assert all(file.path.read_text() == f"file\n{file.name}\n" for file in every)
    assert {file.site for file in every} == {"BLAN"}
    assert server.paths().count(JUNE) == server.paths().count(JULY) == 1
    assert len(server.paths()) == len(set(server.paths())) == 3 + 7


def test_the_token_goes_to_no_other_host(
    server: NeonServer, client: NeonClient, tmp_path: Path
) -> None:
    with neon_server() as elsewhere:
        for listing in (JUNE, JULY):
            server.files[listing] = server.files[listing].replace(
                f"{server.url}/storage".encode(), f"{elsewhere.url}/storage".encode()
            )
        june = elsewhere.listed_path(JUNE, f"{CORES}.2020-06.expanded")
        moved = Fault(status=302, headers={"Location": f"{elsewhere.url}/api/v0/sites/"})
        server.faults["/api/v0/sites/"] = [moved]

        client.fetch_tables(a_product(), tmp_path)
        client.fetch_site_names()

        july = elsewhere.listed_path(JULY, f"{CORES}.2020-07.expanded")
        assert sorted(elsewhere.paths()) == ["/api/v0/sites/", june, july]
        assert {token for _, token in elsewhere.asked} == {None}


@pytest.mark.parametrize(
    ("more", "months"),
    [
        ({}, ["2020-06", "2020-07"]),
        ({"start_month": "2020-07"}, ["2020-07"]),
        ({"end_month": "2020-06", "sites": "BLAN"}, ["2020-06"]),
        ({"start_month": "2020-07", "end_month": "2020-07", "sites": ["BLAN"]}, ["2020-07"]),
    ],
    ids=["all", "from", "until", "one"],
)
def test_only_wanted_sites_and_months_are_asked_for(
    server: NeonServer, client: NeonClient, tmp_path: Path, more: dict, months: list[str]
) -> None:
    fetched = client.fetch_tables(a_product(**more), tmp_path)

    assert [file.month for file in fetched.files[CORES]] == months
    assert [path for path in (JUNE, JULY) if path in server.paths()] == [
        path for path in (JUNE, JULY) if path.rpartition("/")[2] in months
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sites": "BLAN, ABBY"}, "has no site ABBY; it has BLAN"),
        ({"start_month": "2021-01"}, "nothing for sites all from 2021-01 to now"),
    ],
    ids=["site", "months"],
)
def test_a_selection_that_matches_nothing_is_told(
    client: NeonClient, tmp_path: Path, more: dict, said: str
) -> None:
    with pytest.raises(NeonProductInvalid, match=said):
        client.fetch_tables(a_product(**more), tmp_path)


def test_a_file_that_is_listed_for_two_months_is_taken_once(
    server: NeonServer, client: NeonClient, tmp_path: Path
) -> None:
    server.files[JULY] = server.files[JUNE]

    fetched = client.fetch_tables(a_product(), tmp_path)

    assert len(fetched.files[CORES]) == 1


FAILURES = {
    "busy": Fault(status=429, headers={"Retry-After": "7"}),
    "failing": Fault(status=500, body=b"oops"),
    "gateway": Fault(status=503),
    "half": Fault(body=b"file\nhal", length=5_000),
    "other content": Fault(body=b"file\nanother\n"),
    "page": Fault(body=PAGE),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_passes_is_waited_for(
    server: NeonServer, client: NeonClient, pauses: list[float], tmp_path: Path, failure: str
) -> None:
    path = server.listed_path(JUNE, f"{CORES}.2020-06.expanded")
    server.faults[path] = [FAILURES[failure]] * 2

    fetched = client.fetch_tables(a_product(end_month="2020-06"), tmp_path)

    assert [file.path.read_bytes() for file in fetched.files[CORES]] == [server.files[path]]
    assert server.paths().count(path) == 3
    if failure == "busy":
        assert pauses == [7.0, 7.0]
    else:
        assert 0.5 <= pauses[0] <= 1 <= pauses[1] <= 2
    assert [left.name for left in tmp_path.iterdir()] == ["000000.csv"]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_does_not_pass_ends_the_download_and_leaves_no_half_file(
    server: NeonServer, client: NeonClient, tmp_path: Path, failure: str
) -> None:
    path = server.listed_path(JUNE, f"{CORES}.2020-06.expanded")
    server.faults[path] = [FAILURES[failure]] * 4

    with pytest.raises(NeonUnavailable, match="4 attempts") as failed:
        client.fetch_tables(a_product(end_month="2020-06"), tmp_path)

    assert failed.value.kind is ErrorKind.UNAVAILABLE
    assert path in str(failed.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [PAGE, b'{"data": {"files": [', b"", b"[" * 200_000],
    ids=["page", "cut", "none", "deep"],
)
def test_an_answer_that_is_no_json_is_asked_for_again(
    server: NeonServer, client: NeonClient, body: bytes
) -> None:
    server.faults["/api/v0/sites/"] = [Fault(body=body)]
    assert len(client.fetch_site_names()) == 3

    server.faults["/api/v0/sites/"] = [Fault(body=body)] * 4
    with pytest.raises(NeonUnavailable, match="no JSON"):
        client.fetch_site_names()


def test_retry_after_may_be_a_date_and_a_long_one_is_left_to_a_later_run(
    server: NeonServer, client: NeonClient, pauses: list[float]
) -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.faults["/api/v0/sites/"] = [
        Fault(status=503, headers={"Retry-After": in_a_minute}),
        Fault(status=429, headers={"Retry-After": "soon"}),
    ]
    client.fetch_site_names()
    assert 0 <= pauses[0] <= 60
    assert pauses[1] <= 2  # what cannot be read is as good as not said

    server.faults["/api/v0/sites/"] = [Fault(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(NeonUnavailable, match="429"):
        client.fetch_site_names()
    assert len(pauses) == 2


def test_who_is_told_to_wait_makes_all_wait(server: NeonServer, tmp_path: Path) -> None:
    told, go_on = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        told.set()
        assert go_on.wait(timeout=30)

    server.faults["/api/v0/sites/"] = [Fault(status=429, headers={"Retry-After": "9"})]
    with NeonClient(server.api, pause=pause) as client:
        first = threading.Thread(target=client.fetch_site_names)
        second = threading.Thread(target=client.fetch_product_by_id, args=[PRODUCT])
        first.start()
        assert told.wait(timeout=30)
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()
        assert server.paths() == ["/api/v0/sites/"]
        go_on.set()
        first.join()
        second.join()
    assert sorted(server.paths()) == [
        f"/api/v0/products/{PRODUCT}",
        "/api/v0/sites/",
        "/api/v0/sites/",
    ]


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (404, NeonNotFound, "no such site"),
        (403, NeonRefused, "check NEON_API_TOKEN"),
        (400, NeonRefused, "status 400 and says 'no such site'"),
    ],
)
def test_a_refusal_names_address_status_and_answer_and_is_not_repeated(
    server: NeonServer, client: NeonClient, status: int, error: type[NeonRefused], said: str
) -> None:
    server.faults["/api/v0/sites/"] = [Fault(status=status, body=b"no such site")]

    with pytest.raises(error, match=said) as refused:
        client.fetch_site_names()

    assert f"{server.api}/sites/" in str(refused.value)
    assert server.paths() == ["/api/v0/sites/"]


def test_redirects_for_ever_and_addresses_that_are_no_web_addresses_are_refused(
    server: NeonServer, client: NeonClient
) -> None:
    round_trip = Fault(status=302, headers={"Location": "/api/v0/sites/"})
    server.faults["/api/v0/sites/"] = [round_trip] * 10
    with pytest.raises(NeonRefused, match="redirects for ever"):
        client.fetch_site_names()
    with pytest.raises(NeonRefused, match="no web address"):
        client.request("file:///etc/passwd")


def test_a_server_that_nobody_reaches_is_not_available(pauses: list[float]) -> None:
    with (
        NeonClient("http://127.0.0.1:1", max_retries=1, pause=pauses.append) as client,
        pytest.raises(NeonUnavailable, match="ConnectionError"),
    ):
        client.fetch_site_names()
    assert len(pauses) == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({f"/api/v0/products/{PRODUCT}": {"data": {}}}, "no member 'siteCodes'"),
        ({f"/api/v0/products/{PRODUCT}": {"data": {"siteCodes": {}}}}, "no list"),
        ({JUNE: {"data": {"files": [{"name": 5}]}}}, "no text"),
        ({JUNE: ["surprise"]}, "no member 'data'"),
    ],
    ids=["member", "list", "text", "array"],
)
def test_an_answer_of_another_shape_names_what_is_missing(
    server: NeonServer, client: NeonClient, tmp_path: Path, answers: dict, said: str
) -> None:
    for path, answer in answers.items():
        server.put_json(path, answer)

    with pytest.raises(NeonUnavailable, match=said):
        client.fetch_tables(a_product(), tmp_path)


def test_runs_share_what_is_kept_until_it_is_too_old(server: NeonServer, tmp_path: Path) -> None:
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]
    settings = NeonSettings(cache_folder=tmp_path / "not" / "there", cache_hours=2)

    def run(name: str) -> list[str]:
        """Return what a run of its own gets, and count what it asks for."""
        folder = tmp_path / name
        folder.mkdir()
        server.asked.clear()
        with open_neon(server.api, "t0ken", settings, clock=lambda: now[0]) as client:
            fetched = client.fetch_tables(a_product(), folder)
        return [file.path.read_text() for file in fetched.files[CORES]]

    first = run("first")
    assert len(server.asked) == 5
    assert run("again") == first
    assert server.asked == []

    changed = server.replace_file(JULY, f"{CORES}.2020-07.expanded", b"file\nnew release\n")
    now[0] += timedelta(hours=2, minutes=1)
    assert run("later") == [first[0], "file\nnew release\n"]
    assert changed in server.paths()


def test_an_address_that_expired_after_it_was_listed_is_asked_for_anew(
    server: NeonServer, tmp_path: Path
) -> None:
    settings = NeonSettings(cache_folder=tmp_path / "cache")
    product = a_product(end_month="2020-06")
    old = server.listed_path(JUNE, f"{CORES}.2020-06.expanded")
    with open_neon(server.api, "", settings) as client:
        client.request(f"{server.url}{JUNE}")  # kept from here on
        server.files[f"{old}-signed-anew"] = content = server.files.pop(old)
        server.files[JUNE] = server.files[JUNE].replace(old.encode(), f"{old}-signed-anew".encode())

        fetched = client.fetch_tables(product, tmp_path)

    assert [file.path.read_bytes() for file in fetched.files[CORES]] == [content]

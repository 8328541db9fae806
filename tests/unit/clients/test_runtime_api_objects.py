"""What a site's client fetches of objects, and what a user's client sends again."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from nmdc_runtime.clients.downloads import AddressRefused
from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient, RuntimeApiUserClient
from nmdc_runtime.clients.runtime_api_site import headers_of


class Hub:
    """Has one object, and remembers how it was asked."""

    def __init__(self, record: dict[str, Any], access: dict[str, Any] | None = None) -> None:
        self.record = record
        self.access = access
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.busy = 0

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, Any]:
        if path == "/token":
            return 200, {"access_token": "t", "expires": {"minutes": 10}}
        self.asked.append((urlsplit(path).path, headers))
        if self.busy:
            self.busy -= 1
            return 503, {"detail": "Dagster is away"}
        if path.startswith("/objects/o1/access/"):
            return 200, self.access
        if path == "/objects/o1":
            return 200, self.record
        return 200, {"detail": {"run_id": "nmdc:sys0r"}}


def site(url: str, **more: Any) -> RuntimeApiSiteClient:
    return RuntimeApiSiteClient(url, "nersc", "c", "s", max_retries=0, **more)


def test_bytes_are_fetched_through_the_hubs_inner_address_without_our_token(
    http_answers: Any,
) -> None:
    record = {"access_methods": [{"access_id": "a1"}, {"access_url": {"url": "file:///x"}}]}
    access = {"url": "https://api.example.org/data/1", "headers": ["X-Part: 7", "not a header"]}
    hub = Hub(record, access)
    with (
        http_answers(hub) as url,
        site(url, external_url="https://api.example.org/") as client,
    ):
        assert client.get_object_bytes("o1").status_code == 200

    path, headers = hub.asked[-1]
    assert path == "/data/1"
    assert headers["X-Part"] == "7"
    assert "Authorization" not in headers


def test_another_hub_of_a_like_name_is_not_ours_and_a_bundle_has_no_bytes(
    http_answers: Any,
) -> None:
    elsewhere = {"access_methods": [{"access_url": {"url": "http://127.0.0.1.nip.invalid:1/"}}]}
    looks_inner = {"access_methods": [{"access_url": {"url": "http://127.0.0.1:9/x"}}]}
    for record, error in (
        ({"contents": []}, AddressRefused),
        (looks_inner, AddressRefused),
        (elsewhere, requests.ConnectionError),
    ):
        with http_answers(Hub(record)) as url, site(url) as client, pytest.raises(error):
            client.get_object_bytes("o1")


@pytest.mark.parametrize("given", [None, {"A": "1"}, ["A: 1"], ["A:1", "B"]])
def test_headers_of_an_access_url_come_in_two_forms(given: Any) -> None:
    assert headers_of(given) == ({"A": "1"} if given else {})


def test_a_submission_is_sent_again_under_its_key_while_the_hub_is_busy(http_answers: Any) -> None:
    hub = Hub({})
    with (
        http_answers(hub) as url,
        RuntimeApiUserClient(url, "u", "p", max_retries=3, backoff_s=0.0) as client,
    ):
        hub.busy = 2
        given = client.submit_metadata({"study_set": []}, idempotency_key="run-1/submit")
        hub.busy = 1
        client.submit_metadata({"study_set": []})
        hub.busy = 9
        with pytest.raises(requests.HTTPError) as refused:
            client.submit_metadata({"study_set": []}, idempotency_key="run-2/submit")

    keys = [headers["Idempotency-Key"] for _, headers in hub.asked]
    assert given.json()["detail"]["run_id"] == "nmdc:sys0r"
    assert keys[:3] == ["run-1/submit"] * 3
    assert keys[3] == keys[4] != keys[0]
    assert keys[5:] == ["run-2/submit"] * 4
    assert refused.value.response.json() == {"detail": "Dagster is away"}

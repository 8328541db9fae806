from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import BaseModel

from nmdc_runtime.clients.runtime_api import (
    RuntimeApiSiteClient,
    RuntimeApiUserClient,
    TokenMissing,
    as_list_request,
)


class Hub:
    """Answers as a hub does, and remembers what it was asked."""

    def __init__(self, **answers: tuple[int, Any]) -> None:
        self.answers = {path: answers[key] for key, path in _PATHS.items() if key in answers}
        self.token = "token-1"
        self.forms: list[dict[str, list[str]]] = []
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[str] = []

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, Any]:
        if path == "/token":
            self.forms.append(parse_qs(body))
            return 200, {"access_token": self.token, "expires": {"days": 0, "minutes": 10}}
        self.requests.append((method, path))
        self.bodies.append(body)
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"detail": "Could not validate credentials"}
        return self.answers.get(urlsplit(path).path, (200, {"ok": True}))


_PATHS = {"run": "/runs/nmdc:sys0r", "refused": "/metadata/json:submit", "busy": "/jobs"}


def test_no_request_is_made_before_it_is_needed_and_one_token_serves_many(
    http_answers: Any,
) -> None:
    hub = Hub(run=(200, {"id": "nmdc:sys0r", "status": "COMPLETE"}))
    with (
        http_answers(hub) as url,
        RuntimeApiUserClient(base_url=f"{url}/", username="u", password="p") as client,
    ):
        assert hub.forms == []
        assert client.get_run_info("nmdc:sys0r").json()["status"] == "COMPLETE"
        client.get_run_info("nmdc:sys0r")

    assert hub.forms == [{"grant_type": ["password"], "username": ["u"], "password": ["p"]}]
    assert hub.requests == [("GET", "/runs/nmdc:sys0r")] * 2


def test_a_site_asks_for_its_token_with_client_credentials(http_answers: Any) -> None:
    hub = Hub()
    with http_answers(hub) as url:
        credentials = {"client_id": "c", "client_secret": "s"}
        with RuntimeApiSiteClient(base_url=url, site_id="nersc", **credentials) as client:
            client.get_object_info("gfs0abc")
            client.get_object_access("gfs0abc", "gfs0abc")

    assert hub.forms == [
        {"grant_type": ["client_credentials"], "client_id": ["c"], "client_secret": ["s"]}
    ]
    assert hub.requests[1] == ("GET", "/objects/gfs0abc/access/gfs0abc")


def test_a_token_is_renewed_five_seconds_before_it_ends(http_answers: Any) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    hub = Hub()
    with (
        http_answers(hub) as url,
        RuntimeApiUserClient(url, "u", "p", clock=lambda: now) as client,
    ):
        client.get_run_info("a")
        now += timedelta(minutes=10, seconds=-6)
        client.get_run_info("a")
        assert len(hub.forms) == 1
        now += timedelta(seconds=1)
        client.get_run_info("a")

    assert len(hub.forms) == 2


def test_a_hub_with_a_new_signing_key_gets_a_new_token_and_the_same_request(
    http_answers: Any,
) -> None:
    hub = Hub()
    with http_answers(hub) as url, RuntimeApiUserClient(url, "u", "p") as client:
        client.get_run_info("a")
        hub.token = "token-2"
        answer = client.submit_metadata({"study_set": []})

    assert answer.status_code == 200
    assert hub.bodies[1:] == ['{"study_set": []}'] * 2


def test_a_refusal_is_raised_with_its_answer(http_answers: Any) -> None:
    hub = Hub(refused=(422, {"detail": "wrong"}))
    with (
        http_answers(hub) as url,
        RuntimeApiUserClient(url, "u", "p") as client,
        pytest.raises(requests.HTTPError) as caught,
    ):
        client.submit_metadata({"study_set": [{}]})

    assert caught.value.response.json() == {"detail": "wrong"}
    assert len(hub.requests) == 1


def test_a_submission_is_never_sent_twice_but_a_list_is(http_answers: Any) -> None:
    hub = Hub(refused=(503, {}), busy=(503, {}))
    with (
        http_answers(hub) as url,
        RuntimeApiSiteClient(url, "nersc", "c", "s", max_retries=1) as client,
    ):
        with pytest.raises(requests.HTTPError):
            client.request("POST", "/metadata/json:submit", {})
        with pytest.raises(requests.HTTPError) as caught:
            client.list_jobs()

    assert caught.value.response.status_code == 503
    assert [path for _, path in hub.requests] == ["/metadata/json:submit", "/jobs", "/jobs"]


def test_an_answer_without_a_token_is_quoted(http_answers: Any) -> None:
    with (
        http_answers({"/token": (200, {"sorry": "closed"})}) as url,
        RuntimeApiUserClient(url, "u", "p") as client,
        pytest.raises(TokenMissing, match="closed"),
    ):
        client.get_run_info("a")


def test_lists_follow_their_tokens_and_send_the_filter_each_time(http_answers: Any) -> None:
    def pages(method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        if path == "/token":
            return 200, {"access_token": "t"}
        query = parse_qs(urlsplit(path).query)
        assert query["filter"] == ['{"done": true}']
        if "page_token" in query:
            return 200, {"resources": [{"id": "op2"}]}
        return 200, {"resources": [{"id": "op1"}], "next_page_token": "n"}

    with http_answers(pages) as url, RuntimeApiSiteClient(url, "nersc", "c", "s") as client:
        found = client.list_operations({"filter": {"done": True}})

    assert [operation["id"] for operation in found] == ["op1", "op2"]


class Patch(BaseModel):
    done: bool | None = None
    result: str | None = None


def test_of_a_model_only_the_fields_that_were_set_are_sent(http_answers: Any) -> None:
    hub = Hub()
    with http_answers(hub) as url, RuntimeApiUserClient(url, "u", "p") as client:
        client.request("PATCH", "/operations/op1", Patch(done=True))

    assert hub.bodies == ['{"done": true}']


def test_a_list_request_drops_what_is_unset_and_keeps_a_filter_that_is_text() -> None:
    assert as_list_request(None) == {}
    assert as_list_request({"filter": '{"a": 1}', "max_page_size": 5, "page_token": None}) == {
        "filter": '{"a": 1}',
        "max_page_size": 5,
    }

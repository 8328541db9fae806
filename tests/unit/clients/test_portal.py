"""The submission portal's client, over real HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nmdc_runtime.clients.peers import PeerAnswerInvalid, PeerRefused, PeerUnavailable
from nmdc_runtime.clients.portal import NmdcPortalClient

SUBMISSION = {"id": "abc-1", "metadata_submission": {"studyForm": {}}}


class Portal:
    """Answers as the portal does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.token = "token-1"
        self.refresh: tuple[int, Any] | None = None
        self.finalized: tuple[int, Any] = (200, {"pi_image_url": "u", "study_image_urls": []})
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, Any]:
        self.asked.append((method, path, json.loads(body) if body else None))
        if path == "/auth/refresh":
            return self.refresh or (200, {"access_token": self.token, "expires_in": 3600})
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"detail": "expired"}
        if path.endswith("/finalize"):
            return self.finalized
        return (200, SUBMISSION) if path.endswith("/abc-1") else (404, {"detail": "none"})


def test_the_first_fetch_makes_two_requests_and_the_next_one_more(http_answers: Any) -> None:
    portal = Portal()
    with http_answers(portal) as url, NmdcPortalClient(f"{url}/", "refresh-me") as client:
        assert client.fetch_metadata_submission("abc-1") == SUBMISSION
        assert portal.asked == [
            ("POST", "/auth/refresh", {"refresh_token": "refresh-me"}),
            ("GET", "/api/metadata_submission/abc-1", None),
        ]
        client.fetch_metadata_submission("abc-1")
        assert len(portal.asked) == 3
        assert client.finalize_submission("abc-1", study_id="nmdc:sty-11-a") == {
            "pi_image_url": "u",
            "study_image_urls": [],
        }

    assert portal.asked[3] == (
        "POST",
        "/api/metadata_submission/abc-1/finalize",
        {"study_id": "nmdc:sty-11-a"},
    )


def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(http_answers: Any) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    portal = Portal()
    with (
        http_answers(portal) as url,
        NmdcPortalClient(url, "refresh-me", clock=lambda: now) as client,
    ):
        client.fetch_metadata_submission("abc-1")
        now += timedelta(seconds=3595)
        client.fetch_metadata_submission("abc-1")
        portal.token = "token-2"
        client.fetch_metadata_submission("abc-1")

    assert [path for _, path, _ in portal.asked].count("/auth/refresh") == 3


def test_finalizing_is_not_repeated_and_a_missing_submission_is_refused_with_its_answer(
    http_answers: Any,
) -> None:
    portal = Portal()
    portal.finalized = (503, {})
    with (
        http_answers(portal) as url,
        NmdcPortalClient(url, "refresh-me", max_retries=2, backoff_s=0.0) as client,
    ):
        with pytest.raises(PeerUnavailable, match="503"):
            client.finalize_submission("abc-1", study_id="nmdc:sty-11-a")
        with pytest.raises(PeerRefused) as refused:
            client.fetch_metadata_submission("a/b?c")

    assert refused.value.response.json() == {"detail": "none"}
    assert [path for _, path, _ in portal.asked] == [
        "/auth/refresh",
        "/api/metadata_submission/abc-1/finalize",
        "/api/metadata_submission/a%2Fb%3Fc",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"sorry": 1},
        [],
        {"access_token": "t"},
        {"access_token": None, "expires_in": 1},
        {"access_token": "\U0001f511", "expires_in": 1},
        *({"access_token": "t", "expires_in": x} for x in ("soon", "inf", "nan", 1e12, 1e300)),
    ],
    ids=str,
)
def test_a_refresh_that_gives_no_token_is_named_without_the_secret(
    http_answers: Any, answer: Any
) -> None:
    portal = Portal()
    portal.refresh = (200, answer)
    with (
        http_answers(portal) as url,
        NmdcPortalClient(url, "refresh-me") as client,
        pytest.raises(PeerAnswerInvalid, match="access_token") as caught,
    ):
        client.fetch_metadata_submission("abc-1")

    assert "refresh-me" not in str(caught.value)

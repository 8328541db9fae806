"""``POST /token`` as real clients send it."""

import base64
from collections.abc import Iterator

import jwt
import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.config.sections import HubSettings
from nmdc_runtime.mongo.documents import Document

PASSWORD = {"grant_type": "password", "username": "admin", "password": "admin-password"}
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "own-client",
    "client_secret": "own-client-secret",
}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def subject_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["sub"])


GOOD = [
    (PASSWORD, {}, "user:admin"),
    (CLIENT, {}, "client:own-client"),
    (
        CLIENT | {"username": "", "password": "", "scope": ""},  # as pynmdc sends it
        {},
        "client:own-client",
    ),
    (
        {"grant_type": "client_credentials"},  # as oauthlib sends it
        basic("own-client:own-client-secret"),
        "client:own-client",
    ),
    (
        {"client_id": "own-client", "client_secret": "own-client-secret"},
        {},
        "client:own-client",
    ),
    (CLIENT | {"grant_type": ""}, {}, "client:own-client"),
    (PASSWORD, {"Authorization": "Basic admin:admin"}, "user:admin"),
    (CLIENT, {"Authorization": "Bearer stale"}, "client:own-client"),
]


def test_good_credentials_give_a_token(hub: TestClient) -> None:
    for form, headers, subject in GOOD:
        response = hub.post("/token", data=form, headers=headers)

        assert response.status_code == 200, form
        body = response.json()
        assert subject_of(body.pop("access_token")) == subject
        assert body == {"token_type": "bearer", "expires": {"days": 1, "hours": 0, "minutes": 0}}
        assert response.headers["Cache-Control"] == "no-store"


REFUSED = [
    (
        {"grant_type": "password", "username": "admin"},
        {},
        400,
        "grant_type password requires username and password",
    ),
    (
        PASSWORD | {"username": ""},
        basic("own-client:own-client-secret"),
        400,
        "grant_type password requires username and password",
    ),
    (
        {"grant_type": "client_credentials"},
        {},
        400,
        "grant_type client_credentials requires client_id and client_secret",
    ),
    (
        {"grant_type": "client_credentials", "client_secret": "s"},
        {"Authorization": "Basic own-client:own-client-secret"},  # not base64
        400,
        "grant_type client_credentials requires client_id and client_secret",
    ),
    (PASSWORD | {"password": "wrong"}, {}, 401, "Incorrect username or password"),
    (PASSWORD | {"username": "nobody"}, {}, 401, "Incorrect username or password"),
    (CLIENT | {"client_secret": "wrong"}, {}, 401, "Incorrect client_id or client_secret"),
    (CLIENT | {"client_id": "nobody"}, {}, 401, "Incorrect client_id or client_secret"),
    (
        {"grant_type": "client_credentials"},
        basic("own-client:wrong"),
        401,
        "Incorrect client_id or client_secret",
    ),
    (CLIENT | {"client_secret": ""}, {}, 401, "Could not validate credentials"),
    ({"client_id": "no.orcid.token"}, {}, 401, "Could not validate credentials"),
]


def test_other_credentials_are_refused_with_the_published_sentence(hub: TestClient) -> None:
    for form, headers, status, detail in REFUSED:
        response = hub.post("/token", data=form, headers=headers)

        assert (response.status_code, response.json()["detail"]) == (status, detail), form
        assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


def test_a_request_without_a_grant_is_told_what_to_send(hub: TestClient) -> None:
    for form in ({}, {"username": "admin", "password": "admin-password"}):
        response = hub.post("/token", data=form, headers={"Authorization": "Bearer x"})
        assert response.status_code == 400, form
        assert "grant_type" in response.json()["detail"]


def test_an_unknown_grant_is_malformed(hub: TestClient) -> None:
    for grant_type in ("magic", "PASSWORD", "password\n"):
        response = hub.post("/token", data={"grant_type": grant_type})
        assert response.status_code == 422, grant_type
        assert response.json()["detail"][0]["loc"] == ["body", "grant_type"]


FORM = "application/x-www-form-urlencoded"
HOSTILE = b"%ff%fe=%00&username=%ed%a0%80%00&grant_type=password&password=%00"
BROKEN = [
    (b'{"grant_type": "password"}', "application/json"),
    (HOSTILE, None),
    (HOSTILE, "x-www-form"),
    (HOSTILE, FORM),
    (b"&&&==&", FORM),
    (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    (b"--x", "multipart/form-data"),
]


def test_a_broken_form_is_a_mistake_of_the_client(hub: TestClient) -> None:
    for content, content_type in BROKEN:
        headers = {"Content-Type": content_type} if content_type else {}
        response = hub.post("/token", content=content, headers=headers)
        assert 400 <= response.status_code < 500, (content, content_type)


def test_a_token_cannot_be_fetched_with_get(hub: TestClient) -> None:
    assert hub.get("/token").status_code == 405


def test_a_disabled_user_gets_no_token(hub: TestClient, database: Database[Document]) -> None:
    database["users"].update_one({"username": "admin"}, {"$set": {"disabled": True}})
    response = hub.post("/token", data=PASSWORD)
    assert response.status_code == 401
    assert response.json()["detail"] == "Incorrect username or password"


class TestShortLivedTokens:
    """The lifetime is a setting, and the answer tells it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Iterator[Settings]:
        hub_settings = HubSettings.model_validate({"token_lifetime": "PT1H30M30S"})
        return settings.model_copy(update={"hub": hub_settings})

    def test_the_answer_tells_when_the_token_expires(self, hub: TestClient) -> None:
        body = hub.post("/token", data=CLIENT).json()
        assert body["expires"] == {"days": 0, "hours": 1, "minutes": 30}
        claims = jwt.decode(body["access_token"], options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 5430

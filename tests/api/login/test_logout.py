"""Withdrawing tokens, and logging out of a browser (api-write D-7)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from tests.support.oidc_provider import OidcProvider, running_provider, with_orcid

INVALIDATED = "Access token has been invalidated. Please log in again."


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: OidcProvider) -> Settings:
    return with_orcid(settings, provider)


def log_in(hub: TestClient) -> str:
    """Log in with ORCID and return the session."""
    started = hub.get("/orcid_login", follow_redirects=False)
    answer = requests.get(started.headers["Location"], allow_redirects=False, timeout=10)
    back = answer.headers["Location"].removeprefix("http://testserver")
    assert hub.get(back, follow_redirects=False).status_code == 307
    return str(hub.get("/orcid_jwt").text)


def token_of(hub: TestClient, session: str):
    return hub.post("/token", data={"grant_type": "client_credentials", "client_id": session})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims_of(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def is_good(hub: TestClient, headers: dict[str, str]) -> bool:
    answer = hub.get("/users/me", headers=headers)
    if answer.status_code == 200:
        return True
    assert (answer.status_code, answer.json()["detail"]) == (401, INVALIDATED)
    return False


@pytest.mark.parametrize("how", ["form", "header"])
def test_a_withdrawn_token_is_good_no_longer(hub: TestClient, as_admin, how: str) -> None:
    token = as_admin["Authorization"].removeprefix("Bearer ")
    sent = {"data": {"token": token}} if how == "form" else {"headers": as_admin}
    assert is_good(hub, as_admin)

    answer = hub.post("/token:revoke", **sent)

    assert (answer.status_code, answer.content) == (200, b"")
    assert not is_good(hub, as_admin)
    assert hub.post("/token:revoke", **sent).status_code == 200


def test_other_tokens_stay_good(hub: TestClient, as_admin, settings: Settings) -> None:
    form = {
        "grant_type": "password",
        "username": settings.api_admin_user,
        "password": settings.api_admin_pass.get_secret_value(),
    }
    other = bearer(hub.post("/token", data=form).json()["access_token"])
    hub.post("/token:revoke", headers=as_admin)
    assert is_good(hub, other)


def test_the_token_of_a_site_can_be_withdrawn(hub: TestClient, as_site) -> None:
    assert hub.post("/token:revoke", headers=as_site).status_code == 200
    assert not is_good(hub, as_site)


def test_a_withdrawal_is_kept_by_id_until_the_token_would_have_expired(
    hub: TestClient, as_admin, database: Database[Document]
) -> None:
    claims = claims_of(as_admin["Authorization"].removeprefix("Bearer "))
    hub.post("/token:revoke", headers=as_admin)
    (kept,) = database["invalidated_tokens"].find()
    assert kept["_id"] == claims["jti"]
    assert kept["expires_at"] == datetime.fromtimestamp(claims["exp"], UTC)


def test_a_token_of_an_older_runtime_is_withdrawn_by_its_text(
    hub: TestClient, settings: Settings, database: Database[Document]
) -> None:
    key = settings.jwt_secret_key.get_secret_value()
    end = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    token = jwt.encode({"sub": "user:admin", "exp": end}, key, "HS256")
    assert is_good(hub, bearer(token))
    hub.post("/token:revoke", data={"token": token, "token_type_hint": "access_token"})
    assert not is_good(hub, bearer(token))
    assert database["invalidated_tokens"].find_one({"_id": token}) is not None
    record = database["_runtime.audit"].find_one({"action": "revoke_token"})
    assert record is not None
    assert token not in str(record)


def test_what_is_no_token_of_ours_is_answered_alike_and_not_kept(
    hub: TestClient, settings: Settings, database: Database[Document]
) -> None:
    key = settings.jwt_secret_key.get_secret_value()
    expired = jwt.encode({"sub": "user:admin", "exp": 1}, key, "HS256")
    forged = jwt.encode({"sub": "user:admin", "exp": 9e9}, "x" * 64, "HS256")
    for token in ("junk", expired, forged, "nmdck_x_y"):
        answer = hub.post("/token:revoke", data={"token": token})
        assert (answer.status_code, answer.content) == (200, b"")
    assert database["invalidated_tokens"].count_documents({}) == 0


def test_without_a_token_there_is_nothing_to_withdraw(hub: TestClient) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        assert hub.post("/token:revoke", headers=headers).status_code == 401


def test_withdrawing_is_on_record_with_who_did_it_but_without_the_token(
    hub: TestClient, as_admin, database: Database[Document]
) -> None:
    token = as_admin["Authorization"].removeprefix("Bearer ")
    for _ in range(2):
        hub.post("/token:revoke", data={"token": token})
    (record,) = database["_runtime.audit"].find({"action": "revoke_token"})
    assert record["username"] == "admin"
    assert record["targets"] == [f"invalidated_tokens/{claims_of(token)['jti']}"]
    assert token not in str(record)


def test_logging_out_ends_the_session_and_the_tokens_made_from_it(hub: TestClient) -> None:
    session = log_in(hub)
    token = bearer(token_of(hub, session).json()["access_token"])
    assert is_good(hub, token)

    answer = hub.post("/orcid_logout", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "http://testserver/docs"
    assert not is_good(hub, token)
    assert token_of(hub, session).status_code == 401
    assert hub.get("/orcid_jwt").text.startswith("No ORCiD cookie found")
    assert not {"user_orcid", "user_name", "user_id_token"} & set(hub.cookies)


def test_logging_out_of_one_browser_leaves_the_others(hub: TestClient) -> None:
    elsewhere = log_in(hub)
    hub.cookies.clear()
    log_in(hub)
    hub.post("/orcid_logout")
    assert token_of(hub, elsewhere).status_code == 200


@pytest.mark.parametrize("cookie", [None, "junk", "a.b.c"])
def test_who_is_not_logged_in_may_log_out_too(hub: TestClient, cookie: str | None) -> None:
    if cookie:
        hub.cookies.set("user_id_token", cookie)
    assert hub.post("/orcid_logout", follow_redirects=False).status_code == 303


def test_a_link_logs_nobody_out(hub: TestClient) -> None:
    session = log_in(hub)
    assert hub.get("/orcid_logout").status_code == 405
    assert token_of(hub, session).status_code == 200


def test_a_new_password_ends_sessions_too(hub: TestClient, as_admin) -> None:
    session = log_in(hub)
    username = claims_of(session)["sub"].removeprefix("session:")
    change = {"username": username, "password": "a new password"}
    assert hub.put("/users", json=change, headers=as_admin).status_code == 200
    assert token_of(hub, session).status_code == 401


def test_a_disabled_user_has_no_session(hub: TestClient, as_admin) -> None:
    session = log_in(hub)
    username = claims_of(session)["sub"].removeprefix("session:")
    change = {"username": username, "disabled": True}
    assert hub.put("/users", json=change, headers=as_admin).status_code == 200
    assert token_of(hub, session).status_code == 401

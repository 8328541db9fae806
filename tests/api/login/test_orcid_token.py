"""``POST /token`` with an id token of the provider's: D-4 played, and what is good."""

from collections.abc import Iterator

import jwt
import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from tests.support.oidc_provider import (
    ADA,
    OidcProvider,
    SigningKey,
    running_provider,
    with_orcid,
)

DAY_S = 86_400


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: OidcProvider) -> Settings:
    return with_orcid(settings, provider)


def exchange(hub: TestClient, id_token: str):
    return hub.post("/token", data={"grant_type": "client_credentials", "client_id": id_token})


def is_refused(hub: TestClient, id_token: str) -> bool:
    answer = exchange(hub, id_token)
    if answer.status_code == 200:
        return False
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Could not validate credentials"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    return True


def test_an_id_token_is_exchanged_for_the_access_token_of_a_user(
    hub: TestClient, provider: OidcProvider, database: Database[Document]
) -> None:
    for form in ({"grant_type": "client_credentials"}, {}, {"client_secret": ""}):
        answer = hub.post("/token", data=form | {"client_id": provider.id_token()})
        assert answer.status_code == 200, form
        token = answer.json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["sub"] == f"user:{ADA}"
    assert database["users"].count_documents({"username": ADA}) == 1


def test_who_logs_in_for_the_first_time_may_write_nothing(
    hub: TestClient, provider: OidcProvider
) -> None:
    token = exchange(hub, provider.id_token()).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert hub.get("/users/me", headers=headers).json()["username"] == ADA
    answer = hub.post("/metadata/json:submit", json={"study_set": []}, headers=headers)
    assert answer.status_code == 403
    assert hub.get("/admin/users", headers=headers).status_code == 403


def test_a_token_that_was_issued_to_another_application_is_refused(
    hub: TestClient, provider: OidcProvider, database: Database[Document]
) -> None:
    assert is_refused(hub, provider.id_token(aud="APP-OF-SOMEBODY-ELSE"))
    assert database["users"].find_one({"username": ADA}) is None


def test_a_token_that_was_captured_long_ago_is_refused(
    hub: TestClient, provider: OidcProvider
) -> None:
    then = provider.id_token()
    issued_at = jwt.decode(then, options={"verify_signature": False})["iat"] - 90 * DAY_S
    assert is_refused(hub, provider.id_token(iat=issued_at, exp=issued_at + DAY_S))


def test_forged_and_broken_tokens_are_refused_and_crash_nothing(
    hub: TestClient, provider: OidcProvider
) -> None:
    content = jwt.decode(provider.id_token(), options={"verify_signature": False})
    kid = {"kid": provider.keys[0].key_id}
    forged = [
        "junk",
        "a.b.c",
        "é.é.é",
        "." * 50_000,
        provider.id_token()[:-3],
        provider.id_token(key=SigningKey()),
        provider.id_token(iss="https://orcid.org"),
        provider.id_token(sub="admin"),
        jwt.encode(content, "x" * 64, "HS256", headers=kid),
        jwt.encode(content, None, "none", headers=kid),
    ]
    assert [is_refused(hub, token) for token in forged] == [True] * len(forged)


def test_a_token_signed_with_the_providers_next_key_is_good_at_once_if_none_was_known(
    hub: TestClient, provider: OidcProvider
) -> None:
    provider.rotate()
    assert exchange(hub, provider.id_token()).status_code == 200


def test_a_disabled_user_is_refused_with_the_same_sentence(
    hub: TestClient, provider: OidcProvider, database: Database[Document]
) -> None:
    database["users"].insert_one({"username": ADA, "disabled": True})
    assert is_refused(hub, provider.id_token())


def test_a_token_that_an_operator_withdrew_is_refused(
    hub: TestClient, provider: OidcProvider, database: Database[Document]
) -> None:
    id_token = provider.id_token()
    database["invalidated_tokens"].insert_one({"_id": id_token})
    assert is_refused(hub, id_token)


def test_an_access_token_is_no_id_token(hub: TestClient, provider: OidcProvider) -> None:
    token = exchange(hub, provider.id_token()).json()["access_token"]
    assert is_refused(hub, token)


def test_with_a_secret_it_is_a_site_client(hub: TestClient, provider: OidcProvider) -> None:
    form = {"client_id": provider.id_token(), "client_secret": "x"}
    answer = hub.post("/token", data=form)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Incorrect client_id or client_secret"

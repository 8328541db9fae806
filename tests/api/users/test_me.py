"""``GET /users/me``, and how a bearer token is read."""

from datetime import UTC, datetime, timedelta

from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.mongo.documents import Document
from tests.support.people import a_user, allow, an_api_key


def test_a_user_sees_what_is_stored_of_them_without_the_hash(
    hub: TestClient, as_admin: dict[str, str]
) -> None:
    for path in ("/users/me", "/users/me/"):
        response = hub.get(path, headers=as_admin, follow_redirects=False)
        assert response.status_code == 200
        body = response.json()
        assert body["username"] == "admin"
        assert body["site_admin"] == ["nmdc-runtime", "nmdc-runtime-useradmin"]
        assert body.keys().isdisjoint({"email", "full_name", "disabled", "hashed_password"})


def test_a_user_sees_what_they_may_do_and_until_when(
    hub: TestClient, as_admin: dict[str, str]
) -> None:
    user = a_user(hub, as_admin, "ada")
    allow(hub, as_admin, "ada", "/wf_file_staging", "/metadata/json:submit")

    body = hub.get("/users/me", headers=user).json()
    assert body["allowances"] == ["/metadata/json:submit", "/wf_file_staging"]
    assert body["credential"] == "token"
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert body["expires_at"].endswith("Z")
    assert timedelta(hours=23) < left <= timedelta(days=1)


def test_an_api_key_sees_its_owner_and_its_own_limits(
    hub: TestClient, as_admin: dict[str, str]
) -> None:
    key = an_api_key(hub, as_admin, "/wf_file_staging", expires_in_days=7)
    body = hub.get("/users/me", headers=key).json()
    assert (body["username"], body["credential"]) == ("admin", "api_key")
    assert body["allowances"] == ["/wf_file_staging"]
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6) < left <= timedelta(days=7)


def test_a_site_client_sees_its_name_and_its_site(hub: TestClient, as_site: dict[str, str]) -> None:
    body = hub.get("/users/me", headers=as_site).raise_for_status().json()
    assert body.pop("expires_at").endswith("Z")
    assert body == {
        "username": "own-client",
        "site_id": "nmdc-runtime",
        "allowances": [],
        "credential": "token",
    }


def test_the_scheme_may_be_written_in_any_case(hub: TestClient, as_site: dict[str, str]) -> None:
    token = as_site["Authorization"].partition(" ")[2]
    for scheme in ("bearer", "BEARER", "bEaReR"):
        response = hub.get("/users/me", headers={"Authorization": f"{scheme} {token}"})
        assert response.status_code == 200


MISSING = "Access token is invalid or missing. Please log in again."
INVALID = "Access token is invalid. Please log in again."


UNAUTHENTICATED = [
    ({}, MISSING),
    ({"Authorization": "Basic eDp5"}, MISSING),
    ({"Authorization": "Token abc"}, MISSING),
    ({"Authorization": "Bearer junk"}, INVALID),
    ({"Authorization": "Bearer a b c"}, INVALID),
    ({"Authorization": b"Bearer \xff\xfe"}, INVALID),
]


def test_without_a_good_token_nobody_is_told_anything(hub: TestClient) -> None:
    for headers, detail in UNAUTHENTICATED:
        response = hub.get("/users/me", headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["detail"] == detail


def test_a_user_who_was_disabled_is_told_so(
    hub: TestClient, as_admin: dict[str, str], database: Database[Document]
) -> None:
    database["users"].update_one({"username": "admin"}, {"$set": {"disabled": True}})
    response = hub.get("/users/me", headers=as_admin)
    assert (response.status_code, response.json()["detail"]) == (400, "Inactive user")


def test_a_withdrawn_token_is_refused(
    hub: TestClient, as_admin: dict[str, str], database: Database[Document]
) -> None:
    token = as_admin["Authorization"].partition(" ")[2]
    database["invalidated_tokens"].insert_one({"_id": token})
    response = hub.get("/users/me", headers=as_admin)
    assert response.status_code == 401
    assert response.json()["detail"] == "Access token has been invalidated. Please log in again."

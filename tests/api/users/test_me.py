"""``GET /users/me``, and how a bearer token is read."""

from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.mongo.documents import Document


def test_a_user_sees_what_is_stored_of_them_without_the_hash(
    hub: TestClient, as_admin: dict[str, str]
) -> None:
    for path in ("/users/me", "/users/me/"):
        response = hub.get(path, headers=as_admin, follow_redirects=False)
        assert response.status_code == 200
        assert response.json() == {
            "username": "admin",
            "site_admin": ["nmdc-runtime", "nmdc-runtime-useradmin"],
        }


def test_a_site_client_sees_its_name(hub: TestClient, as_site: dict[str, str]) -> None:
    response = hub.get("/users/me", headers=as_site)
    assert (response.status_code, response.json()) == (200, {"username": "own-client"})


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

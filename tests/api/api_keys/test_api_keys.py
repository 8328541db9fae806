"""``/users/me/api_keys``, ``/admin/users/{username}/api_keys``, and what a key can do."""

import pytest

from tests.support.people import a_site_client, a_user, allow, an_api_key, log_in

PATH = "/users/me/api_keys"
STAGE = "/wf_file_staging"
SHOWN = {"id", "name", "scopes", "created_at", "expires_at", "last_used_at"}


def test_a_key_is_shown_once_and_then_listed_without_itself(hub, as_admin, database):
    user = a_user(hub, as_admin, "ada")
    allow(hub, as_admin, "ada", STAGE)

    made = hub.post(PATH, json={"name": "nightly", "scopes": [STAGE]}, headers=user)

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    body = made.json()
    assert body.keys() == SHOWN | {"key"}
    assert body["key"].startswith(f"nmdck_{body['id']}_")
    assert body["created_at"].endswith("Z")
    listed = hub.get(PATH, headers=user)
    (shown,) = listed.json()["resources"]
    assert shown.keys() == SHOWN
    assert (shown["name"], shown["scopes"], shown["last_used_at"]) == ("nightly", [STAGE], None)
    secret = body["key"].removeprefix(f"nmdck_{body['id']}_")
    for text in (listed.text, str(list(database["_runtime.api_keys"].find()))):
        assert secret not in text


def test_a_key_works_where_a_token_does_and_its_use_is_noted(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    key = an_api_key(hub, user)
    assert hub.get("/users/me", headers=key).json()["username"] == "ada"
    (shown,) = hub.get(PATH, headers=user).json()["resources"]
    assert shown["last_used_at"].endswith("Z")


def test_a_key_is_limited_to_its_scopes_though_its_owner_may_more(hub, as_admin):
    assert hub.get("/admin/users", headers=an_api_key(hub, as_admin)).status_code == 403
    assert hub.get("/admin/users", headers=an_api_key(hub, as_admin, STAGE)).status_code == 403
    key = an_api_key(hub, as_admin, "/admin/users")
    assert hub.get("/admin/users", headers=key).status_code == 200


def test_what_the_owner_loses_the_key_loses_too(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    allow(hub, as_admin, "ada", "/admin/users")
    key = an_api_key(hub, user, "/admin/users")
    assert hub.get("/admin/users", headers=key).status_code == 200
    params = {"username": "ada", "action": "/admin/users"}
    hub.delete("/admin/allowances", params=params, headers=as_admin)
    assert hub.get("/admin/users", headers=key).status_code == 403

    hub.put("/users", json={"username": "ada", "disabled": True}, headers=as_admin)
    assert hub.get("/users/me", headers=key).status_code == 400


def test_nobody_gives_a_key_more_than_they_have(hub, as_admin, database):
    user = a_user(hub, as_admin, "ada")
    response = hub.post(PATH, json={"name": "k", "scopes": ["/admin/users"]}, headers=user)
    assert response.status_code == 403
    assert response.json()["missing_permission"] == "/admin/users"
    assert database["_runtime.api_keys"].count_documents({}) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "k", "scopes": ["/everything"]},
        {"name": "k", "expires_in_days": 0},
        {"name": "k", "expires_in_days": 366},
    ],
)
def test_a_key_that_cannot_be_is_422(hub, as_admin, body):
    assert hub.post(PATH, json=body, headers=as_admin).status_code == 422


def test_a_revoked_key_is_refused_at_once(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    key = an_api_key(hub, user)
    (shown,) = hub.get(PATH, headers=user).json()["resources"]
    assert hub.delete(f"{PATH}/{shown['id']}", headers=as_admin).status_code == 404  # not theirs
    assert hub.get("/users/me", headers=key).status_code == 200

    assert hub.delete(f"{PATH}/{shown['id']}", headers=user).status_code == 204
    assert hub.get("/users/me", headers=key).status_code == 401
    assert hub.delete(f"{PATH}/{shown['id']}", headers=user).status_code == 404


def test_a_guessed_secret_is_refused_like_junk(hub, as_admin):
    key = an_api_key(hub, as_admin)["Authorization"].partition(" ")[2]
    guessed = key[: len("nmdck_") + 17] + "x" * 43
    for text in (guessed, "nmdck_", "nmdck_junk", key + "x"):
        response = hub.get("/users/me", headers={"Authorization": f"Bearer {text}"})
        assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


def test_a_key_makes_no_way_back_in(hub, as_admin, database):
    """What is left of a key that leaked ends when the key is revoked."""
    everything = hub.get("/users/me", headers=as_admin).json()["allowances"]
    key = an_api_key(hub, as_admin, *everything)
    change = {"current_password": "admin-password", "new_password": "another horse"}
    user = {"username": "eve", "password": "another horse"}
    for method, path, body in (
        ("POST", PATH, {"name": "another"}),
        ("GET", PATH, None),
        ("DELETE", f"{PATH}/0123456789abcdef", None),
        ("PUT", "/users/me/password", change),
        ("POST", "/users", user),
        ("PUT", "/users", {**user, "username": "admin"}),
        ("POST", "/sites", {"id": "EVIL"}),
        ("PATCH", "/sites/nmdc-runtime", {"capability_ids": []}),
        ("POST", "/sites/nmdc-runtime:generateCredentials", None),
        ("POST", "/sites/nmdc-runtime/credentials/own-client:rotate", {}),
        ("DELETE", "/sites/nmdc-runtime/credentials/own-client", None),
    ):
        response = hub.request(method, path, json=body, headers=key)
        assert (response.status_code, response.json()["code"]) == (403, "person_required"), path
    assert log_in(hub, "admin", "admin-password")
    assert a_site_client(hub, "own-client", "own-client-secret")
    assert database["_runtime.api_keys"].count_documents({}) == 1


def test_a_site_client_has_no_keys(hub, as_site):
    for method in ("GET", "POST"):
        response = hub.request(method, PATH, json={"name": "k"}, headers=as_site)
        assert (response.status_code, response.json()["code"]) == (403, "person_required")
    assert hub.get(PATH).status_code == 401


def test_an_admin_lists_and_revokes_the_keys_of_others(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    key = an_api_key(hub, user)
    path = "/admin/users/ada/api_keys"

    for method, url in (("GET", path), ("DELETE", f"{path}/0123456789abcdef")):
        assert hub.request(method, url, headers=user).status_code == 403
        assert hub.request(method, url).status_code == 401
    (shown,) = hub.get(path, headers=as_admin).json()["resources"]
    assert shown.keys() == SHOWN
    assert hub.delete(f"{path}/{shown['id']}", headers=as_admin).status_code == 204
    assert hub.get("/users/me", headers=key).status_code == 401
    assert hub.delete(f"{path}/{shown['id']}", headers=as_admin).status_code == 404


def test_what_a_key_does_is_on_record_as_done_by_it(hub, as_admin, database):
    key = an_api_key(hub, as_admin, "/admin/allowances")
    allow(hub, key, "bob", STAGE)
    record = database["_runtime.audit"].find_one({"action": "add_allowance"})
    made = database["_runtime.api_keys"].find_one()
    assert (record["username"], record["api_key_id"]) == ("admin", made["id"])

"""``POST /users``, ``PUT /users``, ``PUT /users/me/password`` and ``GET /admin/users``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.people import PASSWORD, a_user, allow, an_api_key, log_in

CREATE_REFUSAL = "only admins for site nmdc-runtime-useradmin are allowed to create users."
FIELDS = {"username", "email", "full_name", "site_admin", "disabled"}
ADA = {"username": "ada", "password": PASSWORD}


def me(hub, headers):
    return hub.get("/users/me", headers=headers)


def test_an_admin_creates_a_user_who_can_log_in(hub, as_admin):
    response = hub.post("/users", json={**ADA, "email": "any text"}, headers=as_admin)

    assert response.status_code == 201
    assert response.json() == {
        "username": "ada",
        "email": "any text",
        "full_name": None,
        "site_admin": [],
        "disabled": False,
    }
    assert me(hub, log_in(hub, "ada")).status_code == 200


def test_a_name_is_given_once(hub, as_admin, database):
    a_user(hub, as_admin, "ada")
    before = database["users"].find_one({"username": "ada"})
    response = hub.post("/users", json=ADA, headers=as_admin)
    assert (response.status_code, response.json()["code"]) == (409, "user_already_exists")
    assert database["users"].find_one({"username": "ada"}) == before


def test_of_two_who_create_the_same_user_at_once_one_gets_201_and_one_409(hub, as_admin):
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda _: hub.post("/users", json=ADA, headers=as_admin), range(2))
        assert sorted(response.status_code for response in found) == [201, 409]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "own-client", "password": PASSWORD}, 409),
        ({"username": "sys0pf75", "password": PASSWORD}, 422),
        ({"username": "", "password": PASSWORD}, 422),
        ({"username": "ada", "password": ""}, 422),
        ({"username": "ada", "password": "short-1"}, 422),
        ({"username": "ada"}, 422),
        ({"password": PASSWORD}, 422),
        ({"username": "ada", "password": PASSWORD, "site_admin": "NERSC"}, 422),
    ],
)
def test_a_user_that_cannot_be_is_refused_without_quoting_the_password(
    hub, as_admin, database, body, status
):
    response = hub.post("/users", json=body, headers=as_admin)
    assert response.status_code == status
    assert database["users"].count_documents({}) == 1
    for secret in (PASSWORD, "short-1"):
        assert secret not in response.text


def test_who_is_no_admin_creates_changes_and_lists_nobody(hub, as_admin, as_site, database):
    user = a_user(hub, as_admin, "bob")
    before = list(database["users"].find())
    for headers in (user, as_site):
        for send in (hub.post, hub.put):
            response = send("/users", json=ADA, headers=headers)
            assert (response.status_code, response.json()["detail"]) == (403, CREATE_REFUSAL)
            assert response.json()["missing_permission"] == "/admin/users"
        response = hub.get("/admin/users", headers=headers)
        assert response.status_code == 403
        assert response.json()["detail"] == "Only Runtime admins can list users."
    for method, path in (("POST", "/users"), ("PUT", "/users"), ("GET", "/admin/users")):
        assert hub.request(method, path, json=ADA).status_code == 401
    assert list(database["users"].find()) == before


@pytest.mark.parametrize("by_role", [True, False])
def test_admins_are_those_with_the_permission_and_those_of_older_runtimes(hub, as_admin, by_role):
    sites = ["nmdc-runtime-useradmin"] if by_role else []
    user = a_user(hub, as_admin, "bob", site_admin=sites)
    if not by_role:
        allow(hub, as_admin, "bob", "/admin/users")
    assert hub.post("/users", json=ADA, headers=user).status_code == 201
    assert hub.get("/admin/users", headers=user).status_code == 200
    hub.post(
        "/admin/denials", json={"username": "bob", "action": "/admin/users"}, headers=as_admin
    ).raise_for_status()
    assert hub.get("/admin/users", headers=user).status_code == 403


def test_an_api_key_sets_no_passwords_even_if_it_may_manage_users(hub, as_admin, database):
    key = an_api_key(hub, as_admin, "/admin/users")
    assert hub.get("/admin/users", headers=key).status_code == 200
    for send in (hub.post, hub.put):
        response = send("/users", json=ADA, headers=key)
        assert (response.status_code, response.json()["code"]) == (403, "person_required")
    assert database["users"].count_documents({}) == 1


def test_a_new_password_works_and_the_old_one_and_its_tokens_end(hub, as_admin, database):
    old = a_user(hub, as_admin, "ada")
    before = database["users"].find_one({"username": "ada"})["hashed_password"]

    body = {"username": "ada", "password": "another horse"}
    response = hub.put("/users", json=body, headers=as_admin)

    assert response.status_code == 200
    assert response.json().keys() == FIELDS
    assert database["users"].find_one({"username": "ada"})["hashed_password"] != before
    assert me(hub, old).status_code == 401
    assert me(hub, log_in(hub, "ada", "another horse")).status_code == 200
    form = {"grant_type": "password", "username": "ada", "password": PASSWORD}
    assert hub.post("/token", data=form).status_code == 401


def test_a_change_leaves_what_it_does_not_name(hub, as_admin):
    sites = ["nmdc-runtime-useradmin", "NERSC"]
    user = a_user(hub, as_admin, "ada", full_name="Ada", site_admin=sites)
    body = {"username": "ada", "email": "a@b", "password": ""}
    response = hub.put("/users", json=body, headers=as_admin)
    assert response.json() == {
        "username": "ada",
        "email": "a@b",
        "full_name": "Ada",
        "site_admin": sites,
        "disabled": False,
    }
    assert me(hub, user).status_code == 200  # the password stayed, and so do tokens
    cleared = {"username": "ada", "email": None, "site_admin": []}
    changed = hub.put("/users", json=cleared, headers=as_admin).json()
    assert (changed["email"], changed["site_admin"]) == (None, [])
    assert changed["full_name"] == "Ada"


def test_a_disabled_user_is_out_and_their_tokens_do_not_come_back(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    hub.put("/users", json={"username": "ada", "disabled": True}, headers=as_admin)
    refused = me(hub, user)
    assert (refused.status_code, refused.json()["detail"]) == (400, "Inactive user")
    form = {"grant_type": "password", **ADA}
    assert hub.post("/token", data=form).status_code == 401

    hub.put("/users", json={"username": "ada", "email": "a@b"}, headers=as_admin)
    assert me(hub, user).status_code == 400  # a change of something else enables nobody

    hub.put("/users", json={"username": "ada", "disabled": False}, headers=as_admin)
    assert me(hub, user).status_code == 401
    assert me(hub, log_in(hub, "ada")).status_code == 200


def test_changing_an_unknown_user_is_404_and_a_short_password_422(hub, as_admin, database):
    response = hub.put("/users", json={"username": "ghost", "email": "x"}, headers=as_admin)
    assert (response.status_code, response.json()["code"]) == (404, "user_not_found")
    body = {"username": "admin", "password": "short-1"}
    response = hub.put("/users", json=body, headers=as_admin)
    assert response.status_code == 422
    assert "short-1" not in response.text
    assert hub.put("/users", json={"email": "x"}, headers=as_admin).status_code == 422
    assert database["users"].count_documents({}) == 1


def test_all_users_are_listed_by_name_without_hashes(hub, as_admin, database):
    for name in ("zoe", "ada", "bob"):
        a_user(hub, as_admin, name)
    database["users"].insert_one({"username": "0000-0002", "hashed_password": "h"})
    database["users"].insert_one({"username": "old", "password": "", "site_admin": None})

    response = hub.get("/admin/users", headers=as_admin)

    assert response.status_code == 200
    names = ["0000-0002", "ada", "admin", "bob", "old", "zoe"]
    assert [user["username"] for user in response.json()] == names
    assert all(user.keys() == FIELDS for user in response.json())
    assert "argon2" not in response.text


def test_a_user_chooses_another_password_and_is_logged_out(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    change = {"current_password": PASSWORD, "new_password": "another horse"}

    response = hub.put("/users/me/password", json=change, headers=user)

    assert (response.status_code, response.content) == (204, b"")
    assert me(hub, user).status_code == 401
    assert me(hub, log_in(hub, "ada", "another horse")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"current_password": "a wrong guess", "new_password": "another horse"}, 403),
        ({"current_password": PASSWORD, "new_password": "short-1"}, 422),
        ({"current_password": PASSWORD}, 422),
    ],
)
def test_a_password_that_cannot_be_changed_stays_and_is_not_quoted(hub, as_admin, change, status):
    user = a_user(hub, as_admin, "ada")
    response = hub.put("/users/me/password", json=change, headers=user)
    assert response.status_code == status
    for secret in (PASSWORD, *change.values()):
        assert secret not in response.text
    assert me(hub, user).status_code == 200


def test_only_a_person_changes_their_password(hub, as_admin, as_site):
    change = {"current_password": "admin-password", "new_password": "another horse"}
    for headers in (as_site, an_api_key(hub, as_admin)):
        response = hub.put("/users/me/password", json=change, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "person_required")
    assert hub.put("/users/me/password", json=change).status_code == 401


def test_what_is_done_is_on_record_with_who_did_it_and_no_secret(hub, as_admin, database, caplog):
    user = a_user(hub, as_admin, "ada")
    body = {"username": "ada", "password": "another horse"}
    hub.put("/users", json=body, headers=as_admin)
    user = log_in(hub, "ada", "another horse")
    change = {"current_password": "another horse", "new_password": "a third horse"}
    hub.put("/users/me/password", json=change, headers=user)

    records = list(database["_runtime.audit"].find({"targets": "users/ada"}).sort("_id"))
    assert [(record["action"], record["username"]) for record in records] == [
        ("create_user", "admin"),
        ("update_user", "admin"),
        ("change_password", "ada"),
    ]
    assert all(record["request_id"] for record in records)
    for secret in (PASSWORD, "another horse", "a third horse", "argon2"):
        assert secret not in str(records)
        assert secret not in caplog.text

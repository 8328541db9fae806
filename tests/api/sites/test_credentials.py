"""``:generateCredentials``, ``/sites/{id}/credentials`` and ``/admin/site_clients/{id}``."""

import pytest

from tests.support.people import a_site_client, a_user, allow, an_api_key

NOT_ADMIN = "You're not registered as an admin for this site"
GENERATE = "/sites/NERSC:generateCredentials"
LIST = "/sites/NERSC/credentials"


@pytest.fixture
def keeper(hub, as_admin):
    user = a_user(hub, as_admin, "ada")
    hub.post("/sites", json={"id": "NERSC"}, headers=user).raise_for_status()
    return user


def generate(hub, keeper):
    return hub.post(GENERATE, headers=keeper).raise_for_status().json()


def log_in_status(hub, client_id, secret):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return hub.post("/token", data=form).status_code


def test_credentials_are_shown_once_and_work(hub, keeper, database):
    response = hub.post(GENERATE, headers=keeper)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    made = response.json()
    assert made.keys() == {"client_id", "client_secret"}
    assert ":" not in made["client_id"]
    client = a_site_client(hub, made["client_id"], made["client_secret"])
    assert hub.get("/users/me", headers=client).json()["username"] == made["client_id"]
    for name in ("sites", "_runtime.site_clients", "_runtime.audit"):
        assert made["client_secret"] not in str(list(database[name].find()))


def test_only_administrators_of_the_site_make_credentials(hub, as_admin, as_site, keeper, database):
    stranger = a_user(hub, as_admin, "bob", site_admin=["LANL"])
    for headers in (stranger, as_site, as_admin):
        response = hub.post(GENERATE, headers=headers)
        assert (response.status_code, response.json()["detail"]) == (403, NOT_ADMIN)
    response = hub.post("/sites/potato:generateCredentials", headers=keeper)
    assert response.status_code == 404
    assert response.json()["detail"] == "no site with ID 'potato'"
    key = hub.post(GENERATE, headers=an_api_key(hub, keeper))
    assert (key.status_code, key.json()["code"]) == (403, "person_required")
    assert hub.post(GENERATE).status_code == 401
    assert database["_runtime.site_clients"].count_documents({"site_id": "NERSC"}) == 0


def test_credentials_are_listed_without_secrets(hub, as_admin, as_site, keeper):
    made = generate(hub, keeper)
    for headers in (keeper, as_admin, an_api_key(hub, keeper)):
        response = hub.get(LIST, headers=headers)
        assert response.status_code == 200
        (shown,) = response.json()["resources"]
        assert shown.keys() == {
            *("client_id", "created_at", "last_rotated_at", "old_secret_expires_at")
        }
        assert shown["created_at"].endswith("Z")
        assert "argon2" not in response.text
        assert made["client_secret"] not in response.text
    assert hub.get(LIST, headers=as_site).status_code == 403
    assert hub.get("/sites/potato/credentials", headers=keeper).status_code == 404
    assert hub.get(LIST).status_code == 401


def test_a_rotated_secret_and_its_tokens_work_beside_the_new_one(hub, keeper):
    made = generate(hub, keeper)
    client_id = made["client_id"]
    old = a_site_client(hub, client_id, made["client_secret"])

    response = hub.post(f"{LIST}/{client_id}:rotate", headers=keeper)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    new = response.json()
    assert new.keys() == {"client_id", "client_secret", "old_secret_expires_at"}
    assert new["old_secret_expires_at"].endswith("Z")
    for secret in (made["client_secret"], new["client_secret"]):
        assert log_in_status(hub, client_id, secret) == 200
    assert hub.get("/users/me", headers=old).status_code == 200
    (shown,) = hub.get(LIST, headers=keeper).json()["resources"]
    assert shown["old_secret_expires_at"] == new["old_secret_expires_at"]
    assert shown["last_rotated_at"] is not None


def test_a_secret_that_leaked_ends_with_its_tokens_when_there_is_no_overlap(hub, keeper):
    made = generate(hub, keeper)
    client_id = made["client_id"]
    old = a_site_client(hub, client_id, made["client_secret"])
    body = {"overlap_seconds": 0}
    new = hub.post(f"{LIST}/{client_id}:rotate", json=body, headers=keeper).json()

    assert log_in_status(hub, client_id, made["client_secret"]) == 401
    assert hub.get("/users/me", headers=old).status_code == 401
    assert log_in_status(hub, client_id, new["client_secret"]) == 200


def test_a_rotation_is_refused_for_strangers_unknown_clients_and_bad_overlaps(
    hub, as_admin, keeper
):
    path = f"{LIST}/{generate(hub, keeper)['client_id']}:rotate"
    stranger = a_user(hub, as_admin, "bob")
    assert hub.post(path, headers=stranger).json()["detail"] == NOT_ADMIN
    assert hub.post(path).status_code == 401
    assert hub.post(f"{LIST}/own-client:rotate", headers=keeper).status_code == 404
    assert hub.post("/sites/potato/credentials/x:rotate", headers=keeper).status_code == 404
    for seconds in (-1, 30 * 86_400 + 1, "soon"):
        body = {"overlap_seconds": seconds}
        assert hub.post(path, json=body, headers=keeper).status_code == 422


def test_revoked_credentials_end_at_once_with_their_tokens(hub, as_admin, keeper):
    made = generate(hub, keeper)
    client = a_site_client(hub, made["client_id"], made["client_secret"])
    path = f"{LIST}/{made['client_id']}"
    assert hub.delete(path, headers=a_user(hub, as_admin, "bob")).status_code == 403
    assert hub.delete(path).status_code == 401

    assert hub.delete(path, headers=keeper).status_code == 204

    assert hub.get("/users/me", headers=client).status_code == 401
    assert log_in_status(hub, made["client_id"], made["client_secret"]) == 401
    assert hub.get(LIST, headers=keeper).json() == {"resources": []}
    assert hub.delete(path, headers=keeper).status_code == 404


def patch(hub, headers, client_id="own-client", **body):
    return hub.patch(f"/admin/site_clients/{client_id}", json=body, headers=headers)


def test_without_a_secret_nothing_changes(hub, as_admin, as_site, database):
    before = list(database["_runtime.site_clients"].find())
    for body in ({}, {"secret": None}):
        response = patch(hub, as_admin, **body)
        assert (response.status_code, response.content) == (204, b"")
    assert list(database["_runtime.site_clients"].find()) == before
    assert hub.get("/users/me", headers=as_site).status_code == 200


def test_a_new_secret_works_and_the_old_one_ends_with_its_tokens(hub, as_admin, as_site, database):
    response = patch(hub, as_admin, secret="another-secret")

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.text == "Site client 'own-client' has been updated."
    assert log_in_status(hub, "own-client", "own-client-secret") == 401
    assert hub.get("/users/me", headers=as_site).status_code == 401
    assert log_in_status(hub, "own-client", "another-secret") == 200
    record = database["_runtime.audit"].find_one({"action": "update_site_client"})
    assert record["username"] == "admin"
    assert "another-secret" not in str(record)


def test_a_client_of_an_older_runtime_gets_a_new_secret_too(hub, as_admin, database):
    database["sites"].insert_one({"id": "OLD", "clients": [{"id": "old", "hashed_secret": "x"}]})
    assert patch(hub, as_admin, "old", secret="another-secret").status_code == 200
    assert log_in_status(hub, "old", "another-secret") == 200


def test_what_cannot_be_set_is_refused_and_not_quoted(hub, as_admin):
    unknown = patch(hub, as_admin, "potato", secret="another-secret")
    assert unknown.status_code == 404
    assert unknown.json()["detail"] == "The specified site client does not exist."
    short = patch(hub, as_admin, secret="sixsix")
    assert short.status_code == 422
    assert short.json()["detail"][0]["type"] == "string_too_short"
    assert "sixsix" not in short.text
    extra = patch(hub, as_admin, secret="another-secret", id="x")
    assert extra.status_code == 422
    assert extra.json()["detail"][0]["type"] == "extra_forbidden"
    assert "another-secret" not in extra.text
    assert log_in_status(hub, "own-client", "own-client-secret") == 200


def test_only_who_is_allowed_sets_secrets(hub, as_admin, as_site):
    user = a_user(hub, as_admin, "ada", site_admin=["nmdc-runtime"])
    for headers in (user, as_site):
        response = patch(hub, headers, secret="another-secret")
        assert response.status_code == 403
        assert response.json()["detail"] == "You are not allowed to update site clients."
        assert response.json()["missing_permission"] == "/admin/site_clients"
    assert patch(hub, {}).status_code == 401
    for username, headers in (("ada", user), ("own-client", as_site)):
        allow(hub, as_admin, username, "/admin/site_clients")
        assert patch(hub, headers).status_code == 204
    assert patch(hub, an_api_key(hub, as_admin, "/admin/site_clients")).status_code == 204


def test_a_user_cannot_take_the_name_of_a_client_and_with_it_its_rights(hub, as_admin, keeper):
    """D-7, played: allowances know names only, and a client's id is a name."""
    made = generate(hub, keeper)
    body = {"username": made["client_id"], "password": "correct horse"}
    assert hub.post("/users", json=body, headers=as_admin).status_code == 422
    hub.delete(f"{LIST}/{made['client_id']}", headers=keeper)
    assert hub.post("/users", json=body, headers=as_admin).status_code == 422
    body["username"] = "own-client"
    assert hub.post("/users", json=body, headers=as_admin).status_code == 409

"""``POST /sites``, and D-1: nobody becomes administrator of the Runtime by naming a site."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.people import a_user, an_api_key

ADMIN_SITE = "nmdc-runtime-useradmin"


def me(hub, headers):
    return hub.get("/users/me", headers=headers).json()


def test_a_user_creates_a_site_and_administers_it(hub, as_admin, database):
    user = a_user(hub, as_admin, "ada")
    response = hub.post("/sites", json={"id": "NERSC", "capability_ids": ["x"]}, headers=user)

    assert response.status_code == 201
    assert response.json() == {"id": "NERSC", "capability_ids": ["x"], "clients": []}
    assert "clients" not in database["sites"].find_one({"id": "NERSC"})
    assert me(hub, user)["site_admin"] == ["NERSC"]
    assert database["minter.requesters"].count_documents({"id": "NERSC"}) == 1


def test_capabilities_may_be_left_out(hub, as_admin):
    response = hub.post("/sites", json={"id": "NERSC"}, headers=as_admin)
    assert response.json() == {"id": "NERSC", "capability_ids": [], "clients": []}


@pytest.mark.parametrize("stored", [None, ["NERSC"]])
def test_a_list_of_sites_that_is_null_or_has_the_id_is_no_error(hub, as_admin, database, stored):
    user = a_user(hub, as_admin, "ada")
    database["users"].update_one({"username": "ada"}, {"$set": {"site_admin": stored}})
    assert hub.post("/sites", json={"id": "NERSC"}, headers=user).status_code == 201
    assert me(hub, user)["site_admin"] == ["NERSC"]


def test_a_site_is_created_once(hub, as_admin, database):
    first, second = (a_user(hub, as_admin, name) for name in ("ada", "bob"))
    hub.post("/sites", json={"id": "NERSC"}, headers=first)
    response = hub.post("/sites", json={"id": "NERSC"}, headers=second)
    assert response.status_code == 409
    assert response.json()["detail"] == "site with supplied id NERSC already exists"
    assert me(hub, second)["site_admin"] == []


def test_of_two_who_create_the_same_site_at_once_one_gets_201_and_one_409(hub, as_admin, database):
    users = [a_user(hub, as_admin, name) for name in ("ada", "bob")]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda user: hub.post("/sites", json={"id": "X"}, headers=user), users)
        assert sorted(response.status_code for response in found) == [201, 409]
    assert database["users"].count_documents({"site_admin": "X"}) == 1


def test_nobody_becomes_admin_of_the_runtime_by_creating_its_admin_site(hub, as_admin, database):
    """D-1, played: on a fresh deployment any account could take the reserved id."""
    attacker = a_user(hub, as_admin, "eve")

    for _ in range(2):
        response = hub.post("/sites", json={"id": ADMIN_SITE}, headers=attacker)
        assert response.status_code == 409
        assert response.json()["detail"] == f"site with supplied id {ADMIN_SITE} already exists"
        database["sites"].delete_one({"id": ADMIN_SITE})  # as a database of old has it
    for almost in (f" {ADMIN_SITE}", f"{ADMIN_SITE} ", f"{ADMIN_SITE}\n"):
        assert hub.post("/sites", json={"id": almost}, headers=attacker).status_code == 422

    assert me(hub, attacker)["site_admin"] == []
    assert me(hub, attacker)["allowances"] == []
    promote = {"username": "eve", "site_admin": [ADMIN_SITE]}
    assert hub.put("/users", json=promote, headers=attacker).status_code == 403
    assert hub.get("/admin/users", headers=attacker).status_code == 403


def test_site_clients_and_api_keys_create_no_sites(hub, as_admin, as_site, database):
    before = database["sites"].count_documents({})
    for headers in (as_site, an_api_key(hub, as_admin)):
        response = hub.post("/sites", json={"id": "NERSC"}, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "person_required")
    assert hub.post("/sites", json={"id": "NERSC"}).status_code == 401
    assert database["sites"].count_documents({}) == before


@pytest.mark.parametrize("site_id", ["", "a/b", "a b", "a?b", "x" * 256, None])
def test_an_id_that_no_url_could_name_is_422(hub, as_admin, site_id):
    assert hub.post("/sites", json={"id": site_id}, headers=as_admin).status_code == 422

"""``GET /sites``, ``GET`` and ``PATCH /sites/{site_id}``, and D-2: no list shows a secret."""

import json

import bcrypt
import pytest

from tests.support.people import a_user, an_api_key

HASH = bcrypt.hashpw(b"old-secret", bcrypt.gensalt(4)).decode()


@pytest.fixture
def nersc(database, hub):
    database["sites"].insert_one(
        {
            "id": "NERSC",
            "capability_ids": ["x"],
            "clients": [{"id": "sys0a", "hashed_secret": HASH}],
        }
    )


@pytest.mark.usefixtures("nersc")
def test_anybody_sees_sites_without_their_clients(hub):
    response = hub.get("/sites")
    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"resources"}
    assert {"id": "NERSC", "capability_ids": ["x"]} in body["resources"]
    assert len(body["resources"]) == 3
    one = hub.get("/sites/NERSC")
    assert (one.status_code, one.json()) == (200, {"id": "NERSC", "capability_ids": ["x"]})


def test_an_unknown_site_is_not_found(hub):
    response = hub.get("/sites/potato")
    assert (response.status_code, response.json()["detail"]) == (404, "Not found")
    assert response.json()["code"] == "site_not_found"


@pytest.mark.usefixtures("nersc")
def test_the_list_takes_filters_projections_and_pages(hub):
    found = hub.get("/sites", params={"filter": '{"capability_ids": "x"}', "projection": "id"})
    assert found.json()["resources"] == [{"id": "NERSC"}]
    first = hub.get("/sites", params={"max_page_size": 2}).json()
    token = {"page_token": first["next_page_token"]}
    rest = hub.get("/sites", params=token).json()
    ids = [site["id"] for site in first["resources"] + rest["resources"]]
    assert ids == ["NERSC", "nmdc-runtime", "nmdc-runtime-useradmin"]
    assert hub.get("/sites", params={"filter": "potato"}).status_code == 422


ORACLES = [
    {"clients.hashed_secret": {"$regex": "^\\$2b"}},
    {"clients": {"$elemMatch": {"hashed_secret": {"$gt": ""}}}},
    {"clients.0.hashed_secret": HASH},
    {"$or": [{"clients.id": "sys0a"}]},
    {"clients": {"$ne": []}},
    {"$nor": [{"clients": {"$gt": [{"id": "sys0"}]}}]},
    {"$expr": {"$gt": ["$clients.hashed_secret", ""]}},
    {"$jsonSchema": {"properties": {"clients": {"minItems": 1}}}},
    {"$where": "this.clients[0].hashed_secret > ''"},
]


@pytest.mark.usefixtures("nersc")
@pytest.mark.parametrize("oracle", ORACLES)
def test_no_filter_asks_about_clients(hub, oracle):
    """D-2, played: ``$regex`` on a hidden hash is a blind oracle."""
    response = hub.get("/sites", params={"filter": json.dumps(oracle)})
    assert response.status_code == 422
    assert "$2b" not in response.json()["detail"].replace("^\\$2b", "")


@pytest.mark.usefixtures("nersc")
@pytest.mark.parametrize(
    "projection",
    ["clients", "id,clients.hashed_secret", '{"clients": 1}', '{"x": "$clients"}', '["clients"]'],
)
def test_no_projection_shows_clients(hub, projection):
    response = hub.get("/sites", params={"projection": projection, "max_page_size": 0})
    assert HASH not in response.text
    assert "sys0a" not in response.text


@pytest.mark.usefixtures("nersc")
def test_a_page_token_of_sites_shows_no_site_anywhere_else(hub, as_site):
    """D-2, played: a token of ``/sites`` replayed on ``/jobs`` returned sites with their hashes."""
    token = hub.get("/sites", params={"max_page_size": 1}).json()["next_page_token"]
    for path in ("/jobs", "/operations", "/nmdcschema/study_set"):
        for headers in ({}, as_site):
            response = hub.get(path, params={"page_token": token}, headers=headers)
            assert response.status_code in {400, 401}, path
            assert "resources" not in response.json()
            assert HASH not in response.text


def test_administrators_say_what_a_site_can_do(hub, as_admin, database):
    user = a_user(hub, as_admin, "ada")
    hub.post("/sites", json={"id": "LANL"}, headers=user)
    patch = {"capability_ids": ["a", "b"]}

    response = hub.patch("/sites/LANL", json=patch, headers=user)

    assert (response.status_code, response.json()) == (200, {"id": "LANL", **patch})
    assert hub.get("/sites/LANL").json()["capability_ids"] == ["a", "b"]
    record = database["_runtime.audit"].find_one({"action": "change_site"})
    assert (record["targets"], record["username"]) == (["sites/LANL"], "ada")

    stranger = a_user(hub, as_admin, "bob")
    refused = hub.patch("/sites/LANL", json=patch, headers=stranger)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_admin_of_site")
    assert hub.patch("/sites/potato", json=patch, headers=user).status_code == 404
    assert hub.patch("/sites/LANL", json={}, headers=user).status_code == 422
    assert hub.patch("/sites/LANL", json=patch).status_code == 401
    key = an_api_key(hub, user)
    assert hub.patch("/sites/LANL", json=patch, headers=key).status_code == 403

"""``/objects/{id}/types``: who may tag objects, above all with what the Runtime takes in."""

import pytest

from tests.support.object_records import a_blob

INGEST = ["metadata-in", "metadata-changesheet"]
PLAIN = ["biosample_set"]


@pytest.fixture
def theirs(register, as_other_site):
    return register(a_blob(b"theirs"), as_other_site)["id"]


@pytest.fixture
def own(register):
    return register(a_blob(b"own"))["id"]


def put(hub, object_id, types, headers=None):
    return hub.put(f"/objects/{object_id}/types", json=types, headers=headers)


def allow(hub, as_admin, username, action):
    body = {"username": username, "action": action}
    hub.post("/admin/allowances", json=body, headers=as_admin).raise_for_status()


def tagged(database, object_id):
    return database["objects"].find_one({"id": object_id}).get("types")


def test_the_managing_site_tags_its_object_and_all_can_see_it(hub, as_other_site, theirs, database):
    answer = put(hub, theirs, [*PLAIN, *PLAIN], as_other_site)

    assert answer.status_code == 200
    assert answer.json()["types"] == PLAIN
    assert answer.json()["id"] == theirs
    (row,) = hub.get(f"/objects/{theirs}/types").json()
    assert row["id"] == "biosample_set"
    record = database["_runtime.audit"].find_one({"action": "set_object_types"})
    assert record["targets"] == [f"objects/{theirs}"]
    assert put(hub, theirs, [], as_other_site).json()["types"] == []
    assert hub.get(f"/objects/{theirs}/types").json() == []


def test_an_object_without_types_has_none(hub, own):
    assert hub.get(f"/objects/{own}/types").json() == []


@pytest.mark.parametrize("types", [PLAIN, INGEST])
def test_nobody_tags_an_object_without_a_right_to(
    *, hub, own, theirs, as_site, as_other_site, as_user, database, types
):
    assert put(hub, own, types).status_code == 401
    for object_id, headers in ((own, as_user), (own, as_other_site), (theirs, as_site)):
        answer = put(hub, object_id, types, headers)
        assert answer.status_code == 403
        assert answer.json()["missing_permission"] == "/objects:types"
        assert answer.json()["granted_by"]
    assert tagged(database, own) is tagged(database, theirs) is None


def test_content_of_another_site_is_not_taken_in_with_the_runtimes_rights(
    hub, theirs, as_other_site, database
):
    for types in ([INGEST[0]], [*PLAIN, INGEST[1]]):
        answer = put(hub, theirs, types, as_other_site)
        assert answer.status_code == 403
        assert answer.json()["missing_permission"] == "/objects:ingest"

    assert tagged(database, theirs) is None


def test_an_ingest_grant_lets_a_site_have_its_content_taken_in(
    hub, theirs, as_other_site, as_admin
):
    client_id = hub.get("/users/me", headers=as_other_site).json()["username"]
    allow(hub, as_admin, client_id, "/objects:ingest")

    assert put(hub, theirs, INGEST, as_other_site).status_code == 200


def test_the_own_sites_objects_may_be_taken_in(hub, own, as_site):
    assert put(hub, own, INGEST, as_site).status_code == 200


def test_a_user_with_the_permission_tags_any_object_but_has_none_taken_in_of_others(
    *, hub, own, theirs, as_user, as_admin
):
    allow(hub, as_admin, "rita", "/objects:types")

    assert put(hub, theirs, PLAIN, as_user).status_code == 200
    assert put(hub, own, INGEST, as_user).status_code == 200
    assert put(hub, theirs, INGEST, as_user).status_code == 403
    allow(hub, as_admin, "rita", "/objects:ingest")
    assert put(hub, theirs, INGEST, as_user).status_code == 200


def test_types_that_there_are_not_are_refused_by_name(hub, own, as_site, database):
    answer = put(hub, own, ["zebra", "biosample_set", "apple"], as_site)

    assert answer.status_code == 400
    assert answer.json()["detail"] == "unknown type ids: {'apple', 'zebra'}."
    assert tagged(database, own) is None


def test_an_object_that_there_is_not_has_no_types(hub, as_site):
    assert put(hub, "sys0none", PLAIN, as_site).status_code == 404
    assert hub.get("/objects/sys0none/types").status_code == 404


@pytest.mark.parametrize("body", [{"types": []}, "metadata-in", [1], None])
def test_a_body_that_is_no_list_of_ids_is_malformed(hub, own, as_site, body):
    assert put(hub, own, body, as_site).status_code == 422

"""``PATCH /objects/{id}``: any of the fields, kept for good, and an object still."""

from datetime import UTC, datetime

import pytest

from tests.support.object_records import a_blob, a_bundle


def patch(hub, object_id, body, headers):
    return hub.patch(f"/objects/{object_id}", json=body, headers=headers)


def test_a_creation_time_alone_is_taken_and_kept(hub, own, as_site, database):
    answer = patch(hub, own, {"created_time": "2025-05-05T05:05:05"}, as_site)

    assert answer.status_code == 200
    assert answer.json()["created_time"] == "2025-05-05T05:05:05"
    assert answer.json()["name"] == "file.txt"
    stored = database["objects"].find_one({"id": own})
    assert stored["created_time"] == datetime(2025, 5, 5, 5, 5, 5, tzinfo=UTC)
    assert stored["_mgr_site"] == "nmdc-runtime"
    assert stored["self_uri"] == f"drs://testserver/{own}"
    (record,) = database["_runtime.audit"].find({"action": "update_object"})
    assert record["targets"] == [f"objects/{own}"]
    assert record["before_hash"] != record["after_hash"]


def test_null_clears_what_may_be_absent_and_types_stay(hub, own, as_site, database):
    hub.put(f"/objects/{own}/types", json=["biosample_set"], headers=as_site).raise_for_status()

    answer = patch(hub, own, {"name": None, "version": "2"}, as_site)

    assert "name" not in answer.json()
    assert hub.get(f"/objects/{own}").json()["version"] == "2"
    assert database["objects"].find_one({"id": own})["types"] == ["biosample_set"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"created_time": None},
        {"size": None},
        {"size": -1},
        {"checksums": []},
        {"access_methods": None},
        {"contents": [{"name": "a", "id": "x"}, {"name": "a", "id": "y"}]},
        {"name": "a b"},
    ],
)
def test_what_would_be_no_object_any_more_is_refused(hub, own, as_site, database, wrong):
    before = database["objects"].find_one({"id": own})

    answer = patch(hub, own, wrong, as_site)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert database["objects"].find_one({"id": own}) == before


def test_who_it_is_and_whose_cannot_be_changed(hub, own, as_site, database):
    patch(hub, own, {"id": "sys0other", "self_uri": "drs://x/y", "_mgr_site": "evil"}, as_site)

    stored = database["objects"].find_one({"id": own})
    assert (stored["id"], stored["_mgr_site"]) == (own, "nmdc-runtime")


def test_another_site_changes_nothing(hub, as_site, database):
    database["objects"].insert_one({**a_blob(), "id": "sys0x", "_mgr_site": "nersc"})

    answer = patch(hub, "sys0x", {"name": "mine"}, as_site)

    assert answer.status_code == 403
    assert answer.json()["detail"] == "client authorized for different site_id than nersc"
    assert database["objects"].find_one({"id": "sys0x"})["name"] == "file.txt"


def test_what_is_not_there_cannot_be_changed(hub, as_site, as_admin):
    answer = patch(hub, "sys0none", {"name": "x"}, as_site)

    assert (answer.status_code, answer.json()["detail"]) == (404, "Not found")
    assert patch(hub, "sys0none", {"name": "x"}, as_admin).status_code == 401


def test_a_checksum_that_another_object_has_is_a_conflict(hub, own, as_site):
    other = hub.post("/objects", json=a_blob(b"other"), headers=as_site).json()

    answer = patch(hub, own, {"checksums": other["checksums"]}, as_site)

    assert answer.status_code == 409
    assert patch(hub, other["id"], {"checksums": other["checksums"]}, as_site).status_code == 200


def test_a_bundle_that_gets_other_members_gets_their_size(hub, own, as_site):
    bundle = hub.post("/objects", json=a_bundle({"name": "x", "id": "no"}), headers=as_site).json()

    answer = patch(hub, bundle["id"], {"contents": [{"name": "x", "id": own}]}, as_site)

    assert answer.json()["size"] == 5


def test_what_the_hub_says_of_bytes_that_it_keeps_stays_true(hub, kept, as_site):
    lie = {"checksums": [{"type": "sha256", "checksum": "00"}], "size": 1}

    refused = patch(hub, kept, lie, as_site)
    described = patch(hub, kept, {"description": "a sheet"}, as_site)

    assert refused.status_code == 422
    assert "checksums, size" in refused.json()["detail"]
    assert described.json()["description"] == "a sheet"

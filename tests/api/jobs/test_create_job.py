"""``POST /jobs``."""

from datetime import datetime

import pytest


def test_a_job_is_created_with_an_id_a_date_and_what_was_sent(hub, database, nersc):
    body = {"workflow": {"id": "test"}, "config": {"a": {"b": 1}}, "name": "n", "unknown": 1}

    answer = hub.post("/jobs", json=body, headers=nersc)

    assert answer.status_code == 201
    job = answer.json()
    assert set(job) == {"id", "workflow", "config", "name", "created_at"}
    assert job["workflow"] == {"id": "test"}
    assert job["config"] == {"a": {"b": 1}}
    (stored,) = database["jobs"].find({}, {"_id": 0})
    assert set(stored) == set(job)
    assert isinstance(stored["created_at"], datetime)
    assert hub.get(f"/jobs/{job['id']}").json().keys() == job.keys()


def test_claims_are_kept_if_they_are_sent(hub, database, nersc):
    body = {"workflow": {"id": "test"}, "config": {}, "claims": []}

    assert hub.post("/jobs", json=body, headers=nersc).json()["claims"] == []
    assert database["jobs"].find_one({})["claims"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"workflow": {"id": "test"}},
        {"config": {}},
        {"workflow": {}, "config": {}},
        {"workflow": {"id": "test"}, "config": {"too large": 2**64}},
        {"workflow": {"id": "test"}, "config": {"a\0b": 1}},
        {"workflow": {"id": "test"}, "config": {}, "claims": [{"site_id": "nersc"}]},
    ],
)
def test_a_body_that_makes_no_job_is_refused_and_leaves_nothing(hub, database, nersc, body):
    answer = hub.post("/jobs", json=body, headers=nersc)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert database["jobs"].count_documents({}) == 0


def test_what_is_nested_too_deeply_or_too_large_is_refused(hub, nersc):
    deep: dict = {}
    for _ in range(90):
        deep = {"x": deep}
    for config in (deep, {"x": "y" * 7_100_000}):
        body = {"workflow": {"id": "test"}, "config": config}
        assert hub.post("/jobs", json=body, headers=nersc).status_code == 422


def test_only_sites_create_jobs(hub, database, as_admin):
    body = {"workflow": {"id": "test"}, "config": {}}

    assert hub.post("/jobs", json=body).status_code == 401
    assert hub.post("/jobs", json=body, headers=as_admin).status_code == 401
    assert database["jobs"].count_documents({}) == 0


def test_the_same_request_under_its_key_creates_one_job(hub, database, nersc, lanl):
    body = {"workflow": {"id": "test"}, "config": {"n": 1}}
    keyed = {"Idempotency-Key": "k1"}

    first, again = (hub.post("/jobs", json=body, headers=nersc | keyed) for _ in range(2))
    of_other_site = hub.post("/jobs", json=body, headers=lanl | keyed)
    other_body = hub.post("/jobs", json=body | {"name": "x"}, headers=nersc | keyed)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert of_other_site.json()["id"] != first.json()["id"]
    assert other_body.status_code == 422
    assert database["jobs"].count_documents({}) == 2


def test_a_stored_object_has_one_job_of_a_workflow(hub, database, nersc):
    body = {"workflow": {"id": "test"}, "config": {"object_id": "sys0abc"}}

    ids = {hub.post("/jobs", json=body, headers=nersc).json()["id"] for _ in range(2)}

    assert len(ids) == 1
    assert database["jobs"].count_documents({}) == 1
    assert database["_runtime.audit"].count_documents({"action": "create_job"}) == 1


def test_an_object_id_of_null_names_no_object(hub, database, nersc):
    body = {"workflow": {"id": "test"}, "config": {"object_id": None}}

    for _ in range(2):
        assert hub.post("/jobs", json=body, headers=nersc).status_code == 201
    assert database["jobs"].count_documents({}) == 2

"""``PATCH /operations/{id}`` and ``POST /operations/{id}:renew``, without leases."""

import pytest

from tests.support.sites import as_new_site

CLAIM_MODEL = "nmdc_runtime.api.models.job.JobOperationMetadata"


@pytest.fixture
def nersc(hub, as_admin):
    return as_new_site(hub, as_admin, "nersc")


@pytest.fixture
def lanl(hub, as_admin):
    return as_new_site(hub, as_admin, "lanl")


@pytest.fixture
def job_id(hub, nersc):
    body = {"workflow": {"id": "test"}, "config": {"a": 1}}
    return hub.post("/jobs", json=body, headers=nersc).raise_for_status().json()["id"]


@pytest.fixture
def operation_id(hub, job_id, nersc):
    return hub.post(f"/jobs/{job_id}:claim", headers=nersc).raise_for_status().json()["id"]


@pytest.fixture
def report(hub, operation_id, nersc):
    def report(body, headers=nersc):
        return hub.patch(f"/operations/{operation_id}", json=body, headers=headers)

    return report


def test_metadata_is_merged_and_what_is_the_runtimes_stays(report, job_id):
    report({"metadata": {"extra": {"a": 1}, "kept": True}})

    answer = report(
        {
            "metadata": {
                "extra": {"b": 2},
                "site_id": "lanl",
                "job": {"id": "other"},
                "model": "another",
                "lease_seconds": 5,
            }
        }
    )

    assert answer.status_code == 200
    metadata = answer.json()["metadata"]
    assert metadata["extra"] == {"b": 2}
    assert metadata["kept"] is True
    assert metadata["site_id"] == "nersc"
    assert metadata["job"]["id"] == job_id
    assert metadata["model"] == CLAIM_MODEL
    assert "lease_seconds" not in metadata


def test_only_what_is_sent_is_applied(hub, report, operation_id):
    report({"metadata": {"foo": "bar"}, "result": {"n": 1}})

    after_nothing = report({}).json()
    after_result = report({"result": None}).json()

    assert after_nothing == hub.get(f"/operations/{operation_id}").json() | {"result": {"n": 1}}
    assert (after_result["result"], after_result["done"]) == (None, False)
    assert after_result["metadata"]["foo"] == "bar"


def test_all_that_was_read_may_be_sent_back_as_automation_does(hub, report, operation_id):
    read = hub.get(f"/operations/{operation_id}").json()

    answer = report({"metadata": read["metadata"] | {"extra": {"cromwell_id": "x"}}})

    assert answer.json()["metadata"] == read["metadata"] | {"extra": {"cromwell_id": "x"}}


def test_what_is_done_ends_the_claim_too(hub, report, job_id, operation_id):
    answer = report({"done": True, "result": {"ok": True}})

    assert answer.json()["done"] is True
    assert hub.get(f"/jobs/{job_id}").json()["claims"] == [
        {"op_id": operation_id, "site_id": "nersc", "done": True}
    ]


def test_what_is_done_stays_done(hub, report, operation_id):
    report({"done": True, "result": {"ok": True}})

    refused = report({"done": False})

    assert refused.status_code == 409
    assert refused.json()["code"] == "operation_already_done"
    assert report({"metadata": {"note": "later"}}).status_code == 200
    assert hub.get(f"/operations/{operation_id}").json()["done"] is True


def test_a_released_operation_is_not_revived_by_what_was_read_before(
    hub, report, job_id, operation_id, nersc
):
    read = hub.get(f"/operations/{operation_id}").json()
    hub.post(f"/jobs/{job_id}:release", headers=nersc).raise_for_status()

    answer = report({"metadata": read["metadata"]})

    assert answer.status_code == 200
    assert answer.json()["metadata"]["cancelled"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": None},
        {"metadata": "text"},
        {"metadata": {"n": 2**64}},
        {"done": None},
        {"lease_seconds": 0},
    ],
)
def test_a_report_that_cannot_be_is_refused_and_changes_nothing(hub, report, operation_id, body):
    before = hub.get(f"/operations/{operation_id}").json()

    answer = report(body)

    assert answer.status_code == 422
    assert hub.get(f"/operations/{operation_id}").json() == before


def test_another_sites_operation_is_not_ones_own_to_report_on(hub, report, operation_id, lanl):
    renewal = hub.post(f"/operations/{operation_id}:renew", headers=lanl)

    for answer in (report({"done": True}, lanl), renewal):
        assert answer.status_code == 403
        assert answer.json()["detail"] == "client authorized for different site_id than nersc"


def test_an_unknown_operation_is_not_found(hub, nersc):
    for answer in (
        hub.patch("/operations/none", json={}, headers=nersc),
        hub.post("/operations/none:renew", headers=nersc),
    ):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "Not found"


def test_only_sites_report(hub, report, operation_id, as_admin):
    for headers in ({}, as_admin):
        assert report({}, headers).status_code == 401
        assert hub.post(f"/operations/{operation_id}:renew", headers=headers).status_code == 401


def test_operations_that_are_no_claims_can_be_reported_on_but_not_renewed(hub, database, nersc):
    database["operations"].insert_one(
        {
            "id": "put1",
            "done": False,
            "expire_time": "2099-01-01T00:00:00",
            "result": None,
            "metadata": {"site_id": "nersc", "object_id": "x", "model": "m"},
        }
    )

    reported = hub.patch("/operations/put1", json={"done": True}, headers=nersc)
    renewed = hub.post("/operations/put1:renew", headers=nersc)
    leased = hub.patch("/operations/put1", json={"lease_seconds": 5}, headers=nersc)

    assert (reported.status_code, reported.json()["done"]) == (200, True)
    assert renewed.status_code == leased.status_code == 422
    assert renewed.json()["code"] == "operation_is_no_claim"


def test_operations_are_listed_with_a_projection_of_any_attributes(hub, operation_id):
    answer = hub.get("/operations?projection=done")

    assert answer.status_code == 200
    assert answer.json()["resources"] == [{"id": operation_id, "done": False}]
    assert hub.get("/operations?projection=metadata.site_id").status_code == 200


def test_each_report_leaves_one_record(report, database, operation_id, job_id):
    report({"done": True, "lease_seconds": 60})
    report({})

    (record,) = database["_runtime.audit"].find({"action": "update_operation"})
    assert record["targets"] == [f"jobs/{job_id}", f"operations/{operation_id}"]
    assert record["site_id"] == "nersc"
    assert record["before_hash"] != record["after_hash"]
    assert database["_runtime.audit"].count_documents({"action": "renew_claim"}) == 0

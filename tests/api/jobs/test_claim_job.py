"""``POST /jobs/{id}:claim``."""

from datetime import UTC, datetime, timedelta

import pytest

CLAIM_MODEL = "nmdc_runtime.api.models.job.JobOperationMetadata"


def claim(hub, job_id, headers, **body):
    return hub.post(f"/jobs/{job_id}:claim", headers=headers, **body)


def test_a_claim_is_answered_by_its_operation_without_what_is_not_set(hub, database, create, nersc):
    job_id = create(config={"a": 1}, name="a name")

    answer = claim(hub, job_id, nersc)

    assert answer.status_code == 200
    operation = answer.json()
    assert set(operation) == {"id", "done", "expire_time", "result", "metadata"}
    assert (operation["done"], operation["result"]) == (False, None)
    assert operation["metadata"] == {
        "model": CLAIM_MODEL,
        "job": {"id": job_id, "workflow": {"id": "test"}, "config": {"a": 1}},
        "site_id": "nersc",
    }
    promised = datetime.fromisoformat(operation["expire_time"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < promised <= timedelta(days=30)


def test_a_claim_is_stored_as_older_runtimes_stored_it(hub, database, create, nersc):
    job_id = create(name="a name")

    operation_id = claim(hub, job_id, nersc).json()["id"]

    stored = database["operations"].find_one({"id": operation_id})
    assert stored["metadata"]["cancelled"] is None
    job = stored["metadata"]["job"]
    assert (job["claims"], job["name"], job["created_at"]) == ([], None, None)
    claims = database["jobs"].find_one({"id": job_id})["claims"]
    assert claims == [{"op_id": operation_id, "site_id": "nersc"}]


def test_claiming_changes_nothing_else_of_the_job(hub, database, create, nersc):
    job_id = create()
    strange = {"$set": {"of_somebody": {"else": 1}}, "$unset": {"claims": ""}}
    database["jobs"].update_one({"id": job_id}, strange)
    before = database["jobs"].find_one({"id": job_id})

    claim(hub, job_id, nersc)
    hub.post(f"/jobs/{job_id}:release", headers=nersc)

    after = database["jobs"].find_one({"id": job_id})
    assert after.pop("claims")
    assert after == before


def test_several_sites_may_hold_a_job(hub, create, nersc, lanl):
    job_id = create()

    operations = [claim(hub, job_id, site).json()["id"] for site in (nersc, lanl)]

    claims = hub.get(f"/jobs/{job_id}").json()["claims"]
    assert claims == [
        {"op_id": operations[0], "site_id": "nersc"},
        {"op_id": operations[1], "site_id": "lanl"},
    ]


def test_a_site_that_claims_again_gets_the_operation_it_has(hub, database, create, nersc):
    job_id = create()

    first, again = (claim(hub, job_id, nersc) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["metadata"] == first.json()["metadata"]
    assert database["operations"].count_documents({}) == 1
    assert database["_runtime.audit"].count_documents({"action": "claim_job"}) == 1


@pytest.mark.parametrize("marked", ["job", "workflow"])
def test_claiming_a_held_exclusive_job_is_a_conflict_and_changes_nothing(  # noqa: PLR0917
    hub, database, create, nersc, lanl, marked
):
    job_id = create(exclusive=True) if marked == "job" else create()
    if marked == "workflow":
        database["workflows"].update_one({"id": "test"}, {"$set": {"exclusive": True}})
    held = claim(hub, job_id, nersc).json()["id"]
    before = database["jobs"].find_one({"id": job_id})

    refused = claim(hub, job_id, lanl)

    assert refused.status_code == 409
    assert refused.json()["id"] == held  # clients read it whatever the status
    assert held in refused.json()["msg"]
    assert refused.json()["code"] == "job_already_claimed"
    assert database["jobs"].find_one({"id": job_id}) == before
    assert database["operations"].count_documents({}) == 1
    assert claim(hub, job_id, nersc).json()["id"] == held


@pytest.mark.parametrize("ending", ["release", "done"])
def test_an_exclusive_job_is_free_when_its_holder_is_through(hub, create, nersc, lanl, ending):
    job_id = create(exclusive=True)
    held = claim(hub, job_id, nersc).json()["id"]
    if ending == "release":
        hub.post(f"/jobs/{job_id}:release", headers=nersc).raise_for_status()
    else:
        done = {"done": True, "result": {"ok": 1}}
        hub.patch(f"/operations/{held}", json=done, headers=nersc).raise_for_status()

    assert claim(hub, job_id, lanl).status_code == 200
    assert claim(hub, job_id, nersc).status_code == 409


def test_an_unknown_job_is_not_found(hub, nersc):
    answer = claim(hub, "nmdc:sys0none", nersc)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not found"


@pytest.mark.parametrize("where", ["job", "workflow"])
def test_a_site_needs_the_capabilities_of_job_and_workflow(  # noqa: PLR0917
    hub, database, create, nersc, lanl, where
):
    if where == "job":
        job_id = create(workflow={"id": "test", "capability_ids": ["gpu"]})
    else:
        job_id = create()
        database["workflows"].update_one({"id": "test"}, {"$set": {"capability_ids": ["gpu"]}})

    refused = claim(hub, job_id, lanl)

    assert refused.status_code == 403
    assert (
        refused.json()["detail"] == "client site does not have capability gpu required to claim job"
    )
    assert hub.get(f"/jobs/{job_id}").json().get("claims", []) == []
    assert claim(hub, job_id, nersc).status_code == 200


def test_only_sites_claim(hub, create, as_admin):
    job_id = create()

    assert claim(hub, job_id, {}).status_code == 401
    assert claim(hub, job_id, as_admin).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"content": b""}, {"content": b"{}"}, {"content": b"null"}, {"json": {"unknown": 1}}],
    ids=["none", "empty", "object without type", "null", "something else"],
)
def test_terms_need_not_be_sent(hub, create, nersc, body):
    assert claim(hub, create(), nersc, **body).status_code == 200


@pytest.mark.parametrize("lease", [0, -1, 2_592_001, 1.5, "soon"])
def test_a_lease_is_some_seconds_up_to_thirty_days(hub, create, nersc, lease):
    assert claim(hub, create(), nersc, json={"lease_seconds": lease}).status_code == 422


def test_a_claim_under_its_key_is_answered_as_the_first_time(hub, create, nersc):
    job_id = create()
    keyed = nersc | {"Idempotency-Key": "k1"}
    first = claim(hub, job_id, keyed)
    hub.post(f"/jobs/{job_id}:release", headers=nersc).raise_for_status()

    again = claim(hub, job_id, keyed)
    other = claim(hub, create(), keyed)

    assert again.json() == first.json()
    assert not [c for c in hub.get(f"/jobs/{job_id}").json()["claims"] if not c.get("done")]
    assert other.status_code == 422


def test_a_claim_whose_operation_an_older_runtime_closed_or_lost_holds_nothing(
    hub, database, create, nersc, lanl
):
    job_id = create(exclusive=True)
    for ended in ({"$set": {"done": True}}, {"$set": {"metadata.cancelled": True}}, None):
        held = claim(hub, job_id, nersc).json()["id"]
        if ended:
            database["operations"].update_one({"id": held}, ended)
        else:
            database["operations"].delete_one({"id": held})

        taken = claim(hub, job_id, lanl)

        assert taken.status_code == 200
        claims = {each["op_id"]: each for each in hub.get(f"/jobs/{job_id}").json()["claims"]}
        assert claims[held]["done"]
        assert "done" not in claims[taken.json()["id"]]
        hub.post(f"/jobs/{job_id}:release", headers=lanl).raise_for_status()


def test_a_claim_that_a_client_made_up_is_nobodys(hub, database, create, nersc, lanl):
    real = claim(hub, create(), nersc).json()["id"]
    made_up = [{"op_id": real, "site_id": "nersc"}, {"op_id": real, "site_id": "lanl"}]
    job_id = create(claims=made_up, exclusive=True)

    taken = claim(hub, job_id, nersc)

    assert taken.status_code == 200
    assert taken.json()["id"] != real
    assert hub.get(f"/operations/{real}").json()["done"] is False

"""``GET /jobs/{id}/history`` and what ``GET /jobs`` offers to a site."""

import json
from datetime import datetime


def listed(hub, headers, **parameters) -> set[str]:
    answer = hub.get("/jobs", headers=headers, params=parameters)
    assert answer.status_code == 200
    return {job["id"] for job in answer.json()["resources"]}


def test_the_history_tells_who_did_what_when(hub, create, nersc, lanl):
    job_id = create()
    first = hub.post(f"/jobs/{job_id}:claim", headers=lanl).json()["id"]
    hub.post(f"/jobs/{job_id}:release", headers=lanl)
    second = hub.post(f"/jobs/{job_id}:claim", headers=nersc).json()["id"]
    hub.post(f"/operations/{second}:renew", headers=nersc)
    hub.patch(f"/operations/{second}", json={"done": True}, headers=nersc)

    answer = hub.get(f"/jobs/{job_id}/history")

    assert answer.status_code == 200
    entries = answer.json()["resources"]
    assert [(each["action"], each["by"], each["operation_ids"]) for each in entries] == [
        ("create_job", "nersc", []),
        ("claim_job", "lanl", [first]),
        ("release_job", "lanl", [first]),
        ("claim_job", "nersc", [second]),
        ("renew_claim", "nersc", [second]),
        ("update_operation", "nersc", [second]),
    ]
    assert all(each["at"].endswith("Z") for each in entries)
    moments = [datetime.fromisoformat(each["at"]) for each in entries]
    assert moments == sorted(moments)


def test_the_history_holds_nothing_that_only_admins_may_read(hub, create, nersc):
    job_id = create()
    hub.post(f"/jobs/{job_id}:claim", headers=nersc)

    for entry in hub.get(f"/jobs/{job_id}/history").json()["resources"]:
        assert set(entry) == {"at", "action", "by", "operation_ids"}


def test_a_job_that_does_not_exist_has_no_history(hub):
    answer = hub.get("/jobs/nmdc:sys0none/history")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not found"


def test_a_site_is_offered_what_it_neither_holds_nor_has_done(hub, create, nersc, lanl):
    untouched, held, given_back, done = (create() for _ in range(4))
    operations = {
        job_id: hub.post(f"/jobs/{job_id}:claim", headers=nersc).json()["id"]
        for job_id in (held, given_back, done)
    }
    hub.post(f"/jobs/{given_back}:release", headers=nersc)
    hub.patch(f"/operations/{operations[done]}", json={"done": True}, headers=nersc)
    everything = {untouched, held, given_back, done}

    assert listed(hub, nersc) == {untouched, given_back}
    assert listed(hub, nersc, filter="{}") == everything
    assert listed(hub, lanl) == everything
    assert listed(hub, {}) == everything


def test_jobs_that_nobody_has_claimed_are_found_by_the_filter_that_sites_send(
    hub, database, create, nersc
):
    unclaimed, claimed = create(claims=[]), create(claims=[])
    never_had_claims = create()
    hub.post(f"/jobs/{claimed}:claim", headers=nersc)
    asked = {"workflow.id": {"$in": ["test", "other"]}, "claims": {"$size": 0}}

    assert listed(hub, nersc, filter=json.dumps(asked)) == {unclaimed}
    assert listed(hub, {}, filter=json.dumps({"$and": [asked]})) == {unclaimed}
    assert never_had_claims not in listed(hub, {}, filter='{"claims": {"$size": 0}}')
    assert listed(hub, {}, filter='{"claims": {"$size": 1}}') == {claimed}

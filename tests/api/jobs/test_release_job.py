"""``POST /jobs/{id}:release`` and ``POST /jobs/release``."""


def claim(hub, job_id, headers) -> str:
    return str(hub.post(f"/jobs/{job_id}:claim", headers=headers).raise_for_status().json()["id"])


def release(hub, job_id, headers):
    return hub.post(f"/jobs/{job_id}:release", headers=headers)


def test_a_released_job_shows_all_that_it_is_and_the_claim_as_cancelled(hub, create, nersc, lanl):
    job_id = create()
    mine, theirs = claim(hub, job_id, nersc), claim(hub, job_id, lanl)

    answer = release(hub, job_id, nersc)

    assert answer.status_code == 200
    job = answer.json()
    assert job["id"] == job_id
    assert job["name"] is job["description"] is job["workflow"]["name"] is None
    assert job["claims"] == [
        {"op_id": mine, "site_id": "nersc", "done": True, "cancelled": True},
        {"op_id": theirs, "site_id": "lanl", "done": None, "cancelled": None},
    ]


def test_releasing_closes_the_operation(hub, create, nersc):
    job_id = create()
    operation_id = claim(hub, job_id, nersc)

    release(hub, job_id, nersc)

    operation = hub.get(f"/operations/{operation_id}").json()
    assert operation["done"] is True
    assert operation["result"]["code"] == "CANCELLED"
    assert operation["result"]["message"]
    assert operation["metadata"]["cancelled"] is operation["metadata"]["done"] is True


def test_a_claim_that_is_done_stays_done(hub, create, nersc):
    job_id = create()
    done = claim(hub, job_id, nersc)
    hub.patch(f"/operations/{done}", json={"done": True}, headers=nersc).raise_for_status()
    given_back = claim(hub, job_id, nersc)

    claims = release(hub, job_id, nersc).json()["claims"]

    assert claims == [
        {"op_id": done, "site_id": "nersc", "done": True, "cancelled": None},
        {"op_id": given_back, "site_id": "nersc", "done": True, "cancelled": True},
    ]


def test_releasing_again_or_what_is_not_held_changes_nothing(hub, database, create, nersc, lanl):
    job_id = create()
    assert release(hub, job_id, nersc).status_code == 200
    claim(hub, job_id, nersc)
    first = release(hub, job_id, nersc).json()

    again = release(hub, job_id, nersc)
    by_another = release(hub, job_id, lanl)

    assert again.json() == by_another.json() == first
    assert database["_runtime.audit"].count_documents({"action": "release_job"}) == 1


def test_what_older_runtimes_left_is_put_right(hub, database, create, nersc):
    job_id = create()
    done, unknown, orphan = (claim(hub, create(), nersc) for _ in range(3))
    of_job = {"$set": {"metadata.job.id": job_id}}
    database["operations"].update_many({"id": {"$in": [done, orphan]}}, of_job)
    database["operations"].update_one({"id": done}, {"$set": {"done": True}})
    database["operations"].delete_one({"id": unknown})
    left = [{"op_id": each, "site_id": "nersc"} for each in (done, unknown)]
    database["jobs"].update_one({"id": job_id}, {"$set": {"claims": left}})

    claims = {each["op_id"]: each for each in release(hub, job_id, nersc).json()["claims"]}

    assert (claims[done]["done"], claims[done]["cancelled"]) == (True, None)
    assert claims[unknown]["done"] is True
    assert claims[orphan] == {"op_id": orphan, "site_id": "nersc", "done": True, "cancelled": True}
    assert hub.get(f"/operations/{orphan}").json()["result"]["code"] == "CANCELLED"


def test_an_unknown_job_is_not_found(hub, nersc):
    answer = release(hub, "nmdc:sys0none", nersc)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not found"


def test_only_sites_release(hub, create, as_admin):
    job_id = create()
    for headers in ({}, as_admin):
        assert release(hub, job_id, headers).status_code == 401
        many = hub.post("/jobs/release", json={"job_ids": [job_id]}, headers=headers)
        assert many.status_code == 401


def test_many_are_released_once_each_and_unknown_ones_passed_over(hub, create, nersc):
    jobs = [create() for _ in range(3)]
    for job_id in jobs:
        claim(hub, job_id, nersc)
    asked = [jobs[0], "nmdc:sys0none", *jobs, jobs[1]]

    answer = hub.post("/jobs/release", json={"job_ids": asked}, headers=nersc)

    assert answer.status_code == 200
    assert sorted(job["id"] for job in answer.json()) == sorted(jobs)
    for job in answer.json():
        assert job["description"] is None
        assert [claim["cancelled"] for claim in job["claims"]] == [True]


def test_a_body_without_job_ids_is_refused(hub, nersc):
    assert hub.post("/jobs/release", json={}, headers=nersc).status_code == 422
    assert hub.post("/jobs/release", json=["a"], headers=nersc).status_code == 422


def test_when_one_cannot_be_released_the_answer_tells_which_were(hub, database, create, nersc):
    good, broken, later = (create() for _ in range(3))
    for job_id in (good, broken, later):
        claim(hub, job_id, nersc)
    asked = {"job_ids": [good, broken, later]}

    # MongoDB itself refuses to change this one.
    database.command("collMod", "jobs", validator={"id": {"$ne": broken}})
    try:
        answer = hub.post("/jobs/release", json=asked, headers=nersc)
    finally:
        database.command("collMod", "jobs", validator={})

    assert answer.status_code == 500
    detail = answer.json()["detail"]
    assert set(detail) == {"released_jobs", "message"}
    assert [job["id"] for job in detail["released_jobs"]] == [good]
    assert (
        detail["message"]
        == f"Failed to release job '{broken}'. Skipping release of additional jobs."
    )
    open_operations = database["operations"].find({"done": False}, {"metadata.job.id": 1})
    assert {each["metadata"]["job"]["id"] for each in open_operations} == {broken, later}

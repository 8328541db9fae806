"""``/metadata/submissions``: what is told of submissions, and undoing them."""

import jsonpatch
import orjson

from tests.support.documents import a_study, biosamples, body_of

STUDY = a_study()
SAMPLES = biosamples(3, study_id=STUDY["id"])


def submit(hub, orchestrator, headers, documents) -> str:
    """Submit documents and do what the run worker does; return the id of the submission."""
    answer = hub.post("/metadata/json:submit", content=body_of(documents), headers=headers)
    assert answer.status_code == 200, answer.text
    run = orchestrator.runs[-1]
    services = hub.app.state.services
    content = services.objects.content(run.run_config["ops"]["get_json_in"]["config"]["object_id"])
    services.submissions.apply(
        run.operation_id, orjson.loads(content.content), dagster_run_id=run.run_id
    )
    return answer.json()["detail"]["run_id"]


def told(hub, headers, path, **query):
    answer = hub.get(path, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_submissions_are_listed_newest_first_and_told_with_what_they_changed(
    hub, as_admin, as_site, orchestrator
):
    first = submit(hub, orchestrator, as_admin, {"study_set": [STUDY]})
    changed = STUDY | {"title": "t"}
    second = submit(hub, orchestrator, as_admin, {"study_set": [changed], "biosample_set": SAMPLES})

    listed = told(hub, as_site, "/metadata/submissions")["resources"]
    assert [each["id"] for each in listed] == [second, first]
    assert (listed[0]["status"], listed[0]["username"]) == ("applied", "admin")
    assert listed[0]["applied_at"].endswith("Z")
    assert listed[0]["counts"]["biosample_set"]["inserted"] == 3
    page = told(hub, as_site, "/metadata/submissions", max_page_size=1, projection="kind")
    assert [each["id"] for each in page["resources"]] == [second]
    rest = told(hub, as_site, "/metadata/submissions", page_token=page["next_page_token"])
    assert rest == {"resources": [{"id": first, "kind": "json"}]}
    some = told(hub, as_site, "/metadata/submissions", filter='{"username": "nobody"}')
    assert some == {"resources": []}

    detail = told(hub, as_site, f"/metadata/submissions/{second}")
    assert detail["created_at"].endswith("Z")
    assert detail["changes"]["total"] == 4
    assert {"collection": "study_set", "id": STUDY["id"], "kind": "replace"} in (
        detail["changes"]["first"]
    )
    assert detail["links"] == {
        "changes": f"/metadata/submissions/{second}/changes",
        "run": f"/runs/{second}",
        "object": f"/objects/{detail['object_id']}",
    }
    for link in detail["links"].values():
        assert hub.get(link, headers=as_site).status_code == 200


def test_the_changes_of_a_submission_come_page_by_page_with_their_patches(
    hub, as_admin, orchestrator, database
):
    submit(hub, orchestrator, as_admin, {"study_set": [STUDY, a_study("b")]})
    documents = {
        "study_set": [STUDY | {"title": "t"}, a_study("b", title="t")],
        "biosample_set": SAMPLES,
    }
    before = hub.get(f"/nmdcschema/study_set/{STUDY['id']}").json()
    submission = submit(hub, orchestrator, as_admin, documents)
    after = hub.get(f"/nmdcschema/study_set/{STUDY['id']}").json()
    # One is changed by a later submission, one by somebody else.
    submit(hub, orchestrator, as_admin, {"study_set": [STUDY | {"title": "later"}]})
    database["study_set"].update_one({"id": "nmdc:sty-11-b"}, {"$set": {"title": "outside"}})
    path = f"/metadata/submissions/{submission}/changes"

    whole = told(hub, as_admin, path, max_page_size=0)
    walked, token = [], ""
    while token is not None:
        page = told(hub, as_admin, path, max_page_size=2, page_token=token)
        assert len(page["resources"]) <= 2
        walked += page["resources"]
        token = page["next_page_token"]

    assert walked == whole["resources"]
    changes = {each["id"]: each for each in walked}
    assert len(changes) == len(walked) == 5
    assert jsonpatch.apply_patch(before, changes[STUDY["id"]]["patch"]) == after
    assert changes["nmdc:sty-11-b"]["patch"] is None, "nobody knows how it was left"
    (added,) = changes[SAMPLES[0]["id"]]["patch"]
    assert (added["op"], added["path"], added["value"]["id"]) == ("add", "", SAMPLES[0]["id"])
    assert hub.get(path, headers=as_admin, params={"page_token": "junk"}).status_code == 400


def test_an_administrator_undoes_a_submission_and_sees_before_what_that_would_do(
    hub, as_admin, orchestrator, database
):
    submit(hub, orchestrator, as_admin, {"study_set": [STUDY]})
    before = list(database["study_set"].find())
    submission = submit(
        hub, orchestrator, as_admin, {"study_set": [STUDY | {"title": "t"}, a_study("b")]}
    )
    path = f"/metadata/submissions/{submission}:revert"

    plan = hub.post(path, params={"dry_run": True}, headers=as_admin).json()
    assert plan["type"] == "plan"
    assert plan["detail"]["counts"]["study_set"]["deleted"] == 1
    assert database["study_set"].count_documents({}) == 2
    answer = hub.post(path, headers=as_admin)

    assert answer.status_code == 200
    assert answer.json()["type"] == "success"
    detail = answer.json()["detail"]
    assert (detail["kind"], detail["reverts"], detail["username"]) == (
        "revert",
        submission,
        "admin",
    )
    assert list(database["study_set"].find()) == before
    assert hub.post(path, headers=as_admin).json() == answer.json(), "again is the same"
    told_of = told(hub, as_admin, f"/metadata/submissions/{submission}")
    assert told_of["reverted_by"] == detail["id"]
    revert = told(hub, as_admin, f"/metadata/submissions/{detail['id']}")
    assert revert["links"] == {
        "changes": f"/metadata/submissions/{detail['id']}/changes",
        "run": None,
        "object": None,
    }


def test_what_cannot_be_undone_is_refused_with_its_reason(hub, as_admin, orchestrator, database):
    first = submit(hub, orchestrator, as_admin, {"study_set": [STUDY, a_study("b")]})
    second = submit(hub, orchestrator, as_admin, {"study_set": [STUDY | {"title": "t"}]})
    third = submit(hub, orchestrator, as_admin, {"biosample_set": SAMPLES})

    touched = hub.post(f"/metadata/submissions/{first}:revert", headers=as_admin)
    assert touched.status_code == 409
    assert touched.json()["documents"] == [
        {
            "collection": "study_set",
            "id": STUDY["id"],
            "by_submission": second,
            "by": "admin",
            "operation_id": orchestrator.runs[1].operation_id,
            "recorded": True,
        }
    ]
    assert second in touched.json()["detail"]

    assert hub.post(f"/metadata/submissions/{second}:revert", headers=as_admin).status_code == 200
    named = hub.post(
        f"/metadata/submissions/{first}:revert", params={"dry_run": True}, headers=as_admin
    )
    assert named.status_code == 422
    assert named.json()["referring_collection_name"] == "biosample_set"

    waiting = hub.post(
        "/metadata/json:submit", content=body_of({"study_set": [a_study("c")]}), headers=as_admin
    ).json()["detail"]["run_id"]
    pending = hub.post(f"/metadata/submissions/{waiting}:revert", headers=as_admin)
    assert (pending.status_code, pending.json()["plan_status"]) == (409, "accepted")
    missing = hub.post("/metadata/submissions/nmdc:sys0none:revert", headers=as_admin)
    assert missing.status_code == 404
    assert hub.get("/metadata/submissions/nmdc:sys0none", headers=as_admin).status_code == 404
    changes = hub.get("/metadata/submissions/nmdc:sys0none/changes", headers=as_admin)
    assert changes.status_code == 404
    database["_runtime.plans"].update_one(
        {"id": third}, {"$set": {"counts.biosample_set.inserted": 1_000_000}}
    )
    large = hub.post(f"/metadata/submissions/{third}:revert", headers=as_admin)
    assert (large.status_code, large.json()["documents"]) == (413, 1_000_000)


def test_after_a_revert_the_same_bytes_are_a_new_submission(hub, as_admin, orchestrator, database):
    first = submit(hub, orchestrator, as_admin, {"study_set": [STUDY]})
    assert hub.post(f"/metadata/submissions/{first}:revert", headers=as_admin).status_code == 200
    assert database["study_set"].count_documents({}) == 0

    second = submit(hub, orchestrator, as_admin, {"study_set": [STUDY]})

    assert second != first
    assert database["study_set"].count_documents({}) == 1


def test_an_undone_deletion_of_workflow_executions_says_that_jobs_stay_deleted(
    hub, as_admin, database, now
):
    database["_runtime.plans"].insert_one(
        {
            "id": "nmdc:sys0deletion",
            "kind": "workflow_execution_delete",
            "status": "applied",
            "username": "admin",
            "created_at": now,
            "counts": {},
        }
    )

    answer = hub.post("/metadata/submissions/nmdc:sys0deletion:revert", headers=as_admin)

    assert answer.status_code == 200
    assert "jobs" in answer.json()["note"]


def test_a_dry_run_tells_what_a_submission_would_do_and_keeps_nothing(
    hub, as_admin, as_site, orchestrator, database
):
    submit(hub, orchestrator, as_admin, {"study_set": [STUDY, a_study("same")]})
    documents = {
        "study_set": [STUDY | {"title": "t"}, a_study("same"), a_study("new")],
        "biosample_set": SAMPLES[:1],
    }
    kept = {
        name: database[name].count_documents({})
        for name in ("objects", "jobs", "run_events", "_runtime.submissions", "_runtime.plans")
    }

    def try_out(body, headers=as_admin):
        return hub.post(
            "/metadata/json:submit", params={"dry_run": True}, content=body, headers=headers
        )

    answer = try_out(body_of(documents))

    assert answer.status_code == 200
    assert answer.json()["type"] == "plan"
    detail = answer.json()["detail"]
    assert detail["counts"]["study_set"] == {
        "inserted": 1,
        "replaced": 1,
        "deleted": 0,
        "unchanged": 1,
    }
    (replaced,) = [each for each in detail["changes"] if each["kind"] == "replace"]
    assert {"op": "add", "path": "/title", "value": "t"} in replaced["patch"]
    assert detail["references"]["added"] == [
        {
            "collection": "biosample_set",
            "id": SAMPLES[0]["id"],
            "slot": "associated_studies",
            "target": STUDY["id"],
        }
    ]
    assert detail["truncated"] is False
    wrong = try_out(body_of({"study_set": [{"id": "nmdc:sty-11-x"}]}))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "metadata_invalid")
    assert try_out(body_of(documents), headers=as_site).status_code == 403
    assert try_out(b"{").status_code == 422
    assert len(orchestrator.runs) == 1
    assert {name: database[name].count_documents({}) for name in kept} == kept

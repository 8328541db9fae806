"""``GET /nmdcschema/{collection}/{id}/history``: who changed a document, when and how."""

import jsonpatch

from nmdc_runtime.plans.models import Cause, PlanKind
from tests.support.documents import a_study, biosamples

STUDY = a_study()
PATH = f"/nmdcschema/study_set/{STUDY['id']}/history"


def store(hub, documents) -> str:
    """Apply documents; return the id of the plan."""
    services = hub.app.state.services
    plan_id = services.ids.mint_internal("plans")
    cause = Cause(plan_id=plan_id, kind=PlanKind.CHANGESHEET, operation_id=f"op of {plan_id}")

    def work(tx):
        plan = services.plans.plan_documents(documents, tx=tx)
        services.plans.apply(plan, cause=cause, tx=tx)

    services.plans.run(work)
    return plan_id


def ask(hub, headers, path=PATH, **query):
    answer = hub.get(path, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_history_tells_each_version_and_its_patches_lead_to_the_document(hub, as_admin, as_site):
    plans = [store(hub, {"study_set": [STUDY | {"title": str(number)}]}) for number in range(3)]
    revert = hub.post(f"/metadata/submissions/{plans[2]}:revert", headers=as_admin).json()

    versions = ask(hub, as_site)["resources"]

    assert [each["version"] for each in versions] == [1, 2, 3, 4]
    assert [each["kind"] for each in versions] == ["insert", "replace", "replace", "replace"]
    assert [each["submission"] for each in versions] == [*plans, revert["detail"]["id"]]
    assert [each["submission_kind"] for each in versions] == [*["changesheet"] * 3, "revert"]
    assert [each["by"] for each in versions] == [*["_system"] * 3, "admin"]
    assert all(each["time"].endswith("Z") and not each["unrecorded"] for each in versions)
    document = None
    for each in versions:
        document = jsonpatch.apply_patch(document, each["patch"])
        assert document == ask(hub, as_site, version=each["version"])
    assert document == hub.get(f"/nmdcschema/study_set/{STUDY['id']}").json()
    assert ask(hub, as_site, path=PATH.replace(":", "%3A"))["resources"] == versions
    walked, token = [], ""
    while token is not None:
        page = ask(hub, as_site, max_page_size=3, page_token=token)
        walked += page["resources"]
        token = page["next_page_token"]
    assert walked == versions
    elsewhere = PATH.replace("study_set", "biosample_set")
    first = ask(hub, as_site, max_page_size=1)["next_page_token"]
    refused = hub.get(elsewhere, headers=as_site, params={"page_token": first})
    assert refused.status_code == 400


def test_a_deleted_document_still_has_a_history(hub, as_admin):
    plan = store(hub, {"study_set": [STUDY]})
    hub.post(f"/metadata/submissions/{plan}:revert", headers=as_admin)
    assert hub.get(f"/nmdcschema/study_set/{STUDY['id']}").status_code == 404

    made, deleted = ask(hub, as_admin)["resources"]

    assert (made["kind"], deleted["kind"]) == ("insert", "delete")
    assert deleted["patch"] == [{"op": "remove", "path": ""}]
    assert ask(hub, as_admin, version=1)["id"] == STUDY["id"]
    for version in (0, 2, 3):
        answer = hub.get(PATH, headers=as_admin, params={"version": version})
        assert answer.status_code == 404


def test_what_nobody_recorded_shows_as_such(hub, as_admin, database):
    database["study_set"].insert_one(STUDY | {"title": "from a dump"})
    database["txn_log"].insert_one(
        {"tgt": {"id": STUDY["id"], "c": "study_set"}, "type": "upsert", "op_id": "nmdc:sys0old"}
    )
    store(hub, {"study_set": [STUDY | {"title": "recorded"}]})
    database["study_set"].update_one({}, {"$set": {"title": "by hand"}})

    old, lost, by_hand = ask(hub, as_admin)["resources"]

    assert (old["unrecorded"], old["operation_id"], old["by"]) == (True, "nmdc:sys0old", None)
    assert old["patch"][0]["value"]["title"] == "from a dump"
    assert (lost["unrecorded"], lost["patch"]) == (False, None)
    assert (by_hand["unrecorded"], by_hand["time"], by_hand["submission"]) == (True, None, None)
    assert {"op": "replace", "path": "/title", "value": "by hand"} in by_hand["patch"]
    refused = hub.get(PATH, headers=as_admin, params={"version": 2})
    assert (refused.status_code, refused.json()["code"]) == (404, "version_not_found")
    (only,) = ask(hub, as_admin, path=_history_of_a_loaded_sample(database))["resources"]
    assert (only["unrecorded"], only["kind"]) == (True, "insert")


def _history_of_a_loaded_sample(database) -> str:
    (sample,) = biosamples(1, study_id=STUDY["id"])
    database["biosample_set"].insert_one(dict(sample))
    return f"/nmdcschema/biosample_set/{sample['id']}/history"


def test_what_never_was_has_no_history_and_the_public_sees_none(hub, as_admin, database):
    database["functional_annotation_agg"].insert_one({"type": "a"})

    for collection in ("study_set", "ids", "functional_annotation_agg", "users"):
        answer = hub.get(f"/nmdcschema/{collection}/nmdc:sty-11-none/history", headers=as_admin)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_history")
    assert hub.get(PATH).status_code == 401

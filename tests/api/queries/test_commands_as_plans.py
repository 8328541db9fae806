"""`POST /queries:run`: what commands change is recorded, told and undone as any change is."""

from functools import partial

import jsonpatch
import pytest

from tests.support.documents import a_study

A, B, C = (f"nmdc:sty-11-{name}" for name in ("aa0001", "bb0001", "cc0001"))


@pytest.fixture
def studies(hub, database):
    """Store study A and study B, which is part of it."""
    database["study_set"].insert_many([a_study("aa0001"), a_study("bb0001", part_of=[A])])
    return database["study_set"]


@pytest.fixture
def ask(hub, as_admin):
    """Return what reads a route, as the administrator."""

    def read(path, **params):
        answer = hub.get(path, headers=as_admin, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.fixture
def newest(ask):
    """Return what tells of the newest submission."""
    return lambda: ask("/metadata/submissions", max_page_size=1)["resources"][0]


@pytest.fixture
def undo(hub, as_admin):
    """Return what reverts a submission."""
    return lambda told: hub.post(f"/metadata/submissions/{told['id']}:revert", headers=as_admin)


def change(u, *, q=None, collection="study_set", **more):
    return {"update": collection, "updates": [{"q": {"id": A} if q is None else q, "u": u, **more}]}


def removal(q, *, collection="study_set"):
    return {"delete": collection, "deletes": [{"q": q, "limit": 0}]}


def test_an_update_is_a_submission_with_a_history_and_can_be_undone(
    *, run, studies, database, ask, newest, undo
):
    before = list(studies.find().sort("_id"))
    command = change({"$set": {"description": "new"}}, q={}, multi=True)
    new = {key: value for key, value in a_study("cc0001").items() if key != "id"}
    command["updates"].append({"q": {"id": C}, "u": {"$set": new}, "upsert": True})
    assert run(command).json()["nModified"] == 2

    told = newest()
    assert (told["kind"], told["status"], told["username"]) == (
        "update_by_query",
        "applied",
        "admin",
    )
    counts = {"inserted": 1, "replaced": 2, "deleted": 0, "unchanged": 0}
    assert told["counts"] == {"study_set": counts}
    assert database["_runtime.audit"].find_one({"details.plan_id": told["id"]})
    assert database["_runtime.plan_changes"].count_documents({"plan": told["id"]}) == 1
    first, second = ask(f"/nmdcschema/study_set/{A}/history")["resources"]
    assert first["unrecorded"]
    assert (second["submission"], second["by"]) == (told["id"], "admin")
    first_version = ask(f"/nmdcschema/study_set/{A}/history", version=1)
    assert jsonpatch.apply_patch(first_version, second["patch"]) == ask(f"/studies/{A}")

    assert undo(told).status_code == 200
    assert list(studies.find().sort("_id")) == before, "with their keys and dates"


def test_documents_that_are_as_they_were_are_counted_and_not_recorded(
    *, run, hub, database, newest
):
    both = [{"id": f"nmdc:inst-14-{n}", "type": "nmdc:Instrument", "name": n} for n in "ab"]
    database["instrument_set"].insert_many(both)
    named = change({"$set": {"name": "a"}}, q={"name": "a"}, collection="instrument_set")
    named["updates"].append({"q": {"name": "b"}, "u": {"$set": {"name": "c"}}})
    named["updates"].append({"q": {"name": "c"}, "u": {"$set": {"name": "d"}}})
    assert run(named).json() == {"ok": 1, "n": 3, "nModified": 2}
    counts = newest()["counts"]["instrument_set"]
    assert (counts["replaced"], counts["unchanged"]) == (1, 1)
    (entry,) = database["txn_log"].find({"type": "update"})
    assert (entry["tgt"]["id"], entry["plan_id"]) == ("nmdc:inst-14-b", newest()["id"])


def test_a_deletion_can_be_undone(*, run, studies, database, ask, newest, undo):
    rows = database["functional_annotation_agg"]
    rows.insert_many([{"count": n} for n in range(3)])
    before, rows_before = list(studies.find().sort("_id")), list(rows.find())
    assert run(removal({})).json() == {"ok": 1, "n": 2}
    told = newest()
    assert (told["kind"], told["counts"]["study_set"]["deleted"]) == ("delete_by_query", 2)
    assert ask(f"/nmdcschema/study_set/{A}/history")["resources"][-1]["kind"] == "delete"
    assert undo(told).status_code == 200
    assert list(studies.find().sort("_id")) == before

    assert run(removal({}, collection="functional_annotation_agg")).json()["n"] == 3
    assert undo(newest()).status_code == 200
    assert list(rows.find().sort("count")) == rows_before


def test_a_document_with_a_new_id_has_a_history_under_both_and_gets_its_old_one_back(
    *, run, studies, ask, newest, undo
):
    before = list(studies.find().sort("_id"))
    command = change({"$set": {"id": C}})
    command["updates"].append({"q": {"id": B}, "u": {"$set": {"part_of": [C]}}})
    assert run(command).json()["nModified"] == 2
    assert ask(f"/nmdcschema/study_set/{A}/history")["resources"][-1]["kind"] == "delete"
    (made,) = ask(f"/nmdcschema/study_set/{C}/history")["resources"]
    assert (made["kind"], made["unrecorded"]) == ("insert", False)
    assert undo(newest()).status_code == 200
    assert list(studies.find().sort("_id")) == before


def test_what_is_refused_leaves_no_submission(run, studies, database):
    """A document may be so large that its copy, with who deleted it, is more than MongoDB takes."""
    invalid = run(change({"$set": {"name": 5}}))
    named = run(removal({"id": A}))
    nothing = run(removal({"id": C}))
    largest = a_study("cc0001", description="x" * ((16 << 20) - 300))
    studies.insert_one(largest)
    unkeepable = run(removal({"id": C}))
    refused = (invalid, named, nothing, unkeepable)
    assert [each.status_code for each in refused] == [422, 422, 418, 422]
    assert unkeepable.json()["detail"] == (
        "A document of study_set is too large to be kept as it was before."
    )
    for name in ("_runtime.plans", "_runtime.plan_changes", "txn_log"):
        assert database[name].count_documents({}) == 0


def test_commands_wait_for_large_submissions_and_for_maintenance(run, studies, hub, database):
    services = hub.app.state.services
    guard, before = services.plans.guard, list(studies.find().sort("_id"))
    commands = [
        change({"$set": {"description": "x"}}),
        removal({}),
    ]
    lock = partial(guard.lock_documents, "nmdc:sys0large", [("study_set", A)])
    services.transactions.run(lambda tx: lock(tx=tx))
    for command in commands:
        answer = run(command)
        assert (answer.status_code, answer.json()["plan_id"]) == (503, "nmdc:sys0large")
        assert answer.headers["Retry-After"]
    other = run(change({"$set": {"description": "x"}}, q={"id": B}))
    assert other.status_code == 200, "other documents are free"
    guard.unlock_documents("nmdc:sys0large")

    studies.delete_many({})
    studies.insert_many(before)
    guard.lock_writes("the schema is being upgraded")
    try:
        answers = [run(command) for command in commands]
    finally:
        guard.unlock_writes()
    assert [each.status_code for each in answers] == [503, 503]
    assert "the schema is being upgraded" in answers[0].json()["detail"]
    assert list(studies.find().sort("_id")) == before

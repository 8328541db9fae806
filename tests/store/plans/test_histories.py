"""Histories on a real replica set: long ones are read bit by bit, by indexes."""

from nmdc_runtime.plans.models import Cause, PlanKind
from tests.support.documents import a_study, biosamples

STUDY = a_study()


def store(services, documents, number: int = 0) -> str:
    cause = Cause(plan_id=f"plan{number}", kind=PlanKind.JSON, operation_id="op")

    def work(tx):
        plan = services.plans.plan_documents(documents, tx=tx)
        services.plans.apply(plan, cause=cause, tx=tx)

    services.plans.run(work)
    return cause.plan_id


def test_a_long_history_is_told_whole_and_page_by_page_alike(services):
    for number in range(60):
        store(services, {"study_set": [STUDY | {"title": str(number)}]}, number)
    ask = services.histories.versions

    whole, has_more = ask("study_set", STUDY["id"], size=0)
    pages = [ask("study_set", STUDY["id"], size=25, skip=skip) for skip in (0, 25, 50)]

    assert (len(whole), has_more) == (60, False)
    assert [each for page, _ in pages for each in page] == whole
    assert [more for _, more in pages] == [True, True, False]
    assert [each.submission for each in whole] == [f"plan{number}" for number in range(60)]
    assert all(each.patch for each in whole)
    assert services.histories.document_at("study_set", STUDY["id"], 30)["title"] == "29"


def test_of_a_large_plan_a_history_reads_the_one_document(services, database):
    samples = biosamples(1_500, study_id=STUDY["id"])
    store(services, {"study_set": [STUDY], "biosample_set": samples}, 1)
    store(services, {"biosample_set": [each | {"description": "d"} for each in samples]}, 2)
    database.command("profile", 2)

    versions, _ = services.histories.versions("biosample_set", samples[-1]["id"], size=0)

    database.command("profile", 0)
    assert [each.kind for each in versions] == ["insert", "replace"]
    read = list(database["system.profile"].find({"ns": {"$regex": "_set$|txn_log$|plan"}}))
    assert {each["ns"].split(".", 1)[1] for each in read} == {
        "txn_log",
        "biosample_set",
        "_runtime.plan_changes",
        "_runtime.plans",
    }
    assert all("COLLSCAN" not in each["planSummary"] for each in read)
    assert sum(each["docsExamined"] for each in read) < 10
    assert max(each["responseLength"] for each in read) < 20_000


def test_the_log_of_a_changed_id_is_not_lost(services, database):
    """A document that lost its id to another one is gone under the old, and new under the new."""
    store(services, {"study_set": [STUDY]}, 1)
    database["study_set"].update_one({}, {"$set": {"id": "nmdc:sty-11-moved"}})

    old, _ = services.histories.versions("study_set", STUDY["id"], size=0)
    new, _ = services.histories.versions("study_set", "nmdc:sty-11-moved", size=0)

    assert [(each.kind, each.unrecorded) for each in old] == [("insert", False), ("delete", True)]
    assert [(each.kind, each.unrecorded) for each in new] == [("insert", True)]

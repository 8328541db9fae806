"""Plans of several transactions, on a real replica set: applied whole, or as if never begun."""

from dataclasses import replace

import orjson
import pytest
from pymongo.errors import PyMongoError

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.plans.errors import (
    DocumentReferenced,
    DocumentsChanged,
    DocumentsLocked,
)
from nmdc_runtime.plans.journal import Errand
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Plan, PlanKind
from nmdc_runtime.submissions.errors import OperationClosed
from tests.support.documents import a_study, biosamples, body_of
from tests.support.plans import all_of, leftovers, small_journal, with_small_journal

STUDY_ID = "nmdc:sty-11-abc123"
OLD_STUDY = a_study("old")
SAMPLES = biosamples(23, study_id=STUDY_ID)
ROW = {
    "type": "nmdc:FunctionalAnnotationAggMember",
    "was_generated_by": "nmdc:wfmgan-11-a.1",
    "gene_function_id": "KEGG.ORTHOLOGY:K00001",
    "count": 3,
}
#: Samples before their study: the order of the text is not that of the steps.
DOCUMENTS = {
    "functional_annotation_agg": [ROW, ROW, ROW],
    "biosample_set": SAMPLES,
    "study_set": [a_study()],
}
BODY = body_of(DOCUMENTS)
WRITTEN = ("study_set", "biosample_set", "functional_annotation_agg", "txn_log")


class Died(BaseException):
    """What no code catches: the process is gone."""


class Interrupted:
    """An errand that does something else at the n-th transaction."""

    def __init__(self, at, action):
        self.at, self.action, self.calls = at, action, 0
        self.closed = []

    def is_done(self, tx):
        self.calls += 1
        if self.calls == self.at:
            self.action()
        return False

    @property
    def errand(self):
        return Errand(is_done=self.is_done, close=lambda applied, _: self.closed.append(applied))


@pytest.fixture
def stored(database):
    """Store an execution, an old study, and three of the samples under it, with other names."""
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})
    database["study_set"].insert_one(dict(OLD_STUDY))
    old = [
        each | {"name": f"old {each['name']}", "associated_studies": [OLD_STUDY["id"]]}
        for each in SAMPLES[:3]
    ]
    database["biosample_set"].insert_many(old)
    database["functional_annotation_agg"].insert_one(dict(ROW))
    return all_of(database, *WRITTEN)


@pytest.fixture
def journal(services):
    return small_journal(services)


@pytest.fixture
def cause():
    return Cause(plan_id="nmdc:sys0large", kind=PlanKind.JSON, operation_id="nmdc:sys0op")


def submit(services, orchestrator):
    run_id = services.submissions.submit(BODY, username="alice")
    return run_id, orchestrator.runs[-1]


def write(services, *changes):
    """Change documents as another request does."""
    plan_id = services.ids.mint_internal("plans")
    cause = Cause(plan_id=plan_id, kind=PlanKind.JSON, operation_id=plan_id)
    return services.plans.run(
        lambda tx: services.plans.apply(Plan(list(changes)), cause=cause, tx=tx)
    )


def insert(collection, document):
    return Change(
        collection=collection, id=document["id"], kind=ChangeKind.INSERT, after=dict(document)
    )


def delete(database, collection, id_):
    before = database[collection].find_one({"id": id_})
    return Change(collection=collection, id=id_, kind=ChangeKind.DELETE, before=before)


def test_a_large_submission_ends_like_a_small_one(services, orchestrator, database, stored):
    run_id, run = submit(services, orchestrator)
    submissions = with_small_journal(services)

    counts = submissions.apply(run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id)
    again = submissions.apply(run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id)

    assert again == counts
    assert counts["biosample_set"]["nUpserted"] == 20
    assert counts["biosample_set"]["nModified"] == 3
    assert counts["functional_annotation_agg"]["nInserted"] == 2
    assert database["biosample_set"].count_documents({"associated_studies": STUDY_ID}) == 23
    assert database["functional_annotation_agg"].count_documents({}) == 3
    assert database["txn_log"].count_documents({"plan_id": run_id}) == 26
    record = services.plans.get(run_id)
    assert (record.status, record.counts["biosample_set"].replaced) == ("applied", 3)
    assert services.runs.summary(run_id).status == "COMPLETE"
    assert services.operations.get(run.operation_id).result == counts
    kept = list(services.plans.plans.read_changes(run_id))
    assert len(kept) == 26
    befores = {each.id: each.before for each in kept if each.before}
    assert befores == {each["id"]: each for each in stored["biosample_set"]}
    for entry in database["txn_log"].find({"plan_id": run_id, "tgt.id": {"$ne": None}}):
        chunk = services.plans.plans.read_changes(run_id, seq=entry["seq"])
        assert entry["tgt"]["id"] in {each.id for each in chunk}
    assert not leftovers(database)


def test_a_step_that_is_refused_undoes_all_steps_byte_for_byte(
    services, orchestrator, database, stored
):
    run_id, run = submit(services, orchestrator)
    rival = SAMPLES[-1] | {"id": "nmdc:bsm-11-rival"}
    write(services, insert("study_set", a_study()), insert("biosample_set", rival))
    before = all_of(database, *WRITTEN)

    with pytest.raises(MetadataInvalid, match="sample 22"):
        with_small_journal(services).apply(
            run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id
        )

    assert all_of(database, *WRITTEN) == before
    record = services.plans.get(run_id)
    assert record.status == "failed"
    assert "sample 22" in record.reason
    assert services.runs.summary(run_id).status == "FAIL"
    assert not list(services.plans.plans.read_changes(run_id))
    assert not leftovers(database)
    with pytest.raises(OperationClosed):
        with_small_journal(services).apply(
            run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id
        )


def test_while_it_is_written_nobody_takes_what_undoing_it_would_need(
    services, journal, cause, database, stored
):
    refused = []

    def others():
        assert services.plans.get(cause.plan_id).status == "applying"
        mine = database["biosample_set"].find_one({"id": SAMPLES[0]["id"]})
        attempts = {
            "a document of it": [delete(database, "biosample_set", SAMPLES[0]["id"])],
            "what it adds": [insert("biosample_set", SAMPLES[20] | {"name": "mine"})],
            "a name of what it adds": [insert("study_set", a_study("z", part_of=[STUDY_ID]))],
            "what it named before": [delete(database, "study_set", OLD_STUDY["id"])],
            "a name that it gave up": [
                insert(
                    "biosample_set",
                    mine
                    | {
                        "_id": None,
                        "id": "nmdc:bsm-11-new",
                        "name": "old sample 0",
                        "associated_studies": [OLD_STUDY["id"]],
                    },
                )
            ],
        }
        for what, changes in attempts.items():
            with pytest.raises(DocumentsLocked):
                write(services, *changes)
            refused.append(what)
        with pytest.raises(DocumentsLocked):
            services.plans.guard.lock_writes("maintenance")
        write(services, insert("study_set", a_study("free")))

    step = Interrupted(4, others)
    journal.apply(DOCUMENTS, cause=cause, errand=step.errand)

    assert len(refused) == 5
    assert step.closed
    assert database["study_set"].count_documents({"id": "nmdc:sty-11-free"}) == 1
    write(services, insert("study_set", a_study("z", part_of=[STUDY_ID])))
    with pytest.raises(DocumentReferenced):
        write(services, delete(database, "study_set", STUDY_ID))


#: `is_done` is asked when the journal is opened, in each of the six steps, and at the end.
LAST = 8


@pytest.mark.parametrize("at", [2, 3, LAST - 1, LAST])
def test_who_applies_again_after_the_process_died_ends_what_it_began(
    *, services, journal, cause, database, stored, at
):
    def die():
        raise Died

    with pytest.raises(Died):
        journal.apply(DOCUMENTS, cause=cause, errand=Interrupted(at, die).errand)
    again = Interrupted(0, die)
    journal.apply(DOCUMENTS, cause=cause, errand=again.errand)

    assert len(again.closed) == 1
    assert database["biosample_set"].count_documents({"associated_studies": STUDY_ID}) == 23
    assert database["txn_log"].count_documents({"plan_id": cause.plan_id}) == 26
    assert len(list(services.plans.plans.read_changes(cause.plan_id))) == 26
    assert again.calls == LAST - at + 2
    assert not leftovers(database)


def test_a_hub_ends_what_another_process_began_without_having_the_documents(
    services, orchestrator, database, stored
):
    run_id, run = submit(services, orchestrator)
    applier = with_small_journal(services).applier

    def die():
        raise Died

    cause = Cause(plan_id=run_id, kind=PlanKind.JSON, operation_id=run.operation_id)
    with pytest.raises(Died):
        applier.journal.apply(DOCUMENTS, cause=cause, errand=Interrupted(4, die).errand)
    # Dagster tells that the run is dead; that is not the end of it.
    services.submissions.record_dead_run(
        run_id, operation_id=run.operation_id, reason="killed", dagster_run_id=run.run_id
    )

    assert applier.resume_large() == 1

    assert services.runs.summary(run_id).status == "COMPLETE"
    assert database["biosample_set"].count_documents({"associated_studies": STUDY_ID}) == 23
    assert applier.resume_large() == 0
    assert not leftovers(database)


def test_what_had_not_begun_to_write_is_given_up_by_the_hub_and_begun_anew_by_its_run(
    services, orchestrator, database, stored
):
    run_id, run = submit(services, orchestrator)
    submissions = with_small_journal(services)
    cause = Cause(plan_id=run_id, kind=PlanKind.JSON, operation_id=run.operation_id)
    unplannable = {"biosample_set": [*SAMPLES, {"id": "nmdc:bsm-11-z", "type": Died}]}
    with pytest.raises(Exception, match="cannot encode"):
        submissions.applier.journal.apply(
            unplannable, cause=cause, errand=Interrupted(0, None).errand
        )
    assert leftovers(database)

    submissions.applier.resume_large()

    assert services.plans.get(run_id).status == "accepted"
    assert not leftovers(database)
    submissions.apply(run.operation_id, orjson.loads(BODY), dagster_run_id=run.run_id)
    assert services.plans.get(run_id).status == "applied"


def test_a_claim_that_is_given_up_halfway_undoes_it(services, orchestrator, database, stored):
    run_id, run = submit(services, orchestrator)
    applier = with_small_journal(services).applier
    job_id = database["jobs"].find_one({})["id"]

    def give_up():
        services.jobs.release(job_id, site_id=services.submissions.site_id)

    is_done = applier._is_done(run.operation_id)
    step = Interrupted(4, give_up)
    errand = Errand(
        is_done=lambda tx: step.is_done(tx) or is_done(tx), close=lambda applied, tx: None
    )
    cause = Cause(plan_id=run_id, kind=PlanKind.JSON, operation_id=run.operation_id)
    with pytest.raises(OperationClosed):
        applier.journal.apply(DOCUMENTS, cause=cause, errand=errand)

    assert all_of(database, *WRITTEN) == stored
    assert not leftovers(database)


def test_what_somebody_changes_behind_our_back_is_not_overwritten(
    services, journal, cause, database, stored
):
    def change():
        database["biosample_set"].update_one({"id": SAMPLES[1]["id"]}, {"$set": {"name": "x"}})

    with pytest.raises((DocumentsChanged, PyMongoError)):
        journal.apply(DOCUMENTS, cause=cause, errand=Interrupted(2, change).errand)

    names = database["biosample_set"].distinct("name")
    assert sorted(names) == ["old sample 0", "old sample 2", "x"]
    assert not leftovers(database)


def test_of_two_large_plans_with_a_document_in_common_the_second_waits_its_turn(
    services, journal, cause, database, stored
):
    other = replace(cause, plan_id="nmdc:sys0second")
    told = []

    def second():
        with pytest.raises(DocumentsLocked) as refusal:
            journal.apply(DOCUMENTS, cause=other, errand=Interrupted(0, None).errand)
        told.append(refusal.value.headers["Retry-After"])

    journal.apply(DOCUMENTS, cause=cause, errand=Interrupted(5, second).errand)

    assert told == ["10"]
    assert services.plans.plans.find(other.plan_id) is None
    journal.apply(DOCUMENTS, cause=other, errand=Interrupted(0, None).errand)
    assert services.plans.get(other.plan_id).counts["biosample_set"].unchanged == 23

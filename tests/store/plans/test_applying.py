"""Plans applied on a real replica set: all of one, or nothing, and remembered."""

import pytest

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.plans.errors import DocumentReferenced, DocumentsLocked
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Plan, PlanKind, PlanStatus
from nmdc_runtime.plans.rules import digest_of
from nmdc_runtime.queries.models import UpdateCommand
from tests.support.documents import a_study, biosamples

STUDY = a_study()
SAMPLES = biosamples(3, study_id=STUDY["id"])
CAUSE = Cause(plan_id="nmdc:sys0plan", kind=PlanKind.JSON, operation_id="nmdc:sys0op")


def store(services, documents, *, cause=CAUSE):
    def work(tx):
        plan = services.plans.plan_documents(documents, tx=tx)
        return services.plans.apply(plan, cause=cause, tx=tx)

    return services.plans.run(work)


def apply(services, *changes, **options):
    cause = Cause(
        plan_id=services.ids.mint_internal("plans"),
        kind=PlanKind.DELETE_BY_QUERY,
        operation_id="request",
    )
    return services.plans.run(
        lambda tx: services.plans.apply(Plan(list(changes)), cause=cause, tx=tx, **options)
    )


def a_deletion(document):
    return Change(
        collection="study_set", id=document["id"], kind=ChangeKind.DELETE, before=document
    )


def test_a_plan_is_remembered_with_what_undoes_it(services, database):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES})
    before = database["study_set"].find_one({})
    later = Cause(plan_id="nmdc:sys0later", kind=PlanKind.JSON, operation_id="nmdc:sys0op2")

    applied = store(services, {"study_set": [STUDY | {"title": "t"}, a_study("b")]}, cause=later)

    assert applied.counts["study_set"].model_dump() == {
        "inserted": 1,
        "replaced": 1,
        "deleted": 0,
        "unchanged": 0,
    }
    record = services.plans.get("nmdc:sys0later")
    assert (record.status, record.username) == (PlanStatus.APPLIED, "_system")
    assert record.applied_at is not None
    replaced, inserted = services.plans.plans.read_changes("nmdc:sys0later")
    assert (replaced.kind, replaced.before) == (ChangeKind.REPLACE, before)
    assert replaced.after_digest == digest_of(database["study_set"].find_one({"title": "t"}))
    assert (inserted.kind, inserted.before) == (ChangeKind.INSERT, None)
    logged = database["txn_log"].find_one({"plan_id": "nmdc:sys0later", "tgt.id": STUDY["id"]})
    assert (logged["seq"], logged["by"], logged["op_id"]) == (0, "_system", "nmdc:sys0op2")


def test_the_same_documents_again_are_left_alone(services, database):
    documents = {"study_set": [STUDY], "biosample_set": SAMPLES}
    store(services, documents)
    before = list(database["biosample_set"].find())

    applied = store(services, documents)

    assert {name: each.unchanged for name, each in applied.counts.items()} == {
        "study_set": 1,
        "biosample_set": 3,
    }
    assert list(database["biosample_set"].find()) == before
    assert database["txn_log"].count_documents({}) == 4


def test_what_a_document_may_not_name_or_be_called_stops_all_of_the_plan(services, database):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES[:1]})
    namesake = SAMPLES[1] | {"name": SAMPLES[0]["name"]}
    stray = SAMPLES[2] | {"associated_studies": ["nmdc:sty-11-nowhere"]}

    for sample, told in ((namesake, "already a biosample"), (stray, "nmdc:sty-11-nowhere")):
        with pytest.raises(MetadataInvalid, match=told):
            store(services, {"study_set": [a_study("b")], "biosample_set": [sample]})

    assert database["study_set"].count_documents({}) == 1
    assert database["biosample_set"].count_documents({}) == 1


def test_a_document_that_another_one_names_is_not_deleted_unless_that_is_allowed(
    services, database
):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES[:1]})
    stored = database["study_set"].find_one({})

    with pytest.raises(DocumentReferenced, match=SAMPLES[0]["id"]):
        apply(services, a_deletion(stored))
    assert database["study_set"].count_documents({}) == 1

    apply(services, a_deletion(stored), allow_broken_refs=True)
    assert database["study_set"].count_documents({}) == 0


def test_two_names_may_be_exchanged_between_a_deleted_and_a_new_document(services, database):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES[:1]})
    old = database["biosample_set"].find_one({})
    new = SAMPLES[1] | {"name": SAMPLES[0]["name"]}

    apply(
        services,
        Change(collection="biosample_set", id=old["id"], kind=ChangeKind.DELETE, before=old),
        Change(collection="biosample_set", id=new["id"], kind=ChangeKind.INSERT, after=new),
    )

    assert [each["id"] for each in database["biosample_set"].find()] == [new["id"]]


def test_documents_that_a_large_submission_is_writing_are_left_to_it(services, database):
    store(services, {"study_set": [STUDY]})
    locked = [("study_set", STUDY["id"])]
    guard = services.plans.guard
    services.plans.run(lambda tx: guard.lock_documents("nmdc:sys0large", locked, tx=tx))

    with pytest.raises(DocumentsLocked):
        store(services, {"study_set": [STUDY | {"title": "t"}]})

    assert database["study_set"].find_one({}).get("title") is None


def test_sizes_that_need_64_bits_are_numbers_to_every_check(services):
    """MongoDB's driver returns them as a class of its own."""
    large = {
        "id": "nmdc:dobj-11-large",
        "type": "nmdc:DataObject",
        "name": "reads",
        "description": "reads",
        "data_category": "instrument_data",
        "data_object_type": "Metagenome Raw Reads",
        "file_size_bytes": 5_000_000_000,
    }
    store(services, {"data_object_set": [large]})
    sheet = f"id\taction\tattribute\tvalue\n{large['id']}\tupdate\tname\tnew\n"
    command = UpdateCommand.model_validate(
        {
            "update": "data_object_set",
            "updates": [{"q": {"id": large["id"]}, "u": {"$set": {"name": "newer"}}}],
        }
    )
    later = Cause(plan_id="nmdc:sys0later", kind=PlanKind.JSON, operation_id="nmdc:sys0op2")

    rehearsal = services.changesheets.rehearse(
        StoredFile(name="s.tsv", content_type="", content=sheet.encode())
    )
    answer = services.queries.update(command, allow_broken_refs=False)
    applied = store(services, {"data_object_set": [large | {"name": "newer"}]}, cause=later)

    assert not rehearsal.is_refused
    assert answer["nModified"] == 1
    assert applied.counts["data_object_set"].unchanged == 1

"""Undoing plans on a real replica set: everything is as before, or nothing has changed."""

from contextlib import suppress
from threading import Barrier, Thread

import pytest
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS as RAW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.plans import reverting
from nmdc_runtime.plans.errors import (
    DocumentReferenced,
    DocumentsChangedSince,
    PlanNotApplied,
    PlanNotFound,
    PlanTooLarge,
    WritesLocked,
)
from nmdc_runtime.plans.models import (
    Cause,
    Change,
    ChangeKind,
    Counts,
    Plan,
    PlanKind,
    PlanRecord,
    PlanStatus,
)
from tests.support.documents import a_study, biosamples
from tests.support.generated import generated

STUDY = a_study()
SAMPLES = biosamples(3, study_id=STUDY["id"])
COLLECTIONS = ("study_set", "biosample_set", "functional_annotation_agg")


def a_cause(services, kind=PlanKind.JSON) -> Cause:
    plan_id = services.ids.mint_internal("plans")
    return Cause(plan_id=plan_id, kind=kind, operation_id=f"op of {plan_id}")


def store(services, documents) -> str:
    """Apply documents; return the id of the plan."""
    cause = a_cause(services)

    def work(tx):
        plan = services.plans.plan_documents(documents, tx=tx)
        services.plans.apply(plan, cause=cause, tx=tx)
        return cause.plan_id

    return services.plans.run(work)


def make(services, *changes: Change) -> str:
    """Apply changes; return the id of the plan."""
    cause = a_cause(services, PlanKind.DELETE_BY_QUERY)
    services.plans.run(lambda tx: services.plans.apply(Plan([*changes]), cause=cause, tx=tx))
    return cause.plan_id


def a_deletion(database, collection, **filter_) -> Change:
    before = database[collection].find_one(filter_)
    return Change(collection=collection, id=before.get("id"), kind=ChangeKind.DELETE, before=before)


def a_rename(database, id_, name) -> Change:
    before = database["biosample_set"].find_one({"id": id_})
    after = {**before, "name": name}
    del after["_id"]
    return Change(
        collection="biosample_set", id=id_, kind=ChangeKind.REPLACE, before=before, after=after
    )


def image(database) -> dict[str, list[bytes]]:
    """Return all documents, byte for byte, with their keys; their order is none."""
    return {
        name: sorted(each.raw for each in database.get_collection(name, RAW).find())
        for name in COLLECTIONS
    }


def an_annotation(number: int, count: int) -> dict[str, object]:
    return {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": "nmdc:wfmgan-11-aaaaaa.1",
        "gene_function_id": f"KEGG.ORTHOLOGY:K{number:05}",
        "count": count,
    }


studies = st.dictionaries(
    st.sampled_from("abc"), st.none() | st.text("xyz", max_size=2), max_size=3
).map(
    lambda titles: [
        a_study(name, **({} if title is None else {"title": title}))
        for name, title in titles.items()
    ]
)
annotations = st.lists(st.builds(an_annotation, st.integers(1, 2), st.integers(1, 2)), max_size=3)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=studies,
    first_annotations=annotations,
    second=studies,
    second_annotations=annotations,
    samples=st.integers(0, 3),
)
def test_revert_after_apply_is_before_byte_for_byte(
    services, database, *, first, first_annotations, second, second_annotations, samples
):
    for name in COLLECTIONS:
        database[name].delete_many({})
    execution = {"id": "nmdc:wfmgan-11-aaaaaa.1", "type": "nmdc:MetagenomeAnnotation"}
    database["workflow_execution_set"].replace_one({"id": execution["id"]}, execution, upsert=True)
    store(services, {"study_set": first, "functional_annotation_agg": first_annotations})
    before = image(database)

    documents = {
        "study_set": [*second, STUDY],
        "biosample_set": SAMPLES[:samples],
        "functional_annotation_agg": second_annotations,
    }
    plan_id = store(services, documents)
    after = image(database)
    again = store(services, documents)
    assert image(database) == after
    assert sum(each.inserted for each in services.plans.get(again).counts.values()) == 0

    revert = services.reverts.revert(plan_id)

    assert image(database) == before
    services.reverts.revert(revert.id)
    assert image(database) == after


def test_what_was_inserted_goes_and_what_was_replaced_or_deleted_comes_back(services, database):
    database["study_set"].insert_one({**STUDY, "zzz": 1, "description": "from outside"})
    store(services, {"study_set": [a_study("gone")], "biosample_set": SAMPLES[:1]})
    before = image(database)
    old = database["study_set"].find_one({"id": STUDY["id"]})
    plan_id = make(
        services,
        Change(
            collection="study_set",
            id=STUDY["id"],
            kind=ChangeKind.REPLACE,
            before=old,
            after=dict(STUDY),
        ),
        a_deletion(database, "study_set", id="nmdc:sty-11-gone"),
        Change(
            collection="biosample_set",
            id=SAMPLES[1]["id"],
            kind=ChangeKind.INSERT,
            after=dict(SAMPLES[1]),
        ),
    )

    revert = services.reverts.revert(plan_id)

    assert image(database) == before
    assert (revert.kind, revert.status, revert.reverts) == (
        PlanKind.REVERT,
        PlanStatus.APPLIED,
        plan_id,
    )
    assert services.plans.get(plan_id).reverted_by == revert.id
    assert revert.counts == {
        "study_set": Counts(inserted=1, replaced=1),
        "biosample_set": Counts(deleted=1),
    }
    record = database["_runtime.audit"].find_one({"action": "revert_submission"})
    assert {f"plans/{plan_id}", f"plans/{revert.id}"} <= set(record["targets"])
    assert database["txn_log"].count_documents({"plan_id": revert.id}) == 3


def test_reverting_again_is_the_same_revert_and_a_revert_can_be_reverted(services, database):
    plan_id = store(services, {"study_set": [STUDY]})
    done = image(database)
    first = services.reverts.revert(plan_id)

    assert services.reverts.revert(plan_id) == services.plans.get(first.id)
    assert database["study_set"].count_documents({}) == 0

    second = services.reverts.revert(first.id)

    assert image(database) == done
    assert services.plans.get(first.id).reverted_by == second.id
    assert services.plans.get(plan_id).reverted_by is None, "it is in force again"
    third = services.reverts.revert(plan_id)
    assert third.id not in {first.id, second.id}
    assert database["study_set"].count_documents({}) == 0


def test_documents_that_were_touched_since_stop_all_of_it_and_say_by_whom(services, database):
    plan_id = store(services, {"study_set": [STUDY, a_study("b"), a_study("c"), a_study("d")]})
    later = store(services, {"study_set": [STUDY | {"title": "later"}]})
    database["study_set"].update_one({"id": "nmdc:sty-11-b"}, {"$set": {"title": "outside"}})
    database["study_set"].delete_one({"id": "nmdc:sty-11-c"})
    before = image(database)

    with pytest.raises(DocumentsChangedSince) as refused:
        services.reverts.revert(plan_id)

    told = {each["id"]: each for each in refused.value.facts["documents"]}
    assert {id_: each["by_submission"] for id_, each in told.items()} == {
        STUDY["id"]: later,
        "nmdc:sty-11-b": None,
        "nmdc:sty-11-c": None,
    }
    assert told[STUDY["id"]]["operation_id"] == f"op of {later}"
    assert refused.value.facts["total"] == 3
    assert image(database) == before
    assert services.plans.get(plan_id).reverted_by is None


def test_a_document_made_anew_outside_is_not_taken_for_the_one_that_was_made(services, database):
    plan_id = store(services, {"study_set": [STUDY]})
    copy = database["study_set"].find_one_and_delete({}, {"_id": 0})
    database["study_set"].insert_one(copy)

    with pytest.raises(DocumentsChangedSince):
        services.reverts.revert(plan_id)


def test_what_others_name_by_now_does_not_vanish(services, database):
    plan_id = store(services, {"study_set": [STUDY]})
    store(services, {"biosample_set": SAMPLES[:1]})

    with pytest.raises(DocumentReferenced, match=SAMPLES[0]["id"]):
        services.reverts.revert(plan_id)

    assert database["study_set"].count_documents({}) == 1
    assert services.plans.get(plan_id).reverted_by is None


def test_what_comes_back_names_only_what_is_there(services, database):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES[:1]})
    samples = make(services, a_deletion(database, "biosample_set", id=SAMPLES[0]["id"]))
    study = make(services, a_deletion(database, "study_set", id=STUDY["id"]))

    with pytest.raises(MetadataInvalid, match=STUDY["id"]):
        services.reverts.revert(samples)

    services.reverts.revert(study)
    services.reverts.revert(samples)
    assert database["biosample_set"].count_documents({}) == 1


def test_names_that_were_handed_on_are_handed_back(services, database):
    store(services, {"study_set": [STUDY], "biosample_set": SAMPLES[:2]})
    before = image(database)
    first, second = (each["name"] for each in SAMPLES[:2])
    plan_id = make(
        services,
        a_rename(database, SAMPLES[1]["id"], "a third name"),
        a_rename(database, SAMPLES[0]["id"], second),
        Change(
            collection="biosample_set",
            id=SAMPLES[2]["id"],
            kind=ChangeKind.INSERT,
            after={**SAMPLES[2], "name": first},
        ),
    )

    services.reverts.revert(plan_id)

    assert image(database) == before


def test_only_what_is_applied_can_be_reverted(services, database, now):
    for status in (PlanStatus.ACCEPTED, PlanStatus.APPLYING, PlanStatus.FAILED):
        record = PlanRecord(
            id=status, kind=PlanKind.JSON, status=status, username="a", created_at=now
        )
        services.plans.run(lambda tx, record=record: services.plans.plans.put(record, tx=tx))
        with pytest.raises(PlanNotApplied, match=status):
            services.reverts.revert(status)
    with pytest.raises(PlanNotFound):
        services.reverts.revert("nmdc:sys0none")


def test_a_plan_that_is_too_large_for_one_transaction_is_refused_before_it_is_read(
    services, database
):
    plan_id = store(services, {"study_set": [STUDY]})
    database["_runtime.plans"].update_one(
        {"id": plan_id}, {"$set": {"counts.study_set.inserted": reverting.MOST_DOCUMENTS + 1}}
    )

    with pytest.raises(PlanTooLarge):
        services.reverts.revert(plan_id)


def test_nothing_is_reverted_during_maintenance(services, database):
    plan_id = store(services, {"study_set": [STUDY]})
    services.plans.guard.lock_writes("the schema is being migrated")

    with pytest.raises(WritesLocked):
        services.reverts.revert(plan_id)

    services.plans.guard.unlock_writes()
    assert services.reverts.revert(plan_id).reverts == plan_id


def test_a_preview_tells_what_would_be_done_and_does_nothing(services, database):
    store(services, {"study_set": [STUDY]})
    plan_id = store(services, {"study_set": [STUDY | {"title": "t"}, a_study("b")]})
    before = image(database)
    plans = database["_runtime.plans"].count_documents({})

    summary = services.reverts.preview(plan_id)

    assert {each.id: each.kind for each in summary.changes} == {
        STUDY["id"]: ChangeKind.REPLACE,
        "nmdc:sty-11-b": ChangeKind.DELETE,
    }
    assert image(database) == before
    assert database["_runtime.plans"].count_documents({}) == plans
    assert services.plans.get(plan_id).reverted_by is None
    services.reverts.revert(plan_id)
    assert services.reverts.preview(plan_id).changes == []


def test_of_two_who_revert_at_once_one_does_it_and_both_get_its_record(services, database):
    plan_id = store(services, {"study_set": [a_study(str(number)) for number in range(20)]})
    together = Barrier(4)
    found: list[str] = []

    def revert() -> None:
        together.wait()
        found.append(services.reverts.revert(plan_id).id)

    threads = [Thread(target=revert) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(found) == 4
    assert len(set(found)) == 1
    assert database["_runtime.plans"].count_documents({"reverts": plan_id}) == 1
    assert database["study_set"].count_documents({}) == 0


def test_a_revert_never_takes_away_what_somebody_names_at_the_same_moment(services, database):
    outcomes = set()
    for number in range(8):
        study = a_study(f"race{number}")
        (sample,) = biosamples(1, study_id=study["id"])
        sample |= {"id": f"nmdc:bsm-11-race{number}"}
        plan_id = store(services, {"study_set": [study]})
        together = Barrier(2)

        def name_it(sample=sample, together=together) -> None:
            together.wait()
            with suppress(MetadataInvalid):
                store(services, {"biosample_set": [sample]})

        namer = Thread(target=name_it)
        namer.start()
        together.wait()
        with suppress(DocumentReferenced):
            services.reverts.revert(plan_id)
        namer.join()

        is_there = database["study_set"].find_one({"id": study["id"]}) is not None
        is_named = database["biosample_set"].find_one({"id": sample["id"]}) is not None
        outcomes.add((is_there, is_named))
    assert outcomes <= {(True, True), (False, False)}


def test_a_deleted_workflow_execution_comes_back_with_all_that_went_with_it(services, database):
    for name, documents in generated(20).items():
        database[name].insert_many(documents)
    names = ("workflow_execution_set", "data_object_set", "functional_annotation_agg")
    before = {name: {each["_id"]: each for each in database[name].find()} for name in names}
    execution = database["workflow_execution_set"].find_one({})
    services.workflow_executions.deletion.delete(execution["id"])
    (plan,) = database["_runtime.plans"].find({"kind": "workflow_execution_delete"})
    assert database["workflow_execution_set"].find_one({"id": execution["id"]}) is None

    services.reverts.revert(plan["id"])

    assert {name: {each["_id"]: each for each in database[name].find()} for name in names} == before

"""Many writers at once: no reference to nothing, nothing lost, some order that explains the end."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.plans.journal import Errand
from nmdc_runtime.plans.models import Cause, PlanKind
from nmdc_runtime.queries.models import DeleteCommand
from tests.support.documents import a_study, biosamples
from tests.support.plans import all_of, leftovers, small_journal
from tests.support.refscan import check_integrity, run_refscan

STUDY_ID = "nmdc:sty-11-abc123"
WRITERS = 8
ROUNDS = 25


def samples_of(writer, count=6):
    return [
        each | {"id": f"nmdc:bsm-11-w{writer}x{number}", "name": f"{writer} {number}"}
        for number, each in enumerate(biosamples(count, study_id=STUDY_ID))
    ]


def submit(services, documents, *, name):
    """Apply documents as the run of a submission does."""
    cause = Cause(plan_id=f"nmdc:sys0{name}", kind=PlanKind.JSON, operation_id=name)
    return services.plans.run(
        lambda tx: services.plans.apply(
            services.plans.plan_documents(documents, tx=tx), cause=cause, tx=tx
        )
    )


def test_eight_submissions_that_write_the_same_study_end_as_if_one_came_after_another(
    services, database
):
    def write(writer):
        study = a_study(title=f"of {writer}", description=f"of {writer}")
        return submit(
            services,
            {"study_set": [study], "biosample_set": samples_of(writer)},
            name=f"w{writer}",
        )

    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(write, range(WRITERS)))

    inserted = [each.counts["study_set"].inserted for each in results]
    assert sorted(inserted) == [0] * (WRITERS - 1) + [1]
    study = database["study_set"].find_one({})
    assert study["title"] == study["description"]
    assert database["biosample_set"].count_documents({}) == 6 * WRITERS
    # Every version but the last is the before image of exactly one other: a chain, thus an order.
    versions = [f"of {writer}" for writer in range(WRITERS)]
    befores = [
        change.before["title"]
        for writer in range(WRITERS)
        for change in services.plans.plans.read_changes(f"nmdc:sys0w{writer}")
        if change.collection == "study_set" and change.before
    ]
    assert sorted([*befores, study["title"]]) == versions
    assert database["txn_log"].count_documents({"tgt.id": STUDY_ID}) == WRITERS
    check_integrity(database)


# Without the guard this fails in one of the first rounds (tried: with `WriteGuard.hold` and
# `hold_all` doing nothing, samples outlived their study in the second). Each of the two is right by
# what it sees: the one sees the study, the other no samples.
def test_a_study_is_never_deleted_under_samples_that_come_in_at_the_same_time(services, database):
    outcomes = []
    for number in range(ROUNDS):
        database["study_set"].delete_many({})
        database["biosample_set"].delete_many({})
        database["study_set"].insert_one(a_study())
        start = Barrier(2)

        def insert(number=number, start=start):
            start.wait()
            try:
                submit(services, {"biosample_set": samples_of(number)}, name=f"i{number}")
            except MetadataInvalid:
                return "no study"
            return "inserted"

        def delete(start=start):
            start.wait()
            command = DeleteCommand(
                delete="study_set", deletes=[{"q": {"id": STUDY_ID}, "limit": 1}]
            )
            try:
                services.queries.delete(command, allow_broken_refs=False)
            except NmdcError:
                return "kept"
            return "deleted"

        with ThreadPoolExecutor(2) as pool:
            outcome = tuple(each.result() for each in (pool.submit(insert), pool.submit(delete)))
        outcomes.append(outcome)
        check_integrity(database)

    assert set(outcomes) <= {("inserted", "kept"), ("no study", "deleted")}


def test_small_writers_beside_a_large_plan_come_before_it_or_after_it(services, database):
    database["study_set"].insert_one(a_study("other"))
    journal = small_journal(services)
    documents = {
        "study_set": [a_study(title="large")],
        "biosample_set": biosamples(60, study_id=STUDY_ID),
    }
    cause = Cause(plan_id="nmdc:sys0large", kind=PlanKind.JSON, operation_id="large")

    def large():
        journal.apply(documents, cause=cause, errand=_errand())

    def small(writer):
        study = a_study(title=f"of {writer}")
        try:
            submit(services, {"study_set": [study]}, name=f"w{writer}")
        except NmdcError as refusal:
            return type(refusal).__name__
        return "written"

    with ThreadPoolExecutor(4) as pool:
        begun = pool.submit(large)
        told = list(pool.map(small, range(12)))
        begun.result()

    assert set(told) <= {"written", "DocumentsLocked"}
    kept = all_of(database, "biosample_set")["biosample_set"]
    assert len(kept) == 60
    assert not leftovers(database)
    check_integrity(database)


def _errand():
    return Errand(is_done=lambda _: False, close=lambda applied, _: None)


@pytest.fixture
def crowded(services, database):
    """Leave a database that writers of all kinds have been at."""
    submit(services, {"study_set": [a_study()]}, name="first")
    errand = _errand()
    cause = Cause(plan_id="nmdc:sys0large", kind=PlanKind.JSON, operation_id="large")
    journal = small_journal(services)
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(submit, services, {"biosample_set": samples_of(writer)}, name=f"w{writer}")
            for writer in range(4)
        ]
        documents = {"biosample_set": biosamples(30, study_id=STUDY_ID)}
        journal.apply(documents, cause=cause, errand=errand)
        for each in waiting:
            each.result()
    return database


def test_refscan_finds_no_violation_but_the_one_planted_where_many_writers_have_been(
    crowded, mongo_url, tmp_path
):
    planted = samples_of(99, count=1)[0] | {"associated_studies": ["nmdc:sty-11-none"]}
    crowded["biosample_set"].insert_one(planted)

    violations = run_refscan(mongo_url, crowded, tmp_path)

    assert [each["source_document_id"] for each in violations] == [planted["id"]]

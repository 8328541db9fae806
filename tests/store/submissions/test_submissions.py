"""Submissions below the route: races, aborts and repeated application, on a real replica set."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.submissions.errors import OperationClosed
from tests.support.documents import a_study, biosamples, body_of

DATABASE = {
    "study_set": [a_study()],
    "biosample_set": biosamples(20, study_id="nmdc:sty-11-abc123"),
}
BODY = body_of(DATABASE)


@pytest.fixture
def accepted(services, orchestrator):
    """Accept the body, and return its run id and what Dagster was told."""
    run_id = services.submissions.submit(BODY, username="alice")
    return run_id, orchestrator.runs[0]


def apply(services, run, documents=None):
    return services.submissions.apply(
        run.operation_id, documents or orjson.loads(BODY), dagster_run_id=run.run_id
    )


def test_of_many_identical_submissions_at_once_one_is_made(services, orchestrator, database):
    with ThreadPoolExecutor(6) as pool:
        run_ids = set(
            pool.map(lambda _: services.submissions.submit(BODY, username="alice"), range(12))
        )

    assert len(run_ids) == 1
    assert len(orchestrator.runs) == 1
    for collection in ("_runtime.submissions", "objects", "fs.files", "jobs", "operations"):
        assert database[collection].count_documents({}) == 1, collection
    assert len(database["jobs"].find_one({})["claims"]) == 1


def test_the_same_bytes_of_another_caller_are_another_submission(services, orchestrator):
    one = services.submissions.submit(BODY, username="alice")
    other = services.submissions.submit(BODY, username="bob")

    assert one != other
    assert len(orchestrator.runs) == 2


def test_applying_writes_all_and_closes_everything(services, accepted, database):
    run_id, run = accepted

    counts = apply(services, run)

    assert counts["biosample_set"]["nUpserted"] == 20
    assert database["biosample_set"].count_documents({}) == 20
    assert database["txn_log"].count_documents({}) == 21
    assert services.operations.get(run.operation_id).result == counts
    assert services.runs.summary(run_id).status is RunEventType.COMPLETE
    assert services.submissions.submissions.find_by_operation(run.operation_id).status == "complete"


def test_applying_again_gives_the_same_counts_and_writes_nothing(services, accepted, database):
    _, run = accepted
    first = apply(services, run)

    assert apply(services, run) == first
    assert database["txn_log"].count_documents({}) == 21


def test_of_two_who_apply_at_once_one_writes(services, accepted, database):
    _, run = accepted

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: apply(services, run), range(4)))

    assert all(each == counts[0] for each in counts)
    assert database["txn_log"].count_documents({}) == 21


def test_documents_without_an_id_are_inserted_once_however_often_they_are_applied(
    services, orchestrator, database
):
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})
    member = {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": "nmdc:wfmgan-11-a.1",
        "gene_function_id": "KEGG.ORTHOLOGY:K00001",
        "count": 3,
    }
    documents = {"functional_annotation_agg": [member, member | {"count": 4}]}
    services.submissions.submit(body_of(documents), username="alice")

    counts = apply(services, orchestrator.runs[0], documents)
    apply(services, orchestrator.runs[0], documents)

    assert counts["functional_annotation_agg"]["nInserted"] == 2
    assert database["functional_annotation_agg"].count_documents({}) == 2


def test_what_vanished_meanwhile_stops_the_whole_submission(services, orchestrator, database):
    database["study_set"].insert_one(a_study())
    samples = {"biosample_set": DATABASE["biosample_set"]}
    run_id = services.submissions.submit(body_of(samples), username="alice")
    database["study_set"].delete_many({})

    with pytest.raises(MetadataInvalid):
        apply(services, orchestrator.runs[0], samples)

    assert database["biosample_set"].count_documents({}) == 0
    assert database["txn_log"].count_documents({}) == 0
    assert services.runs.summary(run_id).status is RunEventType.FAIL
    assert database["jobs"].find_one({})["claims"][0]["cancelled"] is True
    with pytest.raises(OperationClosed):
        apply(services, orchestrator.runs[0], samples)


def test_a_name_that_another_writer_took_meanwhile_stops_the_whole_submission(
    services, accepted, database
):
    _, run = accepted
    taken = DATABASE["biosample_set"][7]["name"]
    rival = {"id": "nmdc:bsm-11-rival", "name": taken, "associated_studies": ["nmdc:sty-11-abc123"]}
    database["biosample_set"].insert_one(rival)

    with pytest.raises(MetadataInvalid, match=taken):
        apply(services, run)

    assert database["biosample_set"].count_documents({}) == 1
    assert database["study_set"].count_documents({}) == 0


def test_an_accepted_submission_whose_process_died_is_launched_later(
    services, accepted, orchestrator, database
):
    run_id, _ = accepted
    orchestrator.runs.clear()
    database["_runtime.submissions"].update_one(
        {},
        {"$set": {"status": "pending", "launching_until": None}, "$unset": {"dagster_run_id": ""}},
    )
    age = {"updated_at": services.clock().replace(year=2020)}
    database["_runtime.submissions"].update_one({}, {"$set": age})

    assert services.submissions.resume_abandoned() == 1
    assert len(orchestrator.runs) == 1
    assert orchestrator.runs[0].tags["nmdc/run_id"] == run_id
    assert services.submissions.resume_abandoned() == 0


def test_sending_again_while_the_run_works_writes_nothing(services, accepted, database):
    # The clock stands still here; a time from long ago shows whether anything is written.
    spoilt = {"updated_at": services.clock().replace(year=2020)}
    database["_runtime.submissions"].update_one({}, {"$set": spoilt})
    before = database["_runtime.submissions"].find_one({})

    services.submissions.submit(BODY, username="alice")

    assert database["_runtime.submissions"].find_one({}) == before


def test_sending_again_while_dagster_is_away_does_not_fail_a_run_that_it_has(
    services, accepted, orchestrator
):
    run_id, run = accepted
    orchestrator.is_down = True

    assert services.submissions.submit(BODY, username="alice") == run_id

    assert services.runs.summary(run_id).status is RunEventType.STARTED
    apply(services, run)
    assert services.runs.summary(run_id).status is RunEventType.COMPLETE


def test_a_run_that_died_gives_its_claim_back(services, accepted, database):
    run_id, run = accepted

    for _ in range(2):
        services.submissions.record_dead_run(
            run_id, operation_id=run.operation_id, reason="killed", dagster_run_id=run.run_id
        )

    assert services.runs.summary(run_id).status is RunEventType.FAIL
    assert database["run_events"].count_documents({"type": "FAIL"}) == 1
    assert database["jobs"].find_one({})["claims"][0]["cancelled"] is True


def test_a_run_that_died_after_its_work_was_done_changes_nothing(services, accepted, database):
    run_id, run = accepted
    apply(services, run)

    services.submissions.record_dead_run(
        run_id, operation_id=run.operation_id, reason="killed", dagster_run_id=run.run_id
    )

    assert services.runs.summary(run_id).status is RunEventType.COMPLETE
    assert database["jobs"].find_one({})["claims"][0].get("cancelled") is None


def test_a_late_death_notice_does_not_touch_the_next_attempt(
    services, accepted, orchestrator, database
):
    run_id, first = accepted
    first.state = RunState.FAILURE
    services.submissions.submit(BODY, username="alice")

    services.submissions.record_dead_run(
        run_id, operation_id=first.operation_id, reason="killed", dagster_run_id=first.run_id
    )

    claims = database["jobs"].find_one({})["claims"]
    assert [claim.get("cancelled") for claim in claims] == [True, None]
    apply(services, orchestrator.runs[1])
    assert database["biosample_set"].count_documents({}) == 20


def test_a_failed_attempt_is_followed_by_one_with_a_claim_of_its_own(
    services, accepted, orchestrator, database
):
    run_id, first = accepted
    first.state = RunState.CANCELED

    assert services.submissions.submit(BODY, username="alice") == run_id

    claims = database["jobs"].find_one({})["claims"]
    assert [claim.get("cancelled") for claim in claims] == [True, None]
    with pytest.raises(OperationClosed):
        apply(services, first)
    apply(services, orchestrator.runs[1])
    assert database["biosample_set"].count_documents({}) == 20


def test_the_transaction_of_a_dead_writer_blocks_nobody(services, accepted, mongo_client, database):
    _, run = accepted
    job_id = database["jobs"].find_one({})["id"]
    with mongo_client.start_session() as dead, dead.start_transaction():
        database["biosample_set"].insert_one(DATABASE["biosample_set"][3].copy(), session=dead)
        services.submissions.applier.writers.note(
            job_id, dict(dead.session_id), now=services.clock()
        )

        began = time.monotonic()
        counts = apply(services, run)

        assert counts["biosample_set"]["nUpserted"] == 20
        assert time.monotonic() - began < 60  # well before any time limit of MongoDB's
        dead.end_session()
    assert database["_runtime.submission_writers"].count_documents({}) == 0


def test_a_submission_whose_run_dagster_has_lost_fails_and_may_be_sent_again(
    services, orchestrator, database
):
    run_id = services.submissions.submit(BODY, username="alice")
    other = services.submissions.submit(body_of({"study_set": [a_study("b")]}), username="alice")
    end_silent = services.submissions.launcher.end_silent
    assert end_silent() == 0  # it was heard of a moment ago

    long_ago = services.clock() - timedelta(hours=1)
    database["_runtime.submissions"].update_many({}, {"$set": {"updated_at": long_ago}})
    lost = orchestrator.runs.pop(0)
    orchestrator.is_down = True
    assert end_silent() == 0  # nobody can say just now
    orchestrator.is_down = False

    assert end_silent() == 1

    assert services.runs.summary(run_id).status is RunEventType.FAIL
    assert services.plans.get(run_id).status == "failed"
    assert services.runs.summary(other).status is RunEventType.STARTED
    with pytest.raises(OperationClosed):
        apply(services, lost)
    assert services.submissions.submit(BODY, username="alice") == run_id
    apply(services, orchestrator.runs[-1])
    assert services.plans.get(run_id).status == "applied"

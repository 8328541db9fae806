"""What the own site has claimed beyond submissions: attempts, and what ends them."""

import pytest

from nmdc_runtime.jobs.models import JobIn, WorkflowRef
from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.plans.journal_store import JOURNALS
from nmdc_runtime.submissions.errors import OperationClosed
from nmdc_runtime.submissions.rules import MOST_ATTEMPTS
from tests.support.documents import a_study

WORKFLOW = "metadata-in-1.0.0"


@pytest.fixture
def promised(services):
    """Return the operation of a claim on a job that nobody submitted."""
    wanted = JobIn(workflow=WorkflowRef(id=WORKFLOW), config={"object_id": "gfs0tagged"})
    job = services.jobs.create(wanted, site_id="lanl")
    assert services.submissions.own_claims.claim_new(WORKFLOW, most=1).how_many == 1
    (work,) = services.submissions.own_claims.list_promised(WORKFLOW, most=10)
    assert (work.job_id, work.object_id, work.attempt) == (job.id, "gfs0tagged", 1)
    return work


def claim_of(services, work):
    (claim,) = services.jobs.get(work.job_id).claims
    return claim


def record(services, work, **facts):
    told = {"attempt": work.attempt, "reason": "it died", "is_final": False, **facts}
    return services.submissions.own_claims.record_failed_run(work.operation_id, **told)


def test_documents_that_are_refused_end_the_operation_at_once(services, promised, database):
    refused = {"study_set": [a_study(study_category="nonsense")]}

    for error in (MetadataInvalid, OperationClosed):  # asked again, it is closed
        with pytest.raises(error):
            services.submissions.apply(promised.operation_id, refused, dagster_run_id="d1")

    operation = services.operations.get(promised.operation_id)
    assert operation.done
    assert operation.result["code"] == "FAILED"
    assert "nonsense" in operation.result["message"]
    assert claim_of(services, promised).cancelled
    assert database["study_set"].count_documents({}) == 0
    actions = [entry.action for entry in services.jobs.history(promised.job_id)]
    assert actions == ["create_job", "claim_job", "fail_operation"]
    assert services.submissions.own_claims.claim_new(WORKFLOW, most=1).how_many == 0


def test_a_failed_attempt_is_counted_once_and_the_next_one_is_numbered(services, promised):
    said = [record(services, promised) for _ in range(2)]

    (work,) = services.submissions.own_claims.list_promised(WORKFLOW, most=10)
    assert work.attempt == 2
    assert all("again" in each for each in said)
    assert services.operations.get(promised.operation_id).facts["last_error"] == "it died"
    assert claim_of(services, promised).is_live


@pytest.mark.parametrize("facts", [{"is_final": True}, {"attempt": MOST_ATTEMPTS}], ids=str)
def test_what_cannot_be_done_or_was_tried_often_is_given_up(facts, services, promised):
    assert "given up" in record(services, promised, **facts)

    operation = services.operations.get(promised.operation_id)
    assert operation.result == {"code": "FAILED", "message": "it died"}
    assert claim_of(services, promised).cancelled
    assert "closed" in record(services, promised, **facts)


def test_what_is_applied_step_by_step_goes_on_without_its_run(services, promised, database):
    database[JOURNALS].insert_one({"_id": promised.operation_id})

    assert "goes on" in record(services, promised, is_final=True)

    assert services.operations.get(promised.operation_id).done is False


def test_the_sites_claims_are_its_own_in_the_history(services, promised):
    claimed = services.jobs.history(promised.job_id)[-1]

    assert (claimed.action, claimed.by) == ("claim_job", "nmdc-runtime")

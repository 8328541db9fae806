from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from nmdc_runtime.jobs.errors import JobNotFound
from nmdc_runtime.jobs.models import Job, JobClaim, WorkflowRef
from nmdc_runtime.jobs.store import JobStore
from nmdc_runtime.mongo.transactions import Transactions


def a_job(job_id: str, **config) -> Job:
    return Job(
        id=job_id,
        workflow=WorkflowRef(id="metadata-in-1.0.0"),
        config=config,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def jobs(database) -> JobStore:
    return JobStore(database)


def test_a_job_is_read_as_it_was_stored(jobs, database):
    job, is_new = jobs.ensure(a_job("job1", object_id="gfs0a"))

    assert is_new
    assert jobs.get("job1") == job == a_job("job1", object_id="gfs0a")
    assert "claims" not in database["jobs"].find_one({})


def test_an_unknown_job_is_not_found(jobs):
    with pytest.raises(JobNotFound):
        jobs.get("job1")


def test_an_object_has_one_job_of_a_workflow(jobs, database):
    jobs.ensure(a_job("job1", object_id="gfs0a"))
    found, is_new = jobs.ensure(a_job("job2", object_id="gfs0a"))

    assert (found.id, is_new) == ("job1", False)
    assert database["jobs"].count_documents({}) == 1


def test_jobs_that_name_no_object_are_all_new(jobs, database):
    assert jobs.ensure(a_job("job1", x=1))[1]
    assert jobs.ensure(a_job("job2", x=1))[1]


def test_of_many_at_once_one_makes_the_job(jobs, database):
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda n: jobs.ensure(a_job(f"job{n}", object_id="gfs0a")), range(32)))

    assert sum(is_new for _, is_new in made) == 1
    assert len({job.id for job, _ in made}) == 1
    assert database["jobs"].count_documents({}) == 1


def test_claims_of_many_at_once_are_all_kept(jobs, mongo_client):
    jobs.ensure(a_job("job1", object_id="gfs0a"))
    transactions = Transactions(mongo_client)

    def claim(number: int) -> None:
        one = JobClaim(op_id=f"op{number}", site_id="lanl")
        transactions.run(lambda tx: jobs.add_claim("job1", one, tx=tx))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim, range(32)))

    assert {each.op_id for each in jobs.get("job1").claims} == {f"op{n}" for n in range(32)}


def test_ending_a_claim_ends_that_one(jobs, mongo_client):
    jobs.ensure(a_job("job1", object_id="gfs0a"))

    def work(tx) -> None:
        for number in range(3):
            jobs.add_claim("job1", JobClaim(op_id=f"op{number}", site_id="lanl"), tx=tx)
        jobs.end_claim("job1", operation_id="op0", cancelled=False, tx=tx)
        jobs.end_claim("job1", operation_id="op1", cancelled=True, tx=tx)

    Transactions(mongo_client).run(work)

    done, given_up, live = jobs.get("job1").claims
    assert (done.done, done.cancelled) == (True, None)
    assert (given_up.done, given_up.cancelled) == (True, True)
    assert live.is_live

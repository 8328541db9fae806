"""Leases and the thirty days: what ends by itself, and what its former holder may still say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from nmdc_runtime.jobs.errors import (
    JobAlreadyClaimed,
    JobHeldElsewhere,
    LeaseExpired,
    OperationAlreadyDone,
)
from nmdc_runtime.jobs.models import Job, JobIn, OperationPatch, WorkflowRef
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.wiring import Services, boot, open_services

DONE = OperationPatch(done=True, result={"ok": True})


@dataclass
class TestClock:
    """A clock that goes on when it is told to."""

    __test__ = False
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(now) -> TestClock:
    return TestClock(now)


@pytest.fixture
def services(settings, orchestrator, clock) -> Iterator[Services]:
    with open_services(settings, clock=clock, orchestrator=orchestrator) as services:
        boot(services)
        yield services


def a_job(services: Services, *, exclusive: bool = True) -> Job:
    wanted = JobIn(workflow=WorkflowRef(id="test"), config={}, exclusive=exclusive)
    return services.jobs.create(wanted, site_id="nersc")


def claim(services: Services, job: Job, site_id: str, lease: int | None = None) -> Operation:
    return services.jobs.claim(job.id, site_id=site_id, lease_seconds=lease)


def claims_of(services: Services, job: Job) -> dict[str, tuple[bool, bool]]:
    return {
        each.op_id: (bool(each.done), bool(each.cancelled))
        for each in services.jobs.get(job.id).claims
    }


def test_a_lease_ends_when_it_is_not_renewed(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc", lease=60)
    assert operation.expire_time == clock() + timedelta(seconds=60)

    clock.goes_on(seconds=59)
    assert services.jobs.expire_claims() == 0
    clock.goes_on(seconds=1)
    assert services.jobs.expire_claims() == 1

    expired = services.operations.get(operation.id)
    assert (expired.done, expired.result["code"]) == (True, "EXPIRED")
    assert claims_of(services, job) == {operation.id: (True, True)}
    assert services.jobs.expire_claims() == 0
    assert claim(services, job, "lanl").id != operation.id


def test_a_claim_without_a_lease_holds_for_thirty_days(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc")

    clock.goes_on(days=29, hours=23)
    with pytest.raises(JobAlreadyClaimed):
        claim(services, job, "lanl")
    clock.goes_on(hours=1)

    assert services.jobs.expire_claims() == 1
    assert services.operations.get(operation.id).result["code"] == "EXPIRED"


def test_who_claims_need_not_wait_for_housekeeping(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc", lease=60)
    clock.goes_on(seconds=60)

    taken = claim(services, job, "lanl")

    assert services.operations.get(operation.id).result["code"] == "EXPIRED"
    assert claims_of(services, job) == {operation.id: (True, True), taken.id: (False, False)}
    assert [each.action for each in services.jobs.history(job.id)] == [
        "create_job",
        "claim_job",
        "expire_claim",
        "claim_job",
    ]


def test_a_site_whose_own_lease_is_over_gets_a_new_operation(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc", lease=60)
    clock.goes_on(seconds=60)

    assert claim(services, job, "nersc", lease=60).id != operation.id


@pytest.mark.parametrize("how", ["renew", "report", "claim"])
def test_a_lease_is_renewed_from_the_moment_it_is_renewed(services, clock, how):
    job = a_job(services)
    operation = claim(services, job, "nersc", lease=60)
    clock.goes_on(seconds=50)

    if how == "renew":
        renewed = services.reports.renew(operation.id, lease_seconds=None, site_id="nersc")
    elif how == "report":
        patch = OperationPatch(lease_seconds=60, metadata={"note": "at work"})
        renewed = services.reports.report(operation.id, patch, site_id="nersc")
        assert renewed.metadata["note"] == "at work"
    else:
        renewed = claim(services, job, "nersc", lease=60)

    assert renewed.id == operation.id
    assert renewed.expire_time == clock() + timedelta(seconds=60)
    clock.goes_on(seconds=59)
    assert services.jobs.expire_claims() == 0


def test_only_who_asks_for_a_lease_has_one(services, clock):
    operation = claim(services, a_job(services), "nersc")

    services.reports.report(operation.id, OperationPatch(metadata={"a": 1}), site_id="nersc")
    plain = services.reports.renew(operation.id, lease_seconds=None, site_id="nersc")
    assert (plain.lease_seconds, plain.expire_time) == (None, clock() + timedelta(days=30))
    leased = services.reports.renew(operation.id, lease_seconds=60, site_id="nersc")
    assert (leased.lease_seconds, leased.expire_time) == (60, clock() + timedelta(seconds=60))


def test_a_report_does_not_renew_a_lease_by_itself(services, clock):
    operation = claim(services, a_job(services), "nersc", lease=60)
    clock.goes_on(seconds=30)

    services.reports.report(operation.id, OperationPatch(metadata={"a": 1}), site_id="nersc")
    clock.goes_on(seconds=30)

    assert services.jobs.expire_claims() == 1


@pytest.mark.parametrize("is_marked", [False, True])
@pytest.mark.parametrize("exclusive", [False, True])
def test_a_report_under_an_expired_lease_is_refused(services, clock, is_marked, exclusive):
    operation = claim(services, a_job(services, exclusive=exclusive), "nersc", lease=60)
    clock.goes_on(seconds=60)
    if is_marked:
        services.jobs.expire_claims()
    before = services.operations.get(operation.id)

    with pytest.raises(LeaseExpired):
        services.reports.report(operation.id, DONE, site_id="nersc")
    with pytest.raises(LeaseExpired):
        services.reports.renew(operation.id, lease_seconds=60, site_id="nersc")

    assert services.operations.get(operation.id) == before


def test_a_late_report_without_a_lease_counts(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc")
    clock.goes_on(days=31)
    services.jobs.expire_claims()

    reported = services.reports.report(operation.id, DONE, site_id="nersc")

    assert (reported.done, reported.result) == (True, {"ok": True})
    assert reported.metadata["cancelled"] is None
    assert claims_of(services, job) == {operation.id: (True, False)}


def test_a_late_report_is_refused_when_another_site_holds_the_job(services, clock):
    job = a_job(services)
    operation = claim(services, job, "nersc")
    clock.goes_on(days=31)
    taken = claim(services, job, "lanl")

    with pytest.raises(JobHeldElsewhere) as refusal:
        services.reports.report(operation.id, DONE, site_id="nersc")

    assert refusal.value.facts["id"] == taken.id
    assert services.operations.get(operation.id).result["code"] == "EXPIRED"


def test_who_released_a_job_says_nothing_of_it_while_another_holds_it(services):
    job = a_job(services)
    operation = claim(services, job, "nersc")
    services.jobs.release(job.id, site_id="nersc")
    services.reports.report(operation.id, OperationPatch(metadata={"a": 1}), site_id="nersc")
    claim(services, job, "lanl")

    with pytest.raises(JobHeldElsewhere):
        services.reports.report(operation.id, DONE, site_id="nersc")


def test_on_a_shared_job_nobody_stands_in_anybodys_way(services, clock):
    job = a_job(services, exclusive=False)
    operation = claim(services, job, "nersc")
    clock.goes_on(days=31)
    claim(services, job, "lanl")

    assert services.reports.report(operation.id, DONE, site_id="nersc").done


def test_what_is_done_is_not_renewed(services):
    operation = claim(services, a_job(services), "nersc", lease=60)
    services.reports.report(operation.id, DONE, site_id="nersc")

    with pytest.raises(OperationAlreadyDone):
        services.reports.renew(operation.id, lease_seconds=60, site_id="nersc")


def test_housekeeping_closes_what_older_runtimes_left_open(services, database, clock):
    left = {"done": False, "expire_time": clock() - timedelta(days=1), "result": None}
    database["operations"].insert_many(
        [
            {**left, "id": "put1", "metadata": {"site_id": "nersc", "object_id": "x"}},
            {**left, "id": "odd1", "metadata": None},
        ]
    )

    assert services.jobs.expire_claims() == 1
    assert services.operations.get("put1").result["code"] == "EXPIRED"
    assert services.operations.get("odd1").done is False


def test_a_report_on_a_claim_whose_job_is_gone_is_taken(services, database):
    job = a_job(services)
    operation = claim(services, job, "nersc")
    services.jobs.release(job.id, site_id="nersc")
    database["jobs"].delete_one({"id": job.id})

    assert services.reports.report(operation.id, DONE, site_id="nersc").done

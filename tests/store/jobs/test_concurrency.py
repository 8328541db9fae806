"""Many at once, on a real replica set: each claim is recorded, no job is held twice."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from nmdc_runtime.jobs.errors import JobAlreadyClaimed
from nmdc_runtime.jobs.models import Job, JobIn, OperationPatch, WorkflowRef
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.wiring import Services, open_services

SITES = ("nersc", "lanl", "pnnl")


def a_job(services: Services, *, exclusive: bool) -> Job:
    wanted = JobIn(workflow=WorkflowRef(id="test"), config={}, exclusive=exclusive)
    return services.jobs.create(wanted, site_id="nersc")


def at_once(tasks: list[Callable[[], object]]) -> None:
    """Run each task on a thread of its own, all from the same moment on; raise what one raises."""
    ready = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        ready.wait(60)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        for outcome in [pool.submit(run, task) for task in tasks]:
            outcome.result()


def check_agreement(services: Services, job: Job) -> list[str]:
    """Return the sites that hold the job; claims and operations must say the same."""
    live = {each.op_id: each.site_id for each in services.jobs.get(job.id).claims if each.is_live}
    open_operations = {
        each["id"]: each["metadata"]["site_id"]
        for each in services.database["operations"].find({"metadata.job.id": job.id, "done": False})
    }
    assert live == open_operations
    assert max(Counter(live.values()).values(), default=0) <= 1, "a site holds a job once"
    return sorted(live.values())


def test_two_hundred_who_claim_fifty_exclusive_jobs_hold_each_once(services):
    jobs = [a_job(services, exclusive=True) for _ in range(50)]
    won: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    named: dict[str, set[str]] = {job.id: set() for job in jobs}

    def claim(job: Job, site_id: str) -> None:
        try:
            services.jobs.claim(job.id, site_id=site_id)
            won[job.id] += 1
        except JobAlreadyClaimed as held:
            refused[job.id] += 1
            named[job.id].add(held.facts["id"])

    at_once(
        [
            lambda job=job, number=number: claim(job, f"site{number}")
            for number, job in zip(range(200), cycle(jobs), strict=False)
        ]
    )

    for job in jobs:
        assert (won[job.id], refused[job.id]) == (1, 3)
        assert named[job.id] == {each.op_id for each in services.jobs.get(job.id).claims}
        assert len(check_agreement(services, job)) == 1


def test_of_many_who_create_a_job_for_the_same_object_all_get_the_same(services):
    wanted = JobIn(workflow=WorkflowRef(id="test"), config={"object_id": "sys0abc"})
    made: set[str] = set()

    at_once([lambda: made.add(services.jobs.create(wanted, site_id="nersc").id)] * 24)

    assert len(made) == 1
    assert services.database["jobs"].count_documents({}) == 1


def test_of_sixty_four_at_once_on_a_shared_job_all_are_recorded(services):
    job = a_job(services, exclusive=False)
    sites = [f"site{number}" for number in range(64)]

    at_once([lambda site=site: services.jobs.claim(job.id, site_id=site) for site in sites])

    assert check_agreement(services, job) == sorted(sites)
    assert services.database["_runtime.audit"].count_documents({"action": "claim_job"}) == 64


def test_a_site_that_claims_many_times_at_once_has_one_operation(services):
    job = a_job(services, exclusive=False)
    got: set[str] = set()

    def claim() -> None:
        got.add(services.jobs.claim(job.id, site_id="nersc").id)

    at_once([claim] * 16)

    assert len(got) == 1
    assert check_agreement(services, job) == ["nersc"]


@pytest.mark.parametrize("exclusive", [False, True])
def test_claims_and_releases_that_race_never_leave_a_job_both_free_and_held(services, exclusive):
    jobs = [a_job(services, exclusive=exclusive) for _ in range(2)]
    stop = threading.Event()

    def claim_and_release(site_id: str) -> None:
        for number in range(30):
            job = jobs[number % 2]
            try:
                services.jobs.claim(job.id, site_id=site_id)
            except JobAlreadyClaimed:
                assert exclusive
            services.jobs.release(job.id, site_id=site_id)

    def look() -> None:
        while not stop.is_set():
            with (
                services.database.client.start_session(snapshot=True) as session,
            ):
                for job in jobs:
                    found = services.database["jobs"].find_one({"id": job.id}, session=session)
                    live = {
                        each["op_id"] for each in found.get("claims", []) if not each.get("done")
                    }
                    held = services.database["operations"].distinct(
                        "id", {"metadata.job.id": job.id, "done": False}, session=session
                    )
                    assert live == set(held)
                    assert not exclusive or len(live) <= 1

    with ThreadPoolExecutor(1) as watching:
        looking = watching.submit(look)
        try:
            at_once([lambda site=site: claim_and_release(site) for site in SITES * 2])
        finally:
            stop.set()
        looking.result()

    for job in jobs:
        assert check_agreement(services, job) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(SITES),
        st.sampled_from(["claim", "lease", "release", "done", "report", "renew", "time", "expire"]),
    ),
    max_size=12,
)


@pytest.mark.parametrize("exclusive", [False, True])
def test_no_sequence_of_what_sites_do_leaves_claims_and_operations_apart(
    settings, orchestrator, exclusive
):
    moment = utc_now()

    def clock():
        return moment

    with open_services(settings, clock=clock, orchestrator=orchestrator) as services:

        def act(job: Job, site_id: str, step: str) -> None:
            nonlocal moment
            held = services.database["operations"].find_one(
                {"metadata.job.id": job.id, "metadata.site_id": site_id}, sort=[("_id", -1)]
            )
            if step in {"claim", "lease"}:
                lease = 60 if step == "lease" else None
                services.jobs.claim(job.id, site_id=site_id, lease_seconds=lease)
            elif step == "release":
                services.jobs.release(job.id, site_id=site_id)
            elif step == "time":
                moment += timedelta(seconds=45)
            elif step == "expire":
                services.jobs.expire_claims()
            elif held and step == "renew":
                services.reports.renew(held["id"], lease_seconds=None, site_id=site_id)
            elif held:
                patch = OperationPatch(done=True) if step == "done" else OperationPatch(result=1)
                services.reports.report(held["id"], patch, site_id=site_id)

        @how(
            max_examples=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(steps=STEPS)
        def play(steps: list[tuple[str, str]]) -> None:
            job = a_job(services, exclusive=exclusive)
            for site_id, step in steps:
                try:
                    act(job, site_id, step)
                except NmdcError as refusal:
                    if refusal.kind is not ErrorKind.CONFLICT:
                        raise
                holders = check_agreement(services, job)
                assert not exclusive or len(holders) <= 1

        play()

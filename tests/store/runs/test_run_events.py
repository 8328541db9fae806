from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.runs.errors import RunNotFound
from nmdc_runtime.runs.models import JobRef, RunEventType


@pytest.fixture
def requested(services):
    services.transactions.run(
        lambda tx: services.runs.record_requested(
            "run1",
            job=JobRef(id="w"),
            username="alice",
            run_config={},
            inputs=["/objects/a"],
            tx=tx,
        )
    )
    return services.runs


def test_an_unknown_run_is_not_found(services):
    with pytest.raises(RunNotFound):
        services.runs.summary("run1")


def test_complete_is_recorded_once_however_often_it_is_told(requested, database):
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda _: requested.record_complete(
                    run_id="run1", dagster_run_id="d1", outputs=["/operations/o"]
                ),
                range(16),
            )
        )

    assert database["run_events"].count_documents({"type": "COMPLETE"}) == 1
    assert requested.summary("run1").outputs == ["/operations/o"]


def test_complete_finds_its_run_by_the_dagster_run(requested):
    requested.record_started("run1", dagster_run_id="d1")

    assert requested.record_complete(run_id=None, dagster_run_id="d1", outputs=[]) == "run1"
    assert requested.summary("run1").status is RunEventType.COMPLETE


def test_a_dagster_run_that_nobody_asked_for_completes_nothing(requested, database):
    assert requested.record_complete(run_id=None, dagster_run_id="other", outputs=[]) is None
    assert database["run_events"].count_documents({}) == 1


def test_started_told_late_does_not_hide_that_the_run_is_complete(requested, services):
    earlier = "2026-11-23T11:59:59.000+00:00"
    requested.record_complete(run_id="run1", dagster_run_id="d1", outputs=[])
    requested.record_started("run1", dagster_run_id="d1", time=earlier)

    assert requested.summary("run1").status is RunEventType.COMPLETE


def test_each_attempt_fails_once(requested, database):
    for attempt in ("one", "one", "two"):
        requested.record_failed("run1", reason="because", attempt=attempt)

    assert database["run_events"].count_documents({"type": "FAIL"}) == 2

"""Runs of which nobody tells what became."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.runs.errors import RunConfigRefused, RunNotStarted
from nmdc_runtime.runs.models import RunIn
from nmdc_runtime.runs.store import RUN_REQUESTS

EXPORT = "export-study-biosamples-as-csv-1.0.0"
LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def start(services):
    def start(key=None):
        asked = RunIn(inputs=["nmdc:sty-11-8fb6t785"])
        return services.run_requests.start(EXPORT, asked, username="alice", idempotency_key=key).id

    return start


@pytest.fixture
def later(database, services):
    def later():
        """Look up what is open, as if the time for it had come."""
        database[RUN_REQUESTS].update_many(
            {"look_at": {"$exists": True}}, {"$set": {"look_at": LONG_AGO}}
        )
        return services.run_reconciler.reconcile()

    return later


def open_runs(database):
    return database[RUN_REQUESTS].count_documents({"look_at": {"$exists": True}})


def types_of(services, run_id):
    return [event.type.value for event in services.runs.list_events(run_id)][::-1]


def test_what_dagster_says_of_a_silent_run_is_recorded_once(
    services, database, orchestrator, start, later
):
    told = {
        RunState.SUCCESS: "COMPLETE",
        RunState.FAILURE: "FAIL",
        RunState.CANCELED: "FAIL",
        RunState.STARTED: None,
        RunState.QUEUED: None,
    }
    run_ids = [start() for _ in told]
    assert services.run_reconciler.reconcile() == 0, "their time has not come"
    for run, state in zip(orchestrator.runs, told, strict=True):
        run.state = state

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: later(), range(4)))

    for run_id, ending in zip(run_ids, told.values(), strict=True):
        expected = ["REQUESTED", "STARTED", *([ending] if ending else [])]
        assert sorted(types_of(services, run_id)) == sorted(expected)
        assert services.runs.summary(run_id).status == expected[-1]
    assert sum(ended) >= 3
    assert open_runs(database) == 2


def test_a_run_that_dagster_does_not_know_has_failed(
    services, database, orchestrator, start, later
):
    run_id = start()
    orchestrator.runs.clear()

    assert (later(), later()) == (1, 0)

    assert services.runs.summary(run_id).status == "FAIL"
    failure = services.runs.list_events(run_id)[0].run.facets["nmdcRuntime_failure"]
    assert failure["message"] == "Dagster does not know the run"
    assert open_runs(database) == 0


def test_while_dagster_cannot_be_asked_nothing_is_recorded(
    services, database, orchestrator, start, later
):
    run_ids = [start(), start()]
    orchestrator.is_down = True

    assert later() == 0

    assert [services.runs.summary(each).status for each in run_ids] == ["STARTED", "STARTED"]
    assert open_runs(database) == 2
    orchestrator.is_down = False
    orchestrator.runs[0].state = RunState.SUCCESS
    assert later() == 1


def test_a_run_whose_answer_was_lost_is_found_again(services, database, orchestrator, start, later):
    orchestrator.loses_answers = True
    with pytest.raises(RunNotStarted) as caught:
        start()
    run_id = caught.value.facts["run_id"]
    assert services.runs.summary(run_id).status == "FAIL"
    orchestrator.runs[0].state = RunState.SUCCESS

    assert later() == 1

    summary = services.runs.summary(run_id)
    assert summary.status == "COMPLETE"
    assert summary.dagster_run_url.endswith(orchestrator.runs[0].run_id)
    assert len(orchestrator.runs) == 1


def test_a_launch_that_never_arrived_fails_once_and_is_forgotten(
    services, database, orchestrator, start, later
):
    orchestrator.is_down = True
    with pytest.raises(RunNotStarted) as caught:
        start()
    orchestrator.is_down = False

    assert later() == 1

    assert types_of(services, caught.value.facts["run_id"]) == ["REQUESTED", "FAIL"]
    assert open_runs(database) == 0


def test_a_run_that_was_refused_is_not_looked_for(services, database, orchestrator, start):
    orchestrator.refusal = "no such op"
    with pytest.raises(RunConfigRefused):
        start()

    assert open_runs(database) == 0


def test_a_hub_that_dies_before_it_launches_leaves_a_run_that_fails(
    services, database, orchestrator, start, later
):
    run_id = start("key")
    # As it was when the hub had answered nobody and launched nothing yet.
    orchestrator.runs.clear()
    database["run_events"].delete_many({"type": "STARTED"})
    database[RUN_REQUESTS].update_one({}, {"$unset": {"dagster_run_id": "", "launching_until": ""}})

    assert later() == 1
    assert services.runs.summary(run_id).status == "FAIL"
    assert start("key") == run_id, "and the same request goes on as the same run"
    assert len(orchestrator.runs) == 1


def test_completion_that_is_told_ends_the_looking(services, database, orchestrator, start, later):
    run_id = start()
    services.runs.record_complete(
        run_id=run_id, dagster_run_id=orchestrator.runs[0].run_id, outputs=["/objects/gfs0a"]
    )
    orchestrator.runs[0].state = RunState.FAILURE

    assert (open_runs(database), later()) == (0, 0)
    assert services.runs.summary(run_id).outputs == ["/objects/gfs0a"]


def test_an_attempt_that_dagster_makes_by_itself_is_followed(
    services, database, orchestrator, start, later
):
    run_id = start()
    first = orchestrator.runs[0]
    second = orchestrator.launch(first.job_name, first.run_config, first.tags)

    assert later() == 0
    assert services.runs.summary(run_id).dagster_run_url.endswith(second)
    orchestrator.runs[1].state = RunState.SUCCESS
    assert later() == 1
    assert services.runs.summary(run_id).status == "COMPLETE"


def test_open_runs_are_found_by_an_index(services, database, start):
    start()
    plan = database[RUN_REQUESTS].find({"look_at": {"$lte": LONG_AGO}}).sort("look_at").explain()

    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])

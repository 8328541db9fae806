from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.runs.models import (
    DAGSTER_RUN_ID_FACET,
    FAILURE_FACET,
    JobRef,
    RunEvent,
    RunEventType,
    RunRef,
)
from nmdc_runtime.runs.rules import in_order, moment_of, summarize


def an_event(kind: RunEventType, time: str, **fields) -> RunEvent:
    return RunEvent(
        **{"producer": "somebody", "run": RunRef(id="run1"), "job": JobRef(id="w")} | fields,
        type=kind,
        time=time,
    )


REQUESTED = an_event(
    RunEventType.REQUESTED, "2026-11-23T12:00:00.000+00:00", producer="alice", inputs=["/objects/a"]
)
STARTED = an_event(RunEventType.STARTED, "2026-11-23T12:00:01.000+00:00")
COMPLETE = an_event(
    RunEventType.COMPLETE, "2026-11-23T12:00:02.000+00:00", outputs=["/operations/b"]
)


def test_a_summary_tells_who_asked_first_and_what_happened_last():
    summary = summarize([COMPLETE, REQUESTED, STARTED])

    assert summary.id == "run1"
    assert summary.was_started_by == "alice"
    assert summary.started_at_time == REQUESTED.time
    assert summary.status is RunEventType.COMPLETE
    assert summary.inputs == ["/objects/a"]
    assert summary.outputs == ["/operations/b"]


def test_at_one_moment_events_stand_in_the_order_of_a_runs_life():
    moment = "2026-11-23T12:00:00+00:00"
    events = [an_event(kind, moment) for kind in reversed(RunEventType)]

    assert [event.type for event in in_order(events)] == list(RunEventType)


@pytest.mark.parametrize(
    "text", ["2026-11-23T12:00:00", "2026-11-23T12:00:00Z", "2026-11-23T13:00:00+01:00"]
)
def test_times_in_any_published_form_are_the_same_moment(text):
    moment = moment_of(an_event(RunEventType.STARTED, text))

    assert moment == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_time_that_is_none_comes_first_and_breaks_nothing():
    odd = an_event(RunEventType.FAIL, "yesterday")

    assert summarize([COMPLETE, odd]).status is RunEventType.COMPLETE


@given(st.permutations([REQUESTED, STARTED, COMPLETE]))
def test_the_order_in_which_events_were_stored_does_not_matter(events):
    assert summarize(events) == summarize([REQUESTED, STARTED, COMPLETE])


def at(second: int) -> str:
    return f"2026-11-23T12:00:{second:02}.000+00:00"


def started(attempt: str, second: int) -> RunEvent:
    run = RunRef(id="run1", facets={DAGSTER_RUN_ID_FACET: attempt})
    return an_event(RunEventType.STARTED, at(second), run=run)


def failed(attempt: str, second: int) -> RunEvent:
    run = RunRef(id="run1", facets={FAILURE_FACET: {"message": "because", "attempt": attempt}})
    return an_event(RunEventType.FAIL, at(second), run=run)


def complete(second: int) -> RunEvent:
    return an_event(RunEventType.COMPLETE, at(second))


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([started("a", 1), complete(2), started("a", 3)], "COMPLETE"),
        ([started("a", 1), complete(2), failed("a", 3)], "COMPLETE"),
        ([failed("a", 1), started("b", 2)], "STARTED"),
        ([failed("a", 1), started("b", 2), complete(3)], "COMPLETE"),
        ([failed("a", 1), started("a", 2)], "FAIL"),
        ([failed("a", 1), started("b", 2), failed("b", 3)], "FAIL"),
        ([failed("a", 2), started("b", 1)], "FAIL"),
    ],
    ids=[
        "a late start after completion",
        "a worker that dies when all is done",
        "a retry after a failure",
        "a retry that succeeds",
        "the start of the attempt that failed, told late",
        "a retry that fails",
        "the failure is the news",
    ],
)
def test_the_status_is_that_of_the_last_event_that_is_news(events, status):
    assert summarize([REQUESTED, *events]).status == status


@given(
    st.lists(
        st.one_of(
            st.builds(started, st.sampled_from("abc"), st.integers(1, 59)),
            st.builds(failed, st.sampled_from("abc"), st.integers(1, 59)),
            st.builds(complete, st.integers(1, 59)),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_what_is_complete_stays_so_whatever_else_is_told_and_in_whatever_order(events, random):
    told = [REQUESTED, *events]
    shuffled = random.sample(told, len(told))

    summary = summarize(shuffled)

    assert (summary.status is RunEventType.COMPLETE) == any(
        event.type is RunEventType.COMPLETE for event in events
    )
    assert (summary.status is RunEventType.REQUESTED) == (not events)
    assert (summary.was_started_by, summary.started_at_time) == ("alice", REQUESTED.time)
    assert summarize([*told, *events]).status is summary.status, "told twice is told once"


@given(st.lists(st.sampled_from(list(RunEventType)), min_size=1, max_size=4))
def test_what_others_report_of_our_runs_changes_nothing_of_them(kinds):
    forged = [
        an_event(kind, at(second), reported_by="mallory", inputs=["/x"], outputs=["/y"])
        for second, kind in zip([0, 57, 58, 59], kinds, strict=False)
    ]
    ours = [REQUESTED, started("a", 1)]

    assert summarize([*forged, *ours]) == summarize(ours)
    assert summarize(forged).status in kinds


def test_a_run_that_dagster_has_taken_is_linked_to_the_latest_attempt():
    events = [REQUESTED, started("a/1", 1), failed("a/1", 2), started("b", 3)]
    url = "https://dagster.example.org/ui"

    assert summarize(events, dagster_url=url).dagster_run_url == f"{url}/runs/b"
    assert summarize(events[:2], dagster_url=url).dagster_run_url == f"{url}/runs/a%2F1"
    assert "dagster_run_url" not in summarize([REQUESTED], dagster_url=url).model_fields_set

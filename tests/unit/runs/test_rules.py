from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.runs.models import JobRef, RunEvent, RunEventType, RunRef
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

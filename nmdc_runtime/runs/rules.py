"""A run's history, as pure functions over its events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from nmdc_runtime.runs.errors import EventTimeUnreadable
from nmdc_runtime.runs.models import (
    DAGSTER_RUN_ID_FACET,
    FAILURE_FACET,
    RunEvent,
    RunEventType,
    RunSummary,
)

#: Before all that can happen: the moment of a text that is no time.
NO_TIME = datetime.min.replace(tzinfo=UTC)
_ORDER = {kind: rank for rank, kind in enumerate(RunEventType)}


def moment_of(event: RunEvent) -> datetime:
    """Return the event's time; text without a zone is UTC, text that is no time sorts first."""
    try:
        moment = datetime.fromisoformat(event.time)
    except ValueError:
        return NO_TIME
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_time(event: RunEvent) -> None:
    """Raise `EventTimeUnreadable` unless the event's time is one."""
    if moment_of(event) == NO_TIME:
        raise EventTimeUnreadable(event.time)


def in_order(events: Sequence[RunEvent]) -> list[RunEvent]:
    """Return the events by time; at the same moment in the order of a run's life."""
    return sorted(events, key=lambda event: (moment_of(event), _ORDER[event.type]))


def decisive(events: Sequence[RunEvent]) -> list[RunEvent]:
    """Return, in order, the events that say how the run stands.

    Of a run that we requested ourselves they are our own: anybody with a token may report one.
    """
    ordered = in_order(events)
    return [event for event in ordered if event.reported_by is None] or ordered


def standing(events: Sequence[RunEvent]) -> RunEvent:
    """Return which of the decisive events, of which there is at least one, tells the status.

    That is the last one, except that what is complete stays complete (a worker may die, or be
    told of, after its work was done), and that the start of an attempt says nothing once it is
    known that this attempt failed.
    """
    complete = [event for event in events if event.type is RunEventType.COMPLETE]
    if complete:
        return complete[-1]
    failed = {_attempt(event) for event in events if event.type is RunEventType.FAIL} - {None}
    return [
        event
        for event in events
        if not (event.type is RunEventType.STARTED and dagster_run_id_of(event) in failed)
    ][-1]


def dagster_run_id_of(event: RunEvent) -> str | None:
    """Return the Dagster run that the event names."""
    named = (event.run.facets or {}).get(DAGSTER_RUN_ID_FACET)
    return named if isinstance(named, str) else None


def _attempt(event: RunEvent) -> str | None:
    """Return the attempt that failed, of a FAIL event of ours."""
    failure = (event.run.facets or {}).get(FAILURE_FACET)
    attempt = failure.get("attempt") if isinstance(failure, dict) else None
    return attempt if isinstance(attempt, str) else None


def summarize(events: Sequence[RunEvent], *, dagster_url: str = "") -> RunSummary:
    """Tell a run by its events, of which there is at least one.

    Parameters
    ----------
    dagster_url
        Where people see Dagster's web UI.
    """
    told = decisive(events)
    first, last = told[0], standing(told)
    summary = RunSummary(
        id=last.run.id,
        status=last.type,
        started_at_time=first.time,
        was_started_by=first.producer,
        inputs=[name for event in told for name in event.inputs],
        outputs=[name for event in told for name in event.outputs],
        job=last.job,
        producer=last.producer,
        schemaURL=last.schemaURL,
    )
    own = [event for event in told if event.reported_by is None]
    launched = [named for event in own if (named := dagster_run_id_of(event))]
    if launched and dagster_url:
        # Set only where there is one: what is unset is left out of the answer.
        summary.dagster_run_url = f"{dagster_url}/runs/{quote(launched[-1], safe='')}"
    return summary

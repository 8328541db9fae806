"""A run's history, as pure functions over its events."""

from collections.abc import Sequence
from datetime import UTC, datetime

from nmdc_runtime.runs.errors import EventTimeUnreadable
from nmdc_runtime.runs.models import RunEvent, RunEventType, RunSummary

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


def summarize(events: Sequence[RunEvent]) -> RunSummary:
    """Tell a run by its events, of which there is at least one."""
    ordered = in_order(events)
    first, last = ordered[0], ordered[-1]
    return RunSummary(
        id=last.run.id,
        status=last.type,
        started_at_time=first.time,
        was_started_by=first.producer,
        inputs=[name for event in ordered for name in event.inputs],
        outputs=[name for event in ordered for name in event.outputs],
        job=last.job,
        producer=last.producer,
        schemaURL=last.schemaURL,
    )

"""Create the jobs that objects ask for by their type: a sensor looks, a run stores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import dagster as dg

from nmdc_runtime.jobs.models import Wanted
from nmdc_runtime.site.batches import Asked, ask_for
from nmdc_runtime.site.ensure_jobs import ensure_jobs
from nmdc_runtime.site.presets import LAUNCHED_BY_TAG, Preset
from nmdc_runtime.wiring import Services

#: Jobs that one run is asked to store.
MOST_JOBS: Final = 500
#: How often all objects of triggering types are looked at: such as others than the hub have
#: written, or of a trigger that is new.
WHOLE_EVERY: Final = timedelta(minutes=10)
#: How much longer than by its own word a change may take to be seen: clocks differ, and a change
#: is seen when its transaction ends.
OVERLAP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How far the sensor has come.

    Parameters
    ----------
    at, whole_at
        When a look found all that was missing; the same of a look at all objects.
    asked
        What the last look asked for.
    """

    at: datetime | None = None
    whole_at: datetime | None = None
    asked: Asked | None = None

    def since(self, now: datetime) -> datetime | None:
        """Return from when on objects are looked at now; None: all."""
        if self.at is None or self.whole_at is None or now - self.whole_at >= WHOLE_EVERY:
            return None
        return self.at - OVERLAP

    def after(self, wanted: Sequence[Wanted], *, since: datetime | None, now: datetime) -> "Looked":
        """Return how far the sensor is when a look has found this.

        Behind what is more than one run is asked for, the next look finds the rest. What is asked
        for and never comes to be is found by the next look at all objects.
        """
        asked = ask_for(wanted, self.asked, now=now) if wanted else None
        if len(wanted) >= MOST_JOBS:
            return Looked(at=self.at, whole_at=self.whole_at, asked=asked)
        return Looked(at=now, whole_at=now if since is None else self.whole_at, asked=asked)

    def cursor(self) -> str:
        """Return this as a sensor's cursor."""
        return json.dumps(
            {
                "at": self.at and self.at.isoformat(),
                "whole_at": self.whole_at and self.whole_at.isoformat(),
                "asked": self.asked and self.asked.to_json(),
            }
        )

    @classmethod
    def of_cursor(cls, cursor: str | None) -> Self:
        """Return what a cursor says; none, or one of another version's: nothing."""
        try:
            kept = json.loads(cursor or "{}")
            at, whole_at, asked = kept.get("at"), kept.get("whole_at"), kept.get("asked")
            return cls(
                at=at and datetime.fromisoformat(at),
                whole_at=whole_at and datetime.fromisoformat(whole_at),
                asked=asked and Asked.from_json(asked),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


def run_config_of(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """Return the config of a run that stores these jobs."""
    base_jobs = [
        {"workflow": {"id": each.workflow_id}, "config": {"object_id": each.object_id}}
        for each in wanted
    ]
    return {"ops": {"construct_jobs": {"config": {"base_jobs": base_jobs}}}}


def look(services: Services, cursor: str | None) -> dg.SensorResult:
    """Look for jobs that are wanted and not there, and ask for a run that stores them."""
    now, before = services.clock(), Looked.of_cursor(cursor)
    since = before.since(now)
    wanted = services.jobs.triggered.list_wanted(since=since, most=MOST_JOBS)
    after = before.after(wanted, since=since, now=now)
    if not wanted or after.asked is None:
        return dg.SensorResult(
            skip_reason="each object of a triggering type has its job", cursor=after.cursor()
        )
    request = dg.RunRequest(
        run_key=after.asked.run_key,
        run_config=run_config_of(wanted),
        tags={LAUNCHED_BY_TAG: "sensor"},
    )
    return dg.SensorResult(run_requests=[request], cursor=after.cursor())


def process_workflow_job_triggers(preset: Preset) -> dg.SensorDefinition:
    """Return the sensor of this name."""

    @dg.sensor(
        name="process_workflow_job_triggers",
        job_name="ensure_job_triggered",
        description="Looks for objects whose type asks for a job that is not there yet.",
        minimum_interval_seconds=preset.sensor_interval_s,
        default_status=preset.sensor_status,
    )
    def sensor(
        context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
    ) -> dg.SensorResult:
        return look(services, context.cursor)

    return sensor


def ensure_job_triggered_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``ensure_job_triggered``: ``ensure_jobs``, when a sensor asks for it."""
    return preset.job(
        ensure_jobs,
        name="ensure_job_triggered",
        is_repeatable=True,
        description="Create the NMDC jobs that objects ask for by their type.",
    )

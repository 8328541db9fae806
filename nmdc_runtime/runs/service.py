"""What may be done with runs, whoever asks."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.runs.errors import RunIdMismatch, RunNotFound
from nmdc_runtime.runs.models import (
    DAGSTER_RUN_ID_FACET,
    FAILURE_FACET,
    PRODUCER_URL,
    RUN_CONFIG_FACET,
    SCHEMA_URL,
    JobRef,
    RunEvent,
    RunEventType,
    RunRef,
    RunSummary,
)
from nmdc_runtime.runs.rules import check_time, decisive, in_order, moment_of, summarize
from nmdc_runtime.runs.store import RunEventStore, RunRequestStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunService:
    """Record what happens to runs and tell it.

    Parameters
    ----------
    dagster_url
        Where people see Dagster's web UI.
    """

    events: RunEventStore
    requests: RunRequestStore
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    dagster_url: str = ""

    def summary(self, run_id: str) -> RunSummary:
        """Return the run as its events tell it, or raise `RunNotFound`."""
        return summarize(self._events_of(run_id), dagster_url=self.dagster_url)

    def list_events(self, run_id: str) -> list[RunEvent]:
        """Return the run's events, newest first, or raise `RunNotFound`."""
        return in_order(self._events_of(run_id))[::-1]

    def report(self, run_id: str, event: RunEvent, *, username: str) -> RunEvent:
        """Keep an event that somebody reports, and return it.

        The same type of event at the same moment of the run is the same event, which is kept
        as it was first reported.

        Raises
        ------
        RunIdMismatch
            The event is of another run.
        EventTimeUnreadable
            Its time is none.
        """
        if event.run.id != run_id:
            raise RunIdMismatch
        check_time(event)

        def report(tx: Transaction) -> RunEvent:
            kept, is_new = self.events.keep_reported(
                event, moment=moment_of(event).astimezone(UTC), username=username, tx=tx
            )
            if is_new:
                self.audit.record(
                    "report_run_event",
                    f"runs/{run_id}",
                    after=event.model_dump(mode="json"),
                    details={"type": event.type},
                    tx=tx,
                )
            return kept

        return self.transactions.run(report)

    def record_requested(
        self,
        run_id: str,
        *,
        job: JobRef,
        username: str,
        run_config: dict[str, Any],
        inputs: list[str],
        tx: Transaction,
    ) -> None:
        """Record that somebody asked for the run."""
        event = RunEvent(
            producer=username,
            run=RunRef(id=run_id, facets={RUN_CONFIG_FACET: run_config}),
            job=job.model_copy(update={"producer": PRODUCER_URL, "schemaURL": SCHEMA_URL}),
            type=RunEventType.REQUESTED,
            time=self._now(),
            inputs=inputs,
        )
        self.events.record(event, attempt="", tx=tx)

    def record_started(self, run_id: str, *, dagster_run_id: str, time: str | None = None) -> None:
        """Record that Dagster took the run, at the moment it was asked to."""
        facets = {DAGSTER_RUN_ID_FACET: dagster_run_id}
        event = self._next(run_id, RunEventType.STARTED, facets=facets)
        if time is not None:
            event.time = time
        self.events.record(event, attempt=dagster_run_id)

    def record_failed(
        self, run_id: str, *, reason: str, attempt: str, tx: Transaction | None = None
    ) -> None:
        """Record that the attempt came to nothing, and why.

        Parameters
        ----------
        attempt
            Dagster's id of the run, or what else tells this attempt from others.
        """
        facets = {FAILURE_FACET: {"message": reason, "attempt": attempt}}
        event = self._next(run_id, RunEventType.FAIL, facets=facets, tx=tx)
        self.events.record(event, attempt=attempt, tx=tx)
        self.requests.close(run_id, tx=tx)

    def record_complete(
        self,
        *,
        run_id: str | None,
        dagster_run_id: str,
        outputs: list[str],
        tx: Transaction | None = None,
    ) -> str | None:
        """Record, once, that the run is done; return its id, or None if nobody asked for one."""
        run_id = run_id or self.events.find_run_id(dagster_run_id=dagster_run_id)
        if run_id is None:
            return None
        facets = {DAGSTER_RUN_ID_FACET: dagster_run_id}
        event = self._next(run_id, RunEventType.COMPLETE, facets=facets, tx=tx)
        event.outputs = outputs
        self.events.record(event, attempt="", tx=tx)
        self.requests.close(run_id, dagster_run_id=dagster_run_id, tx=tx)
        return run_id

    def now_text(self) -> str:
        """Return the time now as events carry it."""
        return self._now()

    def _now(self) -> str:
        return self.clock().isoformat(timespec="milliseconds")

    def _events_of(self, run_id: str, *, tx: Transaction | None = None) -> list[RunEvent]:
        events = self.events.list_of_run(run_id, tx=tx)
        if not events:
            raise RunNotFound(run_id)
        return events

    def _next(
        self,
        run_id: str,
        kind: RunEventType,
        *,
        facets: dict[str, Any],
        tx: Transaction | None = None,
    ) -> RunEvent:
        first = decisive(self._events_of(run_id, tx=tx))[0]
        return RunEvent(
            producer=PRODUCER_URL,
            run=RunRef(id=run_id, facets={**(first.run.facets or {}), **facets}),
            job=first.job,
            type=kind,
            time=self._now(),
        )

"""The only module that knows the shape of the ``run_events`` collection."""

from datetime import datetime

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.runs.models import DAGSTER_RUN_ID_FACET, RunEvent, RunEventType

RUN_EVENTS = "run_events"
#: Who reported an event that is not our own.
REPORTED_BY = "reported_by"
INDEXES = (
    Index(collection=RUN_EVENTS, keys=("run.id", "time")),
    Index(collection=RUN_EVENTS, keys=(f"run.facets.{DAGSTER_RUN_ID_FACET}",)),
)


class RunEventStore:
    """Reads and writes run events."""

    def __init__(self, database: Database[Document]) -> None:
        self._events = database[RUN_EVENTS]

    def list_of_run(self, run_id: str, *, tx: Transaction | None = None) -> list[RunEvent]:
        """Return the events of the run, in no particular order."""
        found = self._events.find({"run.id": run_id}, NO_OBJECT_ID, session=session_of(tx))
        return [RunEvent.model_validate(document) for document in found]

    def find_run_id(self, *, dagster_run_id: str) -> str | None:
        """Return the run that the Dagster run executes, if it was started for one.

        Only our own events say so: anybody may report one that names a Dagster run.
        """
        found = self._events.find_one(
            {
                f"run.facets.{DAGSTER_RUN_ID_FACET}": dagster_run_id,
                REPORTED_BY: {"$exists": False},
            }
        )
        return str(found["run"]["id"]) if found else None

    def record(self, event: RunEvent, *, attempt: str, tx: Transaction | None = None) -> bool:
        """Store the event once per run, type and attempt; False if it is there already."""
        key = event_key(event.run.id, event.type, attempt)
        outcome = self._events.update_one(
            {"_id": key},
            {"$setOnInsert": event.model_dump(mode="json", exclude_none=True)},
            upsert=True,
            session=session_of(tx),
        )
        return outcome.upserted_id is not None

    def keep_reported(
        self, event: RunEvent, *, moment: datetime, username: str, tx: Transaction
    ) -> tuple[RunEvent, bool]:
        """Keep an event that somebody reports, once per run, type and moment.

        Return the event that is kept, and whether it is new.
        """
        key = event_key(event.run.id, event.type, f"reported/{moment.isoformat()}")
        wanted = {**event.model_dump(mode="json", exclude_none=True), REPORTED_BY: username}
        kept = self._events.find_one_and_update(
            {"_id": key},
            {"$setOnInsert": wanted},
            projection=NO_OBJECT_ID,
            upsert=True,
            session=tx.session,
        )
        return (event, True) if kept is None else (RunEvent.model_validate(kept), False)


def event_key(run_id: str, kind: RunEventType, attempt: str) -> str:
    """Return MongoDB's key of an event, which makes recording it again a no-op."""
    return f"{run_id}/{kind}/{attempt}"

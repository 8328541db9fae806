"""The only module that knows the shape of the ``run_events`` collection."""

from datetime import datetime
from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.runs.models import DAGSTER_RUN_ID_FACET, RunEvent, RunEventType, RunRequest

RUN_EVENTS = "run_events"
#: Who reported an event that is not our own.
REPORTED_BY = "reported_by"
#: Runs that somebody asked the hub for; MongoDB's own key is the run's id.
RUN_REQUESTS = "_runtime.run_requests"
INDEXES = (
    # Only runs that have not ended have a time at which to look at them.
    Index(collection=RUN_REQUESTS, keys=("look_at",)),
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


class RunRequestStore:
    """Remembers runs that somebody asked the hub for, until they have ended and after."""

    def __init__(self, database: Database[Document]) -> None:
        self._requests = database[RUN_REQUESTS]

    def add(self, request: RunRequest, *, tx: Transaction) -> None:
        """Remember a new request."""
        document = request.model_dump(exclude={"id"}, exclude_none=True)
        self._requests.insert_one({"_id": request.id, **document}, session=tx.session)

    def find(self, run_id: str) -> RunRequest | None:
        """Return the request for this run, if it was made here."""
        return _request(self._requests.find_one({"_id": run_id}))

    def take_launch(
        self, run_id: str, *, now: datetime, until: datetime, look_at: datetime
    ) -> RunRequest | None:
        """Take the right to hand the run to Dagster, and return the request as it was before.

        None: Dagster has the run, or another process is just handing it over.
        """
        return _request(
            self._requests.find_one_and_update(
                {
                    "_id": run_id,
                    "dagster_run_id": None,
                    "$or": [{"launching_until": None}, {"launching_until": {"$lte": now}}],
                },
                {"$set": {"launching_until": until, "look_at": look_at}},
            )
        )

    def end_launch(self, run_id: str, *, now: datetime, look_at: datetime | None) -> None:
        """Note that Dagster did not take the run, and when to look whether it did after all."""
        self._set(run_id, launching_until=now, look_at=look_at)

    def mark_launched(self, run_id: str, *, dagster_run_id: str, look_at: datetime) -> None:
        """Note that Dagster has the run."""
        self._set(run_id, dagster_run_id=dagster_run_id, look_at=look_at)

    def list_due(self, *, now: datetime, most: int) -> list[str]:
        """Return runs whose time to be looked at has come, the longest waiting first."""
        due = self._requests.find({"look_at": {"$lte": now}}, {"_id": 1})
        return [str(found["_id"]) for found in due.sort("look_at").limit(most)]

    def take_look(self, run_id: str, *, now: datetime, look_at: datetime) -> RunRequest | None:
        """Take the right to look at the run; None if another process is faster."""
        return _request(
            self._requests.find_one_and_update(
                {"_id": run_id, "look_at": {"$lte": now}}, {"$set": {"look_at": look_at}}
            )
        )

    def close(
        self, run_id: str, *, dagster_run_id: str | None = None, tx: Transaction | None = None
    ) -> None:
        """Note that the run has ended, and in Dagster's which; no matter if it is not known."""
        change: Document = {"$unset": {"look_at": ""}}
        if dagster_run_id is not None:
            change["$set"] = {"dagster_run_id": dagster_run_id}
        self._requests.update_one({"_id": run_id}, change, session=session_of(tx))

    def _set(self, run_id: str, **changes: Any) -> None:  # noqa: ANN401 (of the model)
        gone = {name: "" for name, value in changes.items() if value is None}
        kept = {name: value for name, value in changes.items() if value is not None}
        change = {"$set": kept} | ({"$unset": gone} if gone else {})
        self._requests.update_one({"_id": run_id}, change)


def _request(document: Document | None) -> RunRequest | None:
    if document is None:
        return None
    return RunRequest.model_validate({"look_at": None, **document, "id": document["_id"]})


def event_key(run_id: str, kind: RunEventType, attempt: str) -> str:
    """Return MongoDB's key of an event, which makes recording it again a no-op."""
    return f"{run_id}/{kind}/{attempt}"

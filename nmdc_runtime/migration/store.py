"""What is kept of migrations: events and their view, and the state of the last one."""

from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from nmdc_runtime.migration.errors import VersionUnknown
from nmdc_runtime.migration.models import EventKind, MigrationState
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, session_of

EVENTS: Final = "_migration_events"
LATEST_VIEW: Final = "_migration_latest_schema_version"
MIGRATION: Final = "_runtime.migration"
BEFORE: Final = "_before_"
TEMPORARY: Final = "_runtime.tmp.migration."
STATE_ID: Final = "state"
LEASE: Final = "lease"
TXN_LOG: Final = "txn_log"

#: The events that say which version the data have; the others only tell what happened.
DECISIVE: Final = (EventKind.STARTED, EventKind.COMPLETED, EventKind.ROLLED_BACK)
#: The newest of them. ``created_at`` is text, and may be the same twice.
LATEST: Final[list[Document]] = [
    {"$match": {"event": {"$in": [str(each) for each in DECISIVE]}}},
    {"$sort": {"created_at": -1, "_id": -1}},
    {"$limit": 1},
    {
        "$project": {
            "_id": 0,
            "schema_version": {
                "$switch": {
                    "branches": [
                        {
                            "case": {"$eq": ["$event", str(EventKind.COMPLETED)]},
                            "then": "$to_schema_version",
                        },
                        {
                            "case": {"$eq": ["$event", str(EventKind.ROLLED_BACK)]},
                            "then": "$from_schema_version",
                        },
                    ],
                    "default": None,
                }
            },
        }
    },
]


class MigrationStore:
    """Reads and writes what is kept of migrations."""

    def __init__(self, database: Database[Document]) -> None:
        self.database = database
        self._events = database[EVENTS]
        self._migration = database[MIGRATION]

    def get_data_version(self) -> str:
        """Return the version that the data satisfy; raise `VersionUnknown`."""
        found = list(self._events.aggregate(LATEST))
        if not found:
            raise VersionUnknown("no migration of this database is on record")
        version = found[0]["schema_version"]
        if not isinstance(version, str):
            raise VersionUnknown("the last migration on record has not ended")
        return version

    def find_data_version(self) -> str | None:
        """Return the version that the data satisfy, or None if nobody wrote it down."""
        try:
            return self.get_data_version()
        except VersionUnknown:
            return None

    def add_event(
        self, kind: EventKind, state: MigrationState, *, now: datetime, **facts: object
    ) -> None:
        """Write down what happened; the first five members are as published."""
        self._events.insert_one(
            {
                "created_at": now.isoformat(),
                "event": str(kind),
                "from_schema_version": state.source,
                "to_schema_version": state.target,
                "migrator_module": ", ".join(state.modules) or None,
                "at": now,
                "migration_id": state.id,
                **facts,
            }
        )

    def ensure_view(self) -> None:
        """Make the published view, also where there is one that takes any event for decisive."""
        view: Document = {"viewOn": EVENTS, "pipeline": LATEST}
        if self.database.list_collection_names(filter={"name": LATEST_VIEW}):
            self.database.command({"collMod": LATEST_VIEW, **view})
        else:
            self.database.command({"create": LATEST_VIEW, **view})

    def find_state(self) -> MigrationState | None:
        """Return the state of the last migration."""
        stored = self._migration.find_one({"_id": STATE_ID}, {"_id": 0})
        return MigrationState.model_validate(stored) if stored else None

    def put_state(self, state: MigrationState, *, tx: Transaction | None = None) -> None:
        """Keep the state."""
        self._migration.replace_one(
            {"_id": STATE_ID}, state.model_dump(mode="json"), upsert=True, session=session_of(tx)
        )

    def put_mark(self, mark: str) -> None:
        """Write something that a stream of changes shows."""
        self._migration.update_one({"_id": mark}, {"$set": {"mark": True}}, upsert=True)
        self._migration.delete_one({"_id": mark})

    def completed_at(self, migration_id: str) -> datetime | None:
        """Return when a migration was completed."""
        wanted = {"migration_id": migration_id, "event": str(EventKind.COMPLETED)}
        found = self._events.find_one(wanted, {"at": 1})
        return found["at"] if found else None

    def count_writes(self, collections: list[str], *, since: datetime) -> int:
        """Count what was written to collections since then."""
        wanted: dict[str, Any] = {"ts": {"$gte": since}, "tgt.c": {"$in": collections}}
        return self.database[TXN_LOG].count_documents(wanted)

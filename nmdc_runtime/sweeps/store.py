"""Leftovers in MongoDB, and the notes of when they were first seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.sweeps.models import Expiring, Leftover

LEFTOVERS: Final = "_runtime.leftovers"


class LeftoverStore:
    """Finds and removes temporary collections, scratch databases and expired documents.

    Parameters
    ----------
    temporaries
        What the names of temporary collections begin with.
    scratches
        What stands between the name of the database and an id, in names of scratch databases.
    """

    def __init__(
        self,
        database: Database[Document],
        *,
        temporaries: Sequence[str],
        scratches: Sequence[str],
    ) -> None:
        self._database = database
        self._notes = database[LEFTOVERS]
        self._temporaries = tuple(temporaries)
        self._scratches = tuple(f"{database.name}{each}" for each in scratches)

    def list_leftovers(self) -> list[Leftover]:
        """Return what is there now, whether somebody still works with it or not."""
        found = [
            Leftover(name=each["name"], identity=str(each["info"]["uuid"]), is_database=False)
            for each in self._database.list_collections()
            if each["name"].startswith(self._temporaries)
        ]
        for name in self._database.client.list_database_names():
            if name.startswith(self._scratches):
                collections = self._database.client[name].list_collections()
                made = sorted(str(each["info"].get("uuid")) for each in collections)
                found.append(Leftover(name=name, identity=" ".join(made), is_database=True))
        return found

    def note(self, leftovers: Sequence[Leftover], *, now: datetime) -> dict[str, datetime]:
        """Return since when each is known by its name; what is not there any more is forgotten."""
        known = {each["_id"]: each for each in self._notes.find()}
        since: dict[str, datetime] = {}
        for each in leftovers:
            before = known.pop(each.name, None)
            if before is not None and before["identity"] == each.identity:
                since[each.name] = before["seen_at"]
            else:
                seen = {"identity": each.identity, "seen_at": now}
                self._notes.replace_one({"_id": each.name}, seen, upsert=True)
                since[each.name] = now
        self._notes.delete_many({"_id": {"$in": [*known]}})
        return since

    def remove(self, leftover: Leftover) -> None:
        """Drop it, and forget the note."""
        if leftover.is_database:
            self._database.client.drop_database(leftover.name)
        else:
            self._database.drop_collection(leftover.name)
        self._notes.delete_one({"_id": leftover.name})

    def count_expired(self, expiring: Expiring, *, before: datetime) -> int:
        """Count the documents whose time was over by then."""
        return self._database[expiring.collection].count_documents(_expired(expiring, before))

    def remove_expired(self, expiring: Expiring, *, before: datetime) -> None:
        """Remove them."""
        self._database[expiring.collection].delete_many(_expired(expiring, before))


def _expired(expiring: Expiring, before: datetime) -> Document:
    return {expiring.key: {"$lt": before - expiring.after}}

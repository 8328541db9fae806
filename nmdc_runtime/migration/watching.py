"""Whoever writes past the lock is noticed: what was copied before would be lost."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.graph.changes import Changes, Gathering, open_changes
from nmdc_runtime.migration.errors import SomebodyWrote
from nmdc_runtime.migration.store import MIGRATION, MigrationStore
from nmdc_runtime.mongo.documents import Document


@dataclass(frozen=True, slots=True)
class Watch:
    """The changes of some collections since a moment."""

    store: MigrationStore
    changes: Changes
    gathering: Gathering

    def check(self) -> None:
        """Raise `SomebodyWrote` if one of the collections has changed; the watch ends."""
        mark = f"mark:{ObjectId()}"
        self.store.put_mark(mark)
        written: set[str] = set()
        seen = False
        for keys, _ in self.gathering.batches():
            written.update(key.collection for key in keys)
            seen = seen or any(key.value == mark for key in keys)
        while not seen:  # all that came before the mark comes before it here, too
            batch = self.changes.next_batch()
            written.update(key.collection for key in batch.keys)
            seen = any(key.value == mark for key in batch.keys)
        written.discard(MIGRATION)
        if written:
            raise SomebodyWrote(sorted(written))


@contextmanager
def watching(
    database: Database[Document], collections: Sequence[str], store: MigrationStore
) -> Iterator[Watch]:
    """Yield a watch over the collections, from now on."""
    with (
        open_changes(database, [*collections, MIGRATION], after=None) as changes,
        closing(Gathering(changes)) as gathering,
    ):
        yield Watch(store, changes, gathering)

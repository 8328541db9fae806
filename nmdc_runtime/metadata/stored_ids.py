"""Which ids stored documents have; fills `nmdc_runtime.ids.ledger.DocumentLookup`."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.schema.ids import has_run_number, typecode_of
from nmdc_runtime.schema.registry import SchemaRegistry

#: Ids in one query; each may need a range of the index of its own.
CHUNK: Final = 500


class StoredIds:
    """Looks ids up in the collections that may hold documents with their typecode."""

    def __init__(self, database: Database[Document], registry: SchemaRegistry) -> None:
        self._database = database
        self._registry = registry
        self._with_runs = {
            each.collection for each in registry.classes.values() if has_run_number(each)
        }

    def find_used(self, ids: Iterable[str], *, tx: Transaction | None = None) -> set[str]:
        """Return those of the ids that a document has, be it with a run number behind."""
        by_collection: dict[str, list[str]] = {}
        for each in ids:
            for name in self._registry.collections_for_typecode(typecode_of(each) or ""):
                by_collection.setdefault(name, []).append(each)
        used: set[str] = set()
        for name, candidates in by_collection.items():
            for chunk in _chunks(candidates):
                found = self._database[name].find(
                    self._having(chunk, name), {"_id": 0, "id": 1}, session=session_of(tx)
                )
                stored = {document["id"] for document in found}
                stored |= {each.partition(".")[0] for each in stored}
                used |= stored & set(chunk)
        return used

    def _having(self, ids: list[str], collection: str) -> Document:
        exact: Document = {"id": {"$in": ids}}
        if collection not in self._with_runs:
            return exact
        runs: list[Any] = [{"id": {"$gt": f"{each}.", "$lt": f"{each}/"}} for each in ids]
        return {"$or": [exact, *runs]}


def _chunks(values: list[str]) -> Iterator[list[str]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk

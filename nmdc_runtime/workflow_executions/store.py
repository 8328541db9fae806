"""What supersession and deletion look up, and where submitters of one series of runs meet."""

import zlib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.workflow_executions.models import AGGREGATES, DATA_OBJECTS, WORKFLOW_EXECUTIONS
from nmdc_runtime.workflow_executions.rules import SUPERSEDED_BY

RUN_SERIES: Final = "_runtime.run_series"
#: Bases share so many documents: few enough to stay small, many enough to meet seldom by chance.
STRIPES: Final = 1_024
#: Ids in one query; bases in one query, each of which is a range of the index of its own.
CHUNK: Final = 5_000
BASES: Final = 200


class WorkflowExecutionStore:
    """Reads what belongs to workflow executions, inside the transaction that changes them."""

    def __init__(self, database: Database[Document], registry: SchemaRegistry) -> None:
        self._database = database
        self._series = database[RUN_SERIES]
        self._producing = sorted(
            {
                legal.source_collection
                for legal in registry.legal_references
                if legal.slot == "has_output" and legal.target_collection == DATA_OBJECTS
            }
        )

    def hold_series(self, bases: Iterable[str], *, tx: Transaction) -> None:
        """Let nobody else submit runs of these bases until the transaction ends.

        Who submits run 1 and who submits run 2 see nothing of each other in their transactions,
        and both would leave their runs without a link. Here they write to the same document, and
        MongoDB lets the second one begin again.
        """
        stripes = sorted({zlib.crc32(base.encode()) % STRIPES for base in bases})
        if stripes:
            self._series.bulk_write(
                [
                    UpdateOne({"_id": stripe}, {"$inc": {"held": 1}}, upsert=True)
                    for stripe in stripes
                ],
                ordered=False,
                session=tx.session,
            )

    def find_execution(self, execution_id: str, *, tx: Transaction) -> Document | None:
        """Return the execution, whole."""
        return self._database[WORKFLOW_EXECUTIONS].find_one(
            {"id": execution_id}, session=tx.session
        )

    def find_runs(self, bases: Iterable[str], *, tx: Transaction) -> list[Document]:
        """Return ``id`` and ``has_output`` of all runs of these bases, and of some others."""
        found: dict[str, Document] = {}
        for chunk in _chunks(sorted(set(bases)), BASES):
            # "/" comes right behind "." in the order of the index.
            ranges = [{"id": {"$gt": f"{base}.", "$lt": f"{base}/"}} for base in chunk]
            for each in self._database[WORKFLOW_EXECUTIONS].find(
                {"$or": ranges}, {"_id": 0, "id": 1, "has_output": 1}, session=tx.session
            ):
                found[each["id"]] = each
        return list(found.values())

    def find_whole(
        self, collection: str, ids: Collection[str], *, tx: Transaction | None = None
    ) -> dict[str, Document]:
        """Return the stored documents with these ids, with ``_id``, by id."""
        return {each["id"]: each for each in self._find_all(collection, "id", ids, tx=tx)}

    def find_consumers(self, outputs: Collection[str], *, tx: Transaction) -> list[Document]:
        """Return the executions, whole, that have one of these data objects as input."""
        return list(self._find_all(WORKFLOW_EXECUTIONS, "has_input", outputs, tx=tx))

    def find_producers(self, outputs: Collection[str], *, tx: Transaction) -> list[Document]:
        """Return ``id`` and ``has_output`` of all processes that have one of these as output."""
        only = {"_id": 0, "id": 1, "has_output": 1}
        return [
            each
            for name in self._producing
            for each in self._find_all(name, "has_output", outputs, only=only, tx=tx)
        ]

    def find_superseded(
        self, collection: str, by: Collection[str], *, tx: Transaction
    ) -> list[Document]:
        """Return the documents, whole, that one of these executions supersedes."""
        return list(self._find_all(collection, SUPERSEDED_BY, by, tx=tx))

    def find_aggregates(self, execution_ids: Collection[str], *, tx: Transaction) -> list[Document]:
        """Return the aggregated annotations, whole, that these executions have generated."""
        return list(self._find_all(AGGREGATES, "was_generated_by", execution_ids, tx=tx))

    def _find_all(
        self,
        collection: str,
        attribute: str,
        values: Collection[str],
        *,
        only: Document | None = None,
        tx: Transaction | None,
    ) -> Iterator[Document]:
        for chunk in _chunks(values, CHUNK):
            yield from self._database[collection].find(
                {attribute: {"$in": chunk}}, only, session=session_of(tx)
            )


def _chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk

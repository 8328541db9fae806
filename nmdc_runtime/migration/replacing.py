"""Collections replaced as a whole by other documents, as ``mongoimport --drop`` does it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pymongo.database import Database

from nmdc_runtime.migration.copying import (
    drop_temporaries,
    ensure_schema_indexes,
    index_specs,
    make_indexes,
)
from nmdc_runtime.migration.locking import writes_locked
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.schema.registry import SchemaRegistry

WAITING: Final = "_runtime.tmp.import."
BATCH: Final = 2_000


def replace_collections(
    database: Database[Document],
    documents: Mapping[str, Sequence[Document]],
    *,
    registry: SchemaRegistry,
    guard: WriteGuard,
) -> None:
    """Put the documents in place of all that the collections hold, each collection at once.

    The new ones are stored beside the old ones, with all indexes, before anything is replaced; so
    a failure leaves everything as it was, and readers see one or the other. Other writes wait.

    Raises
    ------
    IndexesImpossible
        Two documents have one id. Nothing is replaced.
    """
    with writes_locked(guard, "collections are being replaced"):
        drop_temporaries(database, prefixes=(WAITING,))  # what a killed process left
        try:
            there = set(database.list_collection_names())
            for name, some in documents.items():
                waiting = WAITING + name
                database.create_collection(waiting)
                for batch in _batches(some):
                    database[waiting].insert_many(batch, ordered=False)
                if name in there:
                    make_indexes(database, waiting, index_specs(database, name))
                ensure_schema_indexes(database, registry, name, on=waiting)
            for name in documents:
                database[WAITING + name].rename(name, dropTarget=True)
        finally:
            drop_temporaries(database, prefixes=(WAITING,))


def _batches(documents: Sequence[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), BATCH):
        # Copies: the driver adds its key to what it inserts.
        yield [dict(each) for each in documents[start : start + BATCH]]

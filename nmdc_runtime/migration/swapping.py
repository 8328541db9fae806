"""Putting new collections in place of the old ones, and back; each may be done again."""

from collections.abc import Iterable

from pymongo.database import Database

from nmdc_runtime.migration.copying import before_of, make_indexes, temporary_of
from nmdc_runtime.migration.models import Swap, SwapKind
from nmdc_runtime.mongo.documents import Document


def put_in_place(database: Database[Document], swaps: Iterable[Swap]) -> None:
    """Put what waits in place; what waits no longer is in place already.

    A rename takes no time, whatever the size, and readers see one collection or the other.
    """
    there = set(database.list_collection_names())
    for swap in swaps:
        waiting, before = temporary_of(swap.collection), before_of(swap.collection)
        if swap.kind is SwapKind.REMOVE:
            if swap.collection in there:
                database[swap.collection].rename(before)
        elif waiting in there:
            database[waiting].rename(swap.collection, dropTarget=True)


def can_put_back(database: Database[Document], swaps: Iterable[Swap]) -> bool:
    """Say whether the old collections are still kept."""
    there = set(database.list_collection_names())
    return all(
        before_of(swap.collection) in there for swap in swaps if swap.kind is not SwapKind.CREATE
    )


def put_back(database: Database[Document], swaps: Iterable[Swap]) -> None:
    """Put the old collections back, whatever has happened to the new ones so far."""
    there = set(database.list_collection_names())
    for swap in swaps:
        waiting, before = temporary_of(swap.collection), before_of(swap.collection)
        if before in there:
            if swap.kind is SwapKind.REPLACE:
                make_indexes(database, before, swap.indexes)
            database[before].rename(swap.collection, dropTarget=True)
        elif swap.kind is SwapKind.CREATE and waiting not in there:
            database.drop_collection(swap.collection)
        database.drop_collection(waiting)

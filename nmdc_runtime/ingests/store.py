"""Looks stored documents up by what their sources call them; reads only."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

#: Values in one query: large enough to be few, small enough to be quick.
CHUNK: Final = 5_000
#: What is read of a document: all by which it names others, or is known.
_READ: Final = {
    "_id": 0,
    "id": 1,
    "type": 1,
    "name": 1,
    "gold_biosample_identifiers": 1,
    "associated_studies": 1,
    "url": 1,
    "has_input": 1,
    "has_output": 1,
    "in_manifest": 1,
}


class IngestStore:
    """Finds documents of the schema by slots that have an index."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def find_named(
        self, collection: str, names: Iterable[str], study_ids: Iterable[str]
    ) -> Iterator[Document]:
        """Yield the samples of these studies with these names, in order of their ids."""
        studies = list(study_ids)
        for chunk in _chunks(names):
            query = {"name": {"$in": chunk}, "associated_studies": {"$in": studies}}
            yield from self._database[collection].find(query, _READ).sort("id")

    def find_by(self, collection: str, slot: str, values: Iterable[str]) -> Iterator[Document]:
        """Yield the documents that have one of the values in the slot, in order of their ids."""
        fields = {**_READ, slot: 1}
        for chunk in _chunks(values):
            yield from self._database[collection].find({slot: {"$in": chunk}}, fields).sort("id")


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk

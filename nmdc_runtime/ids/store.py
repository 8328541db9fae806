"""The shape of the collections of identifiers: issued internal ids, and the minter's tables."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from nmdc_runtime.ids.models import NAA, SYSTEM, IssuedId
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index

TYPECODES: Final = "minter.typecodes"
SCHEMA_CLASSES: Final = "minter.schema_classes"
SHOULDERS: Final = "minter.shoulders"
SERVICES: Final = "minter.services"
REQUESTERS: Final = "minter.requesters"
ID_RECORDS: Final = "minter.id_records"
INDEXES: Final = tuple(
    Index(collection=collection, keys=("id",), unique=True)
    for collection in (TYPECODES, SCHEMA_CLASSES, SHOULDERS, SERVICES, REQUESTERS, ID_RECORDS)
)
CONTEXT: Final = "https://n2t.net/e/n2t_apidoc.html#identifier-metadata"
#: How long a count of issued ids is believed. It only decides how long blades are.
COUNT_VALID_S: Final = 60.0
DUPLICATE_KEY: Final = 11000


class InternalIdStore:
    """Keeps issued internal ids; an id is free if it can be inserted."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._counts: dict[str, tuple[float, int]] = {}

    def count(self, shoulder: str) -> int:
        """Return about how many ids the shoulder has; asks the server once in a while."""
        valid_until, known = self._counts.get(shoulder, (0.0, 0))
        if time.monotonic() < valid_until:
            return known
        count = self._database[_collection(shoulder)].estimated_document_count()
        self._counts[shoulder] = (time.monotonic() + COUNT_VALID_S, count)
        return count

    def forget_count(self, shoulder: str) -> None:
        """Ask the server the next time: others have issued many ids since."""
        self._counts.pop(shoulder, None)

    def add(self, candidates: Sequence[IssuedId]) -> list[IssuedId]:
        """Insert the candidates in one round trip; return those whose numbers were free."""
        if not candidates:
            return []
        shoulder = candidates[0].shoulder
        taken: set[int] = set()
        try:
            self._database[_collection(shoulder)].insert_many(
                [_document(candidate) for candidate in candidates], ordered=False
            )
        except BulkWriteError as error:
            failures = (error.details or {}).get("writeErrors", [])
            if not failures or any(failure["code"] != DUPLICATE_KEY for failure in failures):
                raise
            taken = {failure["index"] for failure in failures}
        added = [candidate for at, candidate in enumerate(candidates) if at not in taken]
        valid_until, known = self._counts.get(shoulder, (0.0, 0))
        self._counts[shoulder] = (valid_until, known + len(added))
        return added


class MinterStore:
    """Writes the tables that public minting needs."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def put_tables(
        self,
        *,
        typecodes: Iterable[Mapping[str, Any]],
        schema_classes: Iterable[Mapping[str, Any]],
        shoulders: Iterable[Mapping[str, Any]],
        services: Iterable[Mapping[str, Any]],
    ) -> None:
        """Write these rows as given, whatever was stored under their ids; leave the others."""
        self._put(TYPECODES, typecodes)
        self._put(SCHEMA_CLASSES, schema_classes)
        self._put(SHOULDERS, shoulders)
        self._put(SERVICES, services)

    def put_requesters(self, site_ids: Iterable[str]) -> None:
        """Let these sites mint."""
        self._put(REQUESTERS, ({"id": site_id} for site_id in site_ids))

    def has_service(self, service_id: str) -> bool:
        """Say whether there is a minting service of this id."""
        return self._database[SERVICES].find_one({"id": service_id}) is not None

    def _put(self, collection: str, rows: Iterable[Mapping[str, Any]]) -> None:
        # The unique index on `id` lets several processes do so at once.
        writes = [ReplaceOne({"id": row["id"]}, dict(row), upsert=True) for row in rows]
        if writes:
            self._database[collection].bulk_write(writes, ordered=False)


def _collection(shoulder: str) -> str:
    return f"ids_{NAA}_{shoulder}"


def _document(issued: IssuedId) -> Document:
    """Return the record as it was always stored, modelled on ARK and EZID."""
    moment = issued.issued_at.isoformat(timespec="seconds")
    return {
        "@context": CONTEXT,
        "_id": issued.number,
        "who": SYSTEM,
        "what": f"{issued.namespace}/{issued.blade}",
        "when": moment,
        "how": issued.shoulder,
        "where": issued.id,
        "__as": "reserved",
        "__ao": SYSTEM,
        "__ac": moment,
    }

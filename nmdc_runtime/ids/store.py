"""The shape of the collections of identifiers: issued ids, and the minter's tables."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, WriteError

from nmdc_runtime.ids.errors import CandidateTaken
from nmdc_runtime.ids.models import NAA, SYSTEM, IdRecord, IssuedId, Minting, Status
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

Row = Mapping[str, Any]

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
#: Ids in one update: enough to be few, small enough to be quick.
CHUNK: Final = 5_000
#: Records in one insertion, of some 250 bytes each: a command may take up to 16 MB.
BATCH: Final = 25_000
#: How long a count of issued ids is believed, which only decides how long blades are; and a row.
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
    """Keeps the minter's tables and the records of public ids; a `ledger.MinterLedger`."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._records = database[ID_RECORDS]
        self._rows: dict[tuple[str, str], tuple[float, Document]] = {}
        self._counts: dict[str, tuple[float, int]] = {}

    def put_tables(
        self,
        *,
        typecodes: Sequence[Row],
        schema_classes: Sequence[Row],
        shoulders: Sequence[Row],
        services: Sequence[Row],
    ) -> None:
        """Write these rows; typecodes and classes that are not among them become inactive."""
        self._put(TYPECODES, typecodes)
        self._put(SCHEMA_CLASSES, schema_classes)
        self._put(SHOULDERS, shoulders)
        self._put(SERVICES, services)
        for collection, rows in ((TYPECODES, typecodes), (SCHEMA_CLASSES, schema_classes)):
            gone = {"id": {"$nin": [row["id"] for row in rows]}}
            self._database[collection].update_many(gone, {"$set": {"inactive": True}})
        self._rows.clear()

    def put_requesters(self, site_ids: Iterable[str], *, tx: Transaction | None = None) -> None:
        """Let these sites mint."""
        self._put(REQUESTERS, [{"id": site_id} for site_id in site_ids], tx=tx)

    def has_service(self, service_id: str) -> bool:
        """Say whether there is a minting service of this id."""
        return self._row(SERVICES, "id", service_id) is not None

    def has_requester(self, site_id: str) -> bool:
        """Say whether this site may mint."""
        return self._row(REQUESTERS, "id", site_id) is not None

    def find_shoulder(self, service_id: str) -> Document | None:
        """Return the shoulder that is assigned to a service."""
        return self._row(SHOULDERS, "assigned_to", service_id)

    def has_class(self, class_id: str | None) -> bool:
        """Say whether the current schema has this class, with ids of its own."""
        return class_id is not None and self._row(SCHEMA_CLASSES, "id", class_id) is not None

    def find_typecode(self, class_id: str) -> Document | None:
        """Return the typecode of a class of the current schema."""
        return self._row(TYPECODES, "schema_class", class_id)

    def list_typecodes(self) -> list[str]:
        """Return all typecodes that were ever minted for, e.g. ``bsm``, sorted."""
        return sorted(self._database[TYPECODES].distinct("name"))

    def issued(self, stem: str, *, at_least: int) -> int:
        """Return about how many ids begin so; anything below ``at_least`` may be a guess.

        The quick count of all records bounds that of each stem; only when it is large, the stem's
        own ids are counted, in the index.
        """
        valid_until, known = self._counts.get(stem, (0.0, 0))
        if time.monotonic() < valid_until:
            return known
        count = self._records.estimated_document_count()
        if count >= at_least:
            count = self._records.count_documents({"id": _beginning(stem)})
        self._counts[stem] = (time.monotonic() + COUNT_VALID_S, count)
        return count

    def find_taken(self, ids: Collection[str], *, tx: Transaction | None = None) -> set[str]:
        """Return those of the ids that were issued before."""
        found = self._records.find(
            {"id": {"$in": list(ids)}}, {"_id": 0, "id": 1}, session=session_of(tx)
        )
        return {document["id"] for document in found}

    def add_drafts(self, ids: Sequence[str], minting: Minting, *, tx: Transaction) -> None:
        """Record the ids in one round trip a batch, or raise `CandidateTaken`: then none is."""
        common = {
            "typecode": {"id": minting.typecode_id},
            "shoulder": {"id": minting.shoulder_id},
            "status": Status.DRAFT.value,
            "bindings": None,
            "minted_by": minting.minted_by,
            "minted_at": minting.minted_at,
        }
        for at in range(0, len(ids), BATCH):
            documents = [{"id": each, "name": each, **common} for each in ids[at : at + BATCH]]
            # The bare command: `insert_many` takes twice the time to prepare as many documents.
            reply = self._database.command(
                {"insert": ID_RECORDS, "documents": documents}, session=tx.session
            )
            for failure in reply.get("writeErrors", []):
                if failure["code"] == DUPLICATE_KEY:
                    raise CandidateTaken
                raise WriteError(failure["errmsg"], failure["code"], failure)

    def find(self, id_name: str, *, tx: Transaction | None = None) -> IdRecord | None:
        """Return the record of an id."""
        found = self._records.find_one({"id": id_name}, NO_OBJECT_ID, session=session_of(tx))
        return None if found is None else IdRecord.model_validate(found)

    def bind_draft(self, id_name: str, bindings: Row, *, tx: Transaction) -> bool:
        """Replace what is bound to the id if it is a draft; say whether it was."""
        result = self._records.update_one(
            {"id": id_name, "status": Status.DRAFT.value},
            {"$set": {"bindings": dict(bindings)}},
            session=tx.session,
        )
        return result.matched_count == 1

    def remove_draft(self, id_name: str, *, tx: Transaction) -> bool:
        """Delete the record of the id if it is a draft; say whether it was."""
        draft = {"id": id_name, "status": Status.DRAFT.value}
        return self._records.delete_one(draft, session=tx.session).deleted_count == 1

    def mark_registered(self, ids: Iterable[str], *, tx: Transaction | None = None) -> int:
        """Note that documents have these ids; return how many were drafts until now."""
        marked, remaining = 0, iter(ids)
        while chunk := list(islice(remaining, CHUNK)):
            marked += self._records.update_many(
                {"id": {"$in": chunk}, "status": Status.DRAFT.value},
                {"$set": {"status": Status.REGISTERED.value}},
                session=session_of(tx),
            ).modified_count
        return marked

    def list_drafts(self, typecode: str, *, after: str, limit: int) -> list[str]:
        """Return so many drafts of a typecode in order, beginning behind an id."""
        condition = {
            "$and": [{"id": _beginning(f"{NAA}:{typecode}-")}, {"id": {"$gt": after}}],
            "status": Status.DRAFT.value,
        }
        found = self._records.find(condition, {"_id": 0, "id": 1}, sort=[("id", 1)], limit=limit)
        return [document["id"] for document in found]

    def _put(self, collection: str, rows: Iterable[Row], *, tx: Transaction | None = None) -> None:
        # The unique index on `id` lets several processes do so at once.
        writes = [ReplaceOne({"id": row["id"]}, dict(row), upsert=True) for row in rows]
        if writes:
            self._database[collection].bulk_write(writes, ordered=False, session=session_of(tx))

    def _row(self, collection: str, key: str, value: str) -> Document | None:
        """Return the active row; one that is there is believed for a while, as rows stay."""
        valid_until, known = self._rows.get((collection, value), (0.0, {}))
        if time.monotonic() < valid_until:
            return known
        found = self._database[collection].find_one({key: value, "inactive": {"$ne": True}})
        if found is not None:
            self._rows[collection, value] = (time.monotonic() + COUNT_VALID_S, found)
        return found


def _beginning(stem: str) -> Document:
    """Match ids that begin so, by a range of the index; the stem ends in a hyphen."""
    return {"$gte": stem, "$lt": stem[:-1] + chr(ord(stem[-1]) + 1)}


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

"""The only module that knows the shape of the records of plans and of their changes."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import bson
from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.plans.models import Change, Counts, PlanRecord, PlanStatus, StoredChange
from nmdc_runtime.plans.rules import digest_of

PLANS: Final = "_runtime.plans"
PLAN_CHANGES: Final = "_runtime.plan_changes"
INDEXES: Final = (
    Index(collection=PLANS, keys=("id",), unique=True),
    Index(collection=PLANS, keys=("object_id",)),
    Index(collection=PLANS, keys=("status", "created_at")),
    Index(collection=PLAN_CHANGES, keys=("plan", "seq"), unique=True),
)
#: Changes lie together in documents of at most so many, or of about this size: one document for
#: each change would cost far more. MongoDB's own limit is 16 MiB, which one image may come near.
MOST_CHANGES: Final = 1_000
CHUNK_BYTES: Final = 4_000_000


class PlanStore:
    """Reads and writes the records of plans."""

    def __init__(self, database: Database[Document]) -> None:
        self._plans = database[PLANS]
        self._changes = database[PLAN_CHANGES]

    def find(self, plan_id: str, *, tx: Transaction | None = None) -> PlanRecord | None:
        """Return the record of the plan."""
        found = self._plans.find_one({"id": plan_id}, NO_OBJECT_ID, session=session_of(tx))
        return PlanRecord.model_validate(found) if found else None

    def put(self, record: PlanRecord, *, tx: Transaction) -> None:
        """Store the record, in place of the one with its id if there is one."""
        self._plans.replace_one(
            {"id": record.id},
            record.model_dump(mode="python", exclude_none=True),
            upsert=True,
            session=tx.session,
        )

    def mark_applied(
        self,
        record: PlanRecord,
        *,
        counts: Mapping[str, Counts],
        now: datetime,
        tx: Transaction,
    ) -> None:
        """Record that the plan is applied; what was announced of it stays."""
        stated = record.model_dump(mode="python", exclude_none=True)
        for each in ("status", "applied_at", "counts"):
            stated.pop(each, None)
        self._plans.update_one(
            {"id": record.id},
            {
                "$set": {
                    "status": PlanStatus.APPLIED,
                    "applied_at": now,
                    "counts": {name: each.model_dump() for name, each in counts.items()},
                    "operation_id": stated.pop("operation_id", None),
                },
                "$unset": {"reason": ""},
                "$setOnInsert": stated,
            },
            upsert=True,
            session=tx.session,
        )

    def mark(
        self,
        plan_id: str,
        status: PlanStatus,
        *,
        reason: str | None = None,
        tx: Transaction | None = None,
    ) -> None:
        """Record how far a plan has come that is not applied."""
        change: Document = {"$set": {"status": status}}
        if reason is None:
            change["$unset"] = {"reason": ""}
        else:
            change["$set"]["reason"] = reason
        self._plans.update_one(
            {"id": plan_id, "status": {"$ne": PlanStatus.APPLIED}}, change, session=session_of(tx)
        )

    def add_changes(
        self, plan_id: str, changes: Iterable[Change], *, tx: Transaction | None = None
    ) -> list[int]:
        """Keep what undoes the changes; return, for each, the number of its chunk."""
        seqs: list[int] = []
        for seq, chunk in enumerate(_chunked(changes)):
            self._changes.insert_one(
                {"plan": plan_id, "seq": seq, "changes": chunk}, session=session_of(tx)
            )
            seqs += [seq] * len(chunk)
        return seqs

    def read_changes(
        self, plan_id: str, *, seq: int | None = None, tx: Transaction | None = None
    ) -> Iterator[StoredChange]:
        """Yield the changes of a plan in their order, or those of one chunk."""
        wanted: Document = {"plan": plan_id} if seq is None else {"plan": plan_id, "seq": seq}
        for chunk in self._changes.find(wanted, session=session_of(tx)).sort("seq", 1):
            yield from (_change_from(each) for each in chunk["changes"])


def _chunked(changes: Iterable[Change]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    size = 0
    for change in changes:
        entry = _entry(change)
        length = len(bson.encode(entry)) if change.before is not None else 0
        if chunk and (len(chunk) >= MOST_CHANGES or size + length > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += length
    if chunk:
        yield chunk


def _entry(change: Change) -> Document:
    entry: Document = {"c": change.collection, "kind": change.kind}
    if change.id is not None:
        entry["id"] = change.id
    if change.before is not None:
        entry["before"] = change.before
    if change.after is not None:
        entry["after_digest"] = digest_of(change.after)
    key = (change.before or change.after or {}).get("_id")
    if key is not None:
        entry["key"] = key
    return entry


def _change_from(entry: Mapping[str, Any]) -> StoredChange:
    return StoredChange(
        collection=entry["c"],
        id=entry.get("id"),
        kind=entry["kind"],
        before=entry.get("before"),
        after_digest=entry.get("after_digest"),
        key=entry.get("key"),
    )

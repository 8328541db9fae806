"""The only module that knows the shape of the records of plans and of their changes."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import bson
from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.plans.models import (
    Change,
    ChangeKind,
    Counts,
    PlanKind,
    PlanRecord,
    PlanStatus,
    StoredChange,
)
from nmdc_runtime.plans.rules import digest_of

PLANS: Final = "_runtime.plans"
PLAN_CHANGES: Final = "_runtime.plan_changes"
INDEXES: Final = (
    Index(collection=PLANS, keys=("id",), unique=True),
    Index(collection=PLANS, keys=("object_id",)),
    Index(collection=PLANS, keys=("status", "created_at")),
    Index(collection=PLANS, keys=("created_at", "id")),  # the list, newest first
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
        self,
        plan_id: str,
        changes: Iterable[Change],
        *,
        first: int = 0,
        tx: Transaction | None = None,
    ) -> list[int]:
        """Keep what undoes the changes; return, for each, the number of its chunk.

        Parameters
        ----------
        first
            Number of the first chunk, if earlier ones were kept before.
        """
        seqs: list[int] = []
        for seq, chunk in enumerate(_chunked(changes), first):
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

    def read_changes_from(
        self, plan_id: str, *, seq: int = 0, at: int = 0
    ) -> Iterator[tuple[tuple[int, int], StoredChange]]:
        """Yield the changes of a plan from one place on, each with its own place."""
        wanted: Document = {"plan": plan_id, "seq": {"$gte": seq}}
        for chunk in self._changes.find(wanted).sort("seq", 1):
            start = at if chunk["seq"] == seq else 0
            for place, entry in enumerate(chunk["changes"][start:], start):
                yield (chunk["seq"], place), _change_from(entry)

    def find_changes(
        self,
        collection: str,
        wanted: Iterable[tuple[str, int, str]],
        *,
        tx: Transaction | None = None,
    ) -> dict[tuple[str, str], StoredChange]:
        """Return changes of single documents, by plan and id of the document.

        Parameters
        ----------
        wanted
            Plan, number of the chunk, and id of the document.
        """
        wanted = set(wanted)
        if not wanted:
            return {}
        chunks = sorted({(plan, seq) for plan, seq, _ in wanted})
        names = sorted({f"{collection}/{id_}" for _, _, id_ in wanted})
        found: dict[tuple[str, str], StoredChange] = {}
        # Of a chunk of a thousand documents only those asked for leave the server.
        pipeline: list[Document] = [
            {"$match": {"$or": [{"plan": plan, "seq": seq} for plan, seq in chunks]}},
            {
                "$project": {
                    "plan": 1,
                    "changes": {
                        "$filter": {
                            "input": "$changes",
                            "cond": {"$in": [{"$concat": ["$$this.c", "/", "$$this.id"]}, names]},
                        }
                    },
                }
            },
        ]
        for chunk in self._changes.aggregate(pipeline, session=session_of(tx)):
            for entry in chunk["changes"]:
                found[chunk["plan"], entry["id"]] = _change_from(entry)
        return found

    def find_kinds(
        self, plan_ids: Iterable[str], *, tx: Transaction | None = None
    ) -> dict[str, PlanKind]:
        """Return of which kind plans are."""
        found = self._plans.find(
            {"id": {"$in": sorted(set(plan_ids))}},
            {"_id": 0, "id": 1, "kind": 1},
            session=session_of(tx),
        )
        return {each["id"]: PlanKind(each["kind"]) for each in found}

    def measure_changes(self, plan_id: str, *, tx: Transaction | None = None) -> int:
        """Return how many bytes the changes of a plan take."""
        size: Document = {"$sum": {"$bsonSize": "$$ROOT"}}
        found = self._changes.aggregate(
            [{"$match": {"plan": plan_id}}, {"$group": {"_id": None, "bytes": size}}],
            session=session_of(tx),
        )
        return sum(int(each["bytes"]) for each in found)

    def mark_reverted(self, plan_id: str, *, by: str, tx: Transaction) -> None:
        """Record which plan undid this one."""
        self._plans.update_one({"id": plan_id}, {"$set": {"reverted_by": by}}, session=tx.session)

    def mark_restored(self, plan_id: str, *, no_longer_by: str, tx: Transaction) -> None:
        """Record that what undid this plan is undone itself: the plan is in force again."""
        self._plans.update_one(
            {"id": plan_id, "reverted_by": no_longer_by},
            {"$unset": {"reverted_by": ""}},
            session=tx.session,
        )

    def list_inserted(self, plan_id: str, *, tx: Transaction) -> Iterator[str]:
        """Yield the ids of the documents that the plan added."""
        fields = {"changes.id": 1, "changes.kind": 1}
        for chunk in self._changes.find({"plan": plan_id}, fields, session=tx.session):
            for each in chunk["changes"]:
                if each["kind"] == ChangeKind.INSERT and "id" in each:
                    yield each["id"]

    def drop_changes(self, plan_id: str, seqs: range, *, tx: Transaction) -> None:
        """Forget chunks of changes that were undone."""
        those: Document = {"plan": plan_id, "seq": {"$gte": seqs.start, "$lt": seqs.stop}}
        self._changes.delete_many(those, session=tx.session)


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
        kind=ChangeKind(entry["kind"]),
        before=entry.get("before"),
        after_digest=entry.get("after_digest"),
        key=entry.get("key"),
    )

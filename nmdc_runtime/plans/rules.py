"""How documents become a plan, and what a plan does to references; pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import bson

from nmdc_runtime.metadata.rules import as_written, with_dates
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.plans.models import Change, ChangeKind, Counts, Plan
from nmdc_runtime.schema.registry import SchemaRegistry

PROVENANCE: Final = "provenance_metadata"
MODIFIED: Final = "mod_date"


def plan_upserts(
    collection: str,
    given: Sequence[Mapping[str, Any]],
    *,
    stored: Mapping[str, Document],
    now: str | None,
) -> tuple[list[Change], int]:
    """Plan to store documents that have ids, each in place of the stored one with its id.

    Parameters
    ----------
    stored
        The stored documents with these ids, by id, whole.
    now
        RFC 3339 text to date them with; None for collections whose documents carry no dates.

    Returns
    -------
    tuple
        The changes, and how many documents are stored already just as they are.
    """
    changes: list[Change] = []
    unchanged = 0
    dates = {id_: _added(document) for id_, document in stored.items()}
    for document in given:
        after = as_written(document)
        before = stored.get(after["id"])
        if now is not None:
            after = with_dates(after, stored=dates, now=now)
        if before is None:
            changes.append(
                Change(collection=collection, id=after["id"], kind=ChangeKind.INSERT, after=after)
            )
        elif _is_same(before, after):
            unchanged += 1
        else:
            changes.append(
                Change(
                    collection=collection,
                    id=after["id"],
                    kind=ChangeKind.REPLACE,
                    before=before,
                    after=after,
                )
            )
    return changes, unchanged


def plan_keyless(
    collection: str, given: Sequence[Mapping[str, Any]], *, stored: Iterable[Document]
) -> tuple[list[Change], int]:
    """Plan to store documents without ids: those of which there is none just like it, or too few.

    Parameters
    ----------
    stored
        Stored documents that might be like those given.
    """
    there = Counter(_canonical(document) for document in stored)
    changes: list[Change] = []
    unchanged = 0
    for document in given:
        after = as_written(document)
        form = _canonical(after)
        if there[form]:
            there[form] -= 1
            unchanged += 1
        else:
            changes.append(
                Change(collection=collection, id=None, kind=ChangeKind.INSERT, after=after)
            )
    return changes, unchanged


def digest_of(document: Mapping[str, Any]) -> bytes:
    """Return what is equal for the same document, apart from MongoDB's own key; 16 bytes."""
    return hashlib.blake2b(bson.encode(as_written(document)), digest_size=16).digest()


def counts_of(plan: Plan) -> dict[str, Counts]:
    """Count, for each collection, what becomes of its documents."""
    counts = {name: Counts(unchanged=number) for name, number in plan.unchanged.items()}
    for change in plan.changes:
        entry = counts.setdefault(change.collection, Counts())
        match change.kind:
            case ChangeKind.INSERT:
                entry.inserted += 1
            case ChangeKind.REPLACE:
                entry.replaced += 1
            case ChangeKind.DELETE:
                entry.deleted += 1
    return counts


def published_counters(counts: Counts, *, has_id: bool) -> dict[str, Any]:
    """Return the published counters of a collection: those of a bulk write of upserts."""
    return {
        "writeErrors": [],
        "writeConcernErrors": [],
        "nInserted": 0 if has_id else counts.inserted,
        "nUpserted": counts.inserted if has_id else 0,
        "nMatched": counts.replaced + counts.unchanged,
        "nModified": counts.replaced,
        "nRemoved": counts.deleted,
    }


def targets_of(change: Change) -> Iterator[tuple[str, str]]:
    """Yield collection and id of the documents that a change is about."""
    ids = {change.id, (change.before or {}).get("id")}
    yield from ((change.collection, each) for each in ids if isinstance(each, str))


def lost_ids(changes: Iterable[Change]) -> dict[str, set[str]]:
    """Return, by collection, the ids that no document has any more after the changes."""
    lost: dict[str, set[str]] = {}
    kept: dict[str, set[str]] = {}
    for change in changes:
        for names, document in ((lost, change.before), (kept, change.after)):
            id_ = (document or {}).get("id")
            if isinstance(id_, str):
                names.setdefault(change.collection, set()).add(id_)
    gone = {name: ids - kept.get(name, set()) for name, ids in lost.items()}
    return {name: ids for name, ids in gone.items() if ids}


def new_ids(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the ids that a document has after the changes and none had before."""
    for change in changes:
        id_ = (change.after or {}).get("id")
        if isinstance(id_, str) and id_ != (change.before or {}).get("id"):
            yield id_


def added_references(
    changes: Iterable[Change], registry: SchemaRegistry
) -> Iterator[tuple[str, Document]]:
    """Yield collection and a stub of each document that is left, with the references it is given.

    The stub has ``id``, ``type`` and those values of its reference slots that are new: what was
    broken before is not this change's to mend.
    """
    for change in changes:
        after = change.after
        if after is None:
            continue
        before = change.before or {}
        is_same_class = before.get("type") == after.get("type")
        type_ = after.get("type")
        stub: Document = {key: after[key] for key in ("id", "type") if key in after}
        for slot, _ in registry.reference_slots.get(type_, ()) if isinstance(type_, str) else ():
            given = after.get(slot)
            if given is None:
                continue
            had = _as_list(before.get(slot)) if is_same_class else []
            fresh = [each for each in _as_list(given) if each not in had]
            if fresh:
                stub[slot] = fresh
        yield change.collection, stub


def renamed(change: Change) -> bool:
    """Say whether a document that is left has another name, or belongs to other studies."""
    before, after = change.before or {}, change.after
    return after is not None and any(
        before.get(slot) != after.get(slot) for slot in ("name", "associated_studies")
    )


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _added(document: Document) -> str | None:
    added = (document.get(PROVENANCE) or {}).get("add_date")
    return added if isinstance(added, str) else None


def _is_same(before: Document, after: Document) -> bool:
    """Compare as stored and as to be stored, apart from when it was last modified."""
    return _canonical(_undated(as_written(before))) == _canonical(_undated(after))


def _undated(document: Document) -> Document:
    provenance = document.get(PROVENANCE)
    if not isinstance(provenance, dict):
        return document
    rest = {key: value for key, value in provenance.items() if key != MODIFIED}
    return {**document, PROVENANCE: rest}


def _canonical(document: Mapping[str, Any]) -> bytes:
    return to_json(as_written(document), sort_keys=True)

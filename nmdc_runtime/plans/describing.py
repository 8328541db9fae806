"""What a plan would do, in words that can be sent: counts, patches, references gained and lost."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import jsonpatch
import orjson

from nmdc_runtime.metadata.rules import as_written
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.plans.integrity import ids_in
from nmdc_runtime.plans.models import (
    Change,
    ChangeKind,
    ChangeSummary,
    Counts,
    Patch,
    Plan,
    PlanSummary,
    ReferenceChanges,
    ReferenceSummary,
)
from nmdc_runtime.plans.rules import counts_of
from nmdc_runtime.schema.registry import SchemaRegistry

#: Changes, and references of either sort, that a summary lists.
MOST: Final = 1_000
ROOT: Final = ""
#: Of lists longer than this no element is compared: the library takes seconds for large ones.
LONG: Final = 500


def describe(plan: Plan, *, registry: SchemaRegistry, most: int = MOST) -> PlanSummary:
    """Tell what applying a plan would do; of a large one, only the first changes one by one."""
    return describe_parts([plan], registry=registry, most=most)


def describe_parts(
    plans: Iterable[Plan], *, registry: SchemaRegistry, most: int = MOST
) -> PlanSummary:
    """Tell the same of a plan that comes in parts, of which one at a time is in memory."""
    summary = PlanSummary(
        counts={}, changes=[], truncated=False, references=ReferenceChanges(added=[], removed=[])
    )
    for plan in plans:
        for name, counts in counts_of(plan).items():
            known = summary.counts.get(name, Counts())
            summary.counts[name] = Counts(
                **{key: number + getattr(known, key) for key, number in counts}
            )
        left = most - len(summary.changes)
        summary.changes += [_summary(each) for each in plan.changes[:left]]
        summary.truncated |= len(plan.changes) > left
        for told, is_added in (
            (summary.references.added, True),
            (summary.references.removed, False),
        ):
            references = _references(plan.changes, registry, added=is_added)
            told.extend(islice(references, most - len(told)))
            summary.truncated |= next(references, None) is not None
    return summary


def patch_between(before: Document | None, after: Document | None) -> Patch:
    """Return the RFC 6902 patch from one version of a document to another; None is no document.

    MongoDB's own key is no part of a document; values that JSON does not know are as answers have
    them, dates in UTC.
    """
    if after is None:
        return [] if before is None else [{"op": "remove", "path": ROOT}]
    new = json_form(after)
    if before is None:
        return [{"op": "add", "path": ROOT, "value": new}]
    old = json_form(before)
    if any(_is_long(value) for value in (*old.values(), *new.values())):
        return _by_attribute(old, new)
    patch: Patch = jsonpatch.make_patch(old, new).patch
    if _canonical(jsonpatch.apply_patch(old, patch)) != _canonical(new):
        # The library's short cut through lists went astray: attribute by attribute is always right.
        return _by_attribute(old, new)
    return patch


def json_form(document: Mapping[str, Any]) -> Document:
    """Return a document as an answer has it: only values that JSON knows, without ``_id``."""
    form: Document = orjson.loads(to_json(as_written(document), zoned=True))
    return form


def _summary(change: Change) -> ChangeSummary:
    return ChangeSummary(
        collection=change.collection,
        id=change.id,
        kind=change.kind,
        patch=(
            patch_between(change.before, change.after)
            if change.kind is ChangeKind.REPLACE
            else None
        ),
    )


def _references(
    changes: Iterable[Change], registry: SchemaRegistry, *, added: bool
) -> Iterator[ReferenceSummary]:
    """Yield the references that documents have after the changes and not before, or vice versa."""
    for change in changes:
        had, has = (_named(each, registry) for each in (change.before, change.after))
        for slot, target in has if added else had:
            if (slot, target) not in (had if added else has):
                yield ReferenceSummary(
                    collection=change.collection, id=change.id, slot=slot, target=target
                )


def _named(document: Document | None, registry: SchemaRegistry) -> dict[tuple[str, str], None]:
    """Return slots and ids that a document names, in order, each once."""
    type_ = (document or {}).get("type")
    if document is None or not isinstance(type_, str):
        return {}
    return {
        (slot, target): None
        for slot, _ in registry.reference_slots.get(type_, ())
        for target in ids_in(document.get(slot))
    }


def _by_attribute(old: Document, new: Document) -> Patch:
    patch: Patch = [{"op": "remove", "path": _pointer(name)} for name in old if name not in new]
    patch += [
        {
            "op": "replace" if name in old else "add",
            "path": _pointer(name),
            "value": value,
        }
        for name, value in new.items()
        if name not in old or _canonical(old[name]) != _canonical(value)
    ]
    return patch


def _is_long(value: object) -> bool:
    return isinstance(value, list) and len(value) > LONG


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

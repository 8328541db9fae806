"""What a change needs, and what it must keep for others not to take, while it may be undone; pure.

A plan that is applied in several transactions holds the documents that it changes. That alone does
not let it be undone: somebody may name a document that it has added, delete one that its documents
named before, or take a name that they had. So all this is held as well, and whoever changes
documents asks for it.
"""

from collections.abc import Iterable, Iterator

from nmdc_runtime.metadata.store import NAMED_PER_STUDY
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.integrity import ids_in
from nmdc_runtime.plans.models import Change
from nmdc_runtime.plans.rules import added_references, targets_of
from nmdc_runtime.schema.registry import SchemaRegistry

#: A collection and an id in it; of names, see `_names_of`.
Key = tuple[str, str]


def claims_of(changes: Iterable[Change], registry: SchemaRegistry) -> Iterator[Key]:
    """Yield what changes need: their documents, those that they come to name, and their names."""
    for change in changes:
        yield from targets_of(change)
        yield from _gained(change, registry)


def reserved_by(changes: Iterable[Change], registry: SchemaRegistry) -> Iterator[Key]:
    """Yield what must stay, beside the documents themselves, for the changes to be undone.

    It is what undoing them would need: the documents that theirs no longer name, and the names
    that they no longer have.
    """
    for change in changes:
        undone = Change(
            collection=change.collection,
            id=change.id,
            kind=change.kind,
            before=change.after,
            after=change.before,
        )
        yield from _gained(undone, registry)


def _gained(change: Change, registry: SchemaRegistry) -> Iterator[Key]:
    for _, stub in added_references([change], registry):
        for slot, targets in registry.reference_slots.get(stub.get("type", ""), ()):
            for id_ in ids_in(stub.get(slot)):
                yield from ((collection, id_) for collection in targets)
    if change.collection in NAMED_PER_STUDY and change.after is not None:
        had = set(_names_of(change.collection, change.before or {}))
        yield from (each for each in _names_of(change.collection, change.after) if each not in had)


def _names_of(collection: str, document: Document) -> Iterator[Key]:
    name = document.get("name")
    for study in ids_in(document.get("associated_studies")):
        yield f"{collection}#name", f"{study}/{name}"

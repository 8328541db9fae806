"""Do references still lead somewhere after a change? Asked inside its transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.schema.registry import SchemaRegistry

#: A slot and an id in it.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """That one document names another."""

    collection: str
    id: str  # of the naming document, "" if it has none
    slot: str
    target: str
    targets: tuple[str, ...] = field(compare=False)  # where the schema lets the target be

    @property
    def message(self) -> str:
        """The published sentence about a reference that would break."""
        return (
            f"The document having id='{self.id}' in the collection '{self.collection}' contains a "
            f"reference (in its '{self.slot}' field, referring to the document having "
            f"id='{self.target}') which would be broken."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """Finds references to nothing, a query for each collection and slot, not for each document."""

    store: MetadataStore
    registry: SchemaRegistry

    def pairs_of(self, document: Mapping[str, Any]) -> frozenset[Pair]:
        """Return the references of a document; one of no known class has none."""
        slots = self.registry.reference_slots.get(_text(document.get("type")), ())
        return frozenset((slot, each) for slot, _ in slots for each in ids_in(document.get(slot)))

    def references_of(
        self, collection: str, id_: str, document: Mapping[str, Any]
    ) -> list[Reference]:
        """Return the same as of a document with this id, with where their targets may be."""
        slots = dict(self.registry.reference_slots.get(_text(document.get("type")), ()))
        return [
            Reference(collection, id_, slot, target, slots[slot])
            for slot, target in self.pairs_of(document)
        ]

    def broken(self, references: Iterable[Reference], *, tx: Transaction) -> list[Reference]:
        """Return those of the references that lead nowhere, in order."""
        references = set(references)
        wanted: dict[str, set[str]] = {}
        for each in references:
            for name in each.targets:
                wanted.setdefault(name, set()).add(each.target)
        found = {name: self.store.find_ids(name, ids, tx=tx) for name, ids in wanted.items()}
        return sorted(
            each
            for each in references
            if not any(each.target in found[name] for name in each.targets)
        )

    def left_behind(
        self, collection: str, removed_ids: set[str], *, tx: Transaction
    ) -> list[Reference]:
        """Return the references to ids that a collection held before, and nothing holds now."""
        if not removed_ids:
            return []
        slots = {
            (legal.source_collection, legal.slot)
            for legal in self.registry.legal_references
            if legal.target_collection == collection
        }
        pointing: list[Reference] = []
        for source, slot in sorted(slots):
            for referrer in self.store.find_referrers(source, slot, removed_ids, tx=tx):
                legal_slots = dict(self.registry.reference_slots.get(_text(referrer["type"]), ()))
                if collection in legal_slots.get(slot, ()):
                    pointing += [
                        Reference(source, referrer["id"], slot, target, legal_slots[slot])
                        for target in ids_in(referrer[slot])
                        if target in removed_ids
                    ]
        return self.broken(pointing, tx=tx)


def ids_in(value: object) -> list[str]:
    """Return the ids that the value of a reference slot names."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

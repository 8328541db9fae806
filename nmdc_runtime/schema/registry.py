"""What the hub needs to know of nmdc-schema, as frozen values; `load` makes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Collection:
    """A slot of the schema's ``Database``: where documents of some classes are stored."""

    name: str
    has_id: bool
    class_names: tuple[str, ...]  # the concrete classes, sorted


@dataclass(frozen=True, slots=True)
class SchemaClass:
    """A class of the schema."""

    name: str
    class_uri: str  # what a document says in ``type``, e.g. nmdc:Biosample
    ancestors: tuple[str, ...]  # nearest first, beginning with the class itself
    abstract: bool
    collection: str | None  # where its documents are stored, if anywhere
    typecodes: tuple[str, ...]  # all that its ids may have; new ids get the first
    id_pattern: str | None


@dataclass(frozen=True, slots=True)
class LegalReference:
    """Documents of one class may name documents of another one in this slot."""

    source_collection: str
    source_class: str
    slot: str
    target_collection: str
    target_class: str


class SlotKind(StrEnum):
    """What the values of a slot are in JSON, or what else texts stand for."""

    TEXT = "text"  # also dates, CURIEs and URIs
    ENUM = "enum"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    REFERENCE = "reference"  # the id of a document


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot, as one class has it."""

    name: str
    kind: SlotKind
    ranges: tuple[str, ...]  # names of types, of enumerations or of classes
    multivalued: bool
    required: bool


@dataclass(frozen=True, slots=True)
class SlotTable:
    """The slots of all classes, as the registry's file has them."""

    variants: Mapping[str, str]  # "ph" or "ph@2" → "number float many required"
    by_class: Mapping[str, str]  # "Biosample" → "id name ph@2"


@dataclass(frozen=True, eq=False)
class SchemaRegistry:
    """One version of nmdc-schema: its classes, collections, references, slots and units."""

    version: str
    collections: Mapping[str, Collection]
    classes: Mapping[str, SchemaClass]
    legal_references: tuple[LegalReference, ...]
    storage_units: Mapping[str, tuple[str, ...]]  # slot of quantities → units it may be stored in
    slot_table: SlotTable = field(default=SlotTable({}, {}))
    _slots: dict[str, Mapping[str, Slot]] = field(default_factory=dict, repr=False)

    @cached_property
    def collection_names(self) -> tuple[str, ...]:
        """The names of all collections, sorted."""
        return tuple(sorted(self.collections))

    @cached_property
    def collections_with_id(self) -> tuple[str, ...]:
        """The names of the collections whose documents have an ``id``, sorted."""
        return tuple(name for name in self.collection_names if self.collections[name].has_id)

    @cached_property
    def references(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(class name, slot) → the collections in which the slot's values must be ids, sorted."""
        targets: dict[tuple[str, str], set[str]] = {}
        for legal in self.legal_references:
            pair = (legal.source_class, legal.slot)
            targets.setdefault(pair, set()).add(legal.target_collection)
        return MappingProxyType({pair: tuple(sorted(names)) for pair, names in targets.items()})

    @cached_property
    def reference_slots(self) -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """``type`` of a document → its reference slots, each with its target collections."""
        slots: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for (class_name, slot), targets in self.references.items():
            slots.setdefault(self.classes[class_name].class_uri, []).append((slot, targets))
        return MappingProxyType({uri: tuple(pairs) for uri, pairs in slots.items()})

    @cached_property
    def references_to(self) -> Mapping[str, tuple[LegalReference, ...]]:
        """Class name → the legal references that may point at its documents."""
        pointing: dict[str, list[LegalReference]] = {}
        for legal in self.legal_references:
            pointing.setdefault(legal.target_class, []).append(legal)
        return MappingProxyType({name: tuple(some) for name, some in pointing.items()})

    @cached_property
    def _by_uri(self) -> Mapping[str, SchemaClass]:
        return MappingProxyType({each.class_uri: each for each in self.classes.values()})

    @cached_property
    def _by_typecode(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for each in self.classes.values():
            for typecode in each.typecodes if each.collection else ():
                found.setdefault(typecode, set()).add(str(each.collection))
        return MappingProxyType({code: tuple(sorted(names)) for code, names in found.items()})

    def class_for_type(self, type_: object) -> SchemaClass | None:
        """Return the class whose URI is this ``type`` of a document, or None."""
        return self._by_uri.get(type_) if isinstance(type_, str) else None

    def slots_of(self, class_name: str) -> Mapping[str, Slot]:
        """Return the slots of a class, those of the classes above it included, by name."""
        if class_name not in self._slots:  # most are never asked for
            names = self.slot_table.by_class.get(class_name, "").split()
            slots = (_slot(name, self.slot_table.variants[name]) for name in names)
            self._slots[class_name] = MappingProxyType({each.name: each for each in slots})
        return self._slots[class_name]

    def slot(self, class_name: str, slot_name: str) -> Slot | None:
        """Return a slot as the class has it, or None if the class has none of this name."""
        return self.slots_of(class_name).get(slot_name)

    def collections_for_typecode(self, typecode: str) -> tuple[str, ...]:
        """Return the collections that may hold documents whose ids have this typecode, sorted."""
        return self._by_typecode.get(typecode, ())

    def descendants(self, class_name: str) -> tuple[str, ...]:
        """Return the names of the classes that are this one, or below it, sorted."""
        return tuple(sorted(n for n, each in self.classes.items() if class_name in each.ancestors))

    def collections_holding(self, class_name: str) -> tuple[str, ...]:
        """Return the collections that may hold documents of the class or of one below, sorted."""
        held = {self.classes[name].collection for name in self.descendants(class_name)}
        return tuple(sorted(name for name in held if name))

    def typecodes(self) -> list[dict[str, str]]:
        """Return the published rows: one for each class whose new ids have a typecode."""
        return [
            {
                "id": f"nmdc:{each.name}_typecode",
                "schema_class": f"nmdc:{each.name}",
                "name": each.typecodes[0],
            }
            for each in self._classes_by_name()
            if each.typecodes
        ]

    def _classes_by_name(self) -> Iterator[SchemaClass]:
        return (self.classes[name] for name in sorted(self.classes))


def _slot(name: str, variant: str) -> Slot:
    kind, ranges, *flags = variant.split()
    return Slot(
        name=name.partition("@")[0],
        kind=SlotKind(kind),
        ranges=tuple(ranges.split("|")),
        multivalued="many" in flags,
        required="required" in flags,
    )

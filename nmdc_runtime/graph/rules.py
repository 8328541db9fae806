"""Which slots are links and where they lead, and what a document of the graph looks like.

Each document of the schema is one of ``alldocs``: its ``id``, ``type`` and reference slots, its
class with all ancestors, and its direct neighbours in ``_upstream`` and ``_downstream``, each as
``{id, type}``, no pair twice, sorted.

An array that would have more than `MOST_LINKS` entries keeps only those that the document's own
slots name, and none if these alone are more; ``_left_out`` then names the array. So every link
stands in the array of at least one of its ends, except between two documents that both refer to
more than `MOST_LINKS` others: the documents downstream of X are those in its ``_downstream``
together with those that have X in their ``_upstream``, and the other way round.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from nmdc_runtime.schema.registry import SchemaRegistry

Document = dict[str, Any]

#: The target came first, or helped to make the document.
UPSTREAM_SLOTS: Final = frozenset(
    {
        "associated_studies",
        "collected_from",
        "expected_organism",
        "has_chromatography_configuration",
        "has_input",
        "has_mass_spectrometry_configuration",
        "instrument_used",
        "part_of",
        "was_generated_by",
        "was_informed_by",
    }
)
#: The target came out of the document, or is what it is part of.
DOWNSTREAM_SLOTS: Final = frozenset(
    {
        "calibration_object",
        "generates_calibration",
        "has_output",
        "in_manifest",
        "superseded_by",
        "uses_calibration",
    }
)

UPSTREAM: Final = "_upstream"
DOWNSTREAM: Final = "_downstream"
ANCESTORS: Final = "_type_and_ancestors"
LEFT_OUT: Final = "_left_out"

#: The type of a neighbour that is not there.
DANGLING_TYPE: Final = "nmdc:NamedThing"

#: Together these keep any document of the graph below MongoDB's 16 MB.
MOST_LINKS: Final = 20_000
MOST_ID_BYTES: Final = 256
MOST_NODE_BYTES: Final = 2_000_000

#: Why a document is not in the graph.
NO_ID: Final = "it has no id, or one that is no text or is too long"
NO_TYPE: Final = "it has no type"
UNKNOWN_TYPE: Final = "its type is no class of the schema"
TOO_MANY_REFERENCES: Final = "it refers to too many others"
ID_TAKEN: Final = "another document has its id"


@dataclass(frozen=True)
class GraphRules:
    """What the schema in use says of the graph."""

    registry: SchemaRegistry
    most_links: int = MOST_LINKS

    @cached_property
    def collections(self) -> tuple[str, ...]:
        """The collections whose documents are in the graph, in the order that gives ids away."""
        return self.registry.collections_with_id

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """All reference slots, sorted."""
        return tuple(sorted({slot for _, slot in self.registry.references}))

    @cached_property
    def unclassified(self) -> tuple[str, ...]:
        """Slots that a newer schema has added: copied, but not followed."""
        return tuple(s for s in self.slots if s not in UPSTREAM_SLOTS | DOWNSTREAM_SLOTS)

    @cached_property
    def upstream(self) -> tuple[str, ...]:
        """The slots whose targets are upstream, sorted."""
        return tuple(slot for slot in self.slots if slot in UPSTREAM_SLOTS)

    @cached_property
    def downstream(self) -> tuple[str, ...]:
        """The slots whose targets are downstream, sorted."""
        return tuple(slot for slot in self.slots if slot in DOWNSTREAM_SLOTS)

    @cached_property
    def ancestors(self) -> Mapping[str, tuple[str, ...]]:
        """``type`` → the class and its ancestors as ``nmdc:...``, nearest first."""
        return {
            each.class_uri: tuple(f"nmdc:{name}" for name in each.ancestors)
            for each in self.registry.classes.values()
        }

    @cached_property
    def projection(self) -> Mapping[str, int]:
        """What of a schema document is needed."""
        return {"id": 1, "type": 1, **dict.fromkeys(self.slots, 1)}

    def reason_to_skip(self, document: Mapping[str, Any]) -> str | None:
        """Say why a schema document cannot be in the graph, or None if it can."""
        if not is_usable_id(document.get("id")):
            return NO_ID
        if "type" not in document:
            return NO_TYPE
        type_ = document["type"]
        if not isinstance(type_, str) or type_ not in self.ancestors:
            return UNKNOWN_TYPE
        return None

    def node(self, collection: str, document: Mapping[str, Any]) -> "Node":
        """Return what the graph keeps of a schema document that need not be skipped."""
        slots = {slot: document[slot] for slot in self.slots if slot in document}
        return Node(
            key={"c": collection, "k": document["_id"]},
            id=document["id"],
            type=document["type"],
            slots=slots,
            up=targets(slots, self.upstream),
            down=targets(slots, self.downstream),
        )

    def stored_node(self, stored: Mapping[str, Any]) -> "Node":
        """Return the node that a document of the graph is."""
        slots = {slot: stored[slot] for slot in self.slots if slot in stored}
        return Node(
            key=stored["_id"],
            id=stored["id"],
            type=stored["type"],
            slots=slots,
            up=targets(slots, self.upstream),
            down=targets(slots, self.downstream),
            left_out=frozenset(stored.get(LEFT_OUT, ())),
        )

    def as_stored(self, node: "Node") -> Document:
        """Return the document of the graph for a node, without its neighbours."""
        return {
            "_id": dict(node.key),
            "id": node.id,
            "type": node.type,
            **node.slots,
            ANCESTORS: list(self.ancestors[node.type]),
        }


@dataclass(frozen=True, slots=True)
class Node:
    """A document of the graph without its neighbours: what it says itself.

    The key tells which schema document it stands for, because a deletion tells no more.
    """

    key: Mapping[str, Any]
    id: str
    type: str
    slots: Mapping[str, Any]
    up: frozenset[str] = field(default_factory=frozenset)
    down: frozenset[str] = field(default_factory=frozenset)
    left_out: frozenset[str] = field(default_factory=frozenset)

    @property
    def targets(self) -> frozenset[str]:
        """The ids that it names."""
        return self.up | self.down


def is_usable_id(value: object) -> bool:
    """Say whether the graph can have a document, or a link to one, with this id."""
    return isinstance(value, str) and 0 < len(value.encode()) <= MOST_ID_BYTES


def targets(slots: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Return the ids that these slots name, each once; what is no id is passed over."""
    found: set[str] = set()
    for name in names:
        value = slots.get(name)
        values: list[Any] = value if isinstance(value, list) else [value]
        found.update(each for each in values if is_usable_id(each))
    return frozenset(found)


def is_upstream(other_id: str, other: Node | None, of: Node) -> bool:
    """Say whether the other, which may not be there, is a direct upstream neighbour."""
    return other_id in of.up or (other is not None and of.id in other.down)


def is_downstream(other_id: str, other: Node | None, of: Node) -> bool:
    """Say whether the other, which may not be there, is a direct downstream neighbour."""
    return other_id in of.down or (other is not None and of.id in other.up)


def needs_all_neighbours(old: Node | None, new: Node | None) -> bool:
    """Say whether a change concerns all neighbours: one came, went, or is something else now."""
    return old is None or new is None or old.type != new.type or dict(old.key) != dict(new.key)


def changed_partners(old: Node, new: Node) -> frozenset[str]:
    """Return the ids to which a document's links were added or removed."""
    return (old.up ^ new.up) | (old.down ^ new.down)

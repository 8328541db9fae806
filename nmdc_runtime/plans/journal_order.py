"""In which steps many documents are stored, so that none ever names one that comes later; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bson

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.integrity import ids_in
from nmdc_runtime.schema.registry import SchemaRegistry

Documents = Mapping[str, Sequence[Mapping[str, Any]] | None]
Node = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one transaction takes, and into how large steps more is divided.

    Parameters
    ----------
    documents, size_bytes
        What still goes into one transaction: it takes some ten seconds here, and MongoDB ends
        those of a minute. Measured in BSON, in which 45 MB of JSON are up to 64.
    step_documents, step_bytes
        A step: a second's work, so that others wait for no longer and a crash repeats no more.
    """

    documents: int = 58_000
    size_bytes: int = 64_000_000
    step_documents: int = 4_000
    step_bytes: int = 8_000_000


LIMITS: Final = Limits()


def is_large(documents: Documents, limits: Limits) -> bool:
    """Say whether documents are too many, or too large, for one transaction."""
    lists = [each for each in documents.values() if isinstance(each, list)]
    if sum(len(each) for each in lists) > limits.documents:
        return True
    size_bytes = 0
    for each in lists:
        for document in each:
            size_bytes += len(bson.encode(document))
            if size_bytes > limits.size_bytes:
                return True
    return False


def steps_of(
    documents: Documents, registry: SchemaRegistry, limits: Limits
) -> Iterator[dict[str, list[Document]]]:
    """Yield the documents in steps, each after those that it names.

    Documents that name each other, maybe by way of others, are in one step, however many there
    are; so are those without ids that name the same document. Keys that are no collections of the
    schema are passed over.
    """
    step: dict[str, list[Document]] = {}
    count = size_bytes = 0
    for group in _groups(documents, registry):
        length = sum(len(bson.encode(document)) for _, document in group)
        is_full = (
            count + len(group) > limits.step_documents or size_bytes + length > limits.step_bytes
        )
        if step and is_full:
            yield step
            step, count, size_bytes = {}, 0, 0
        for collection, document in group:
            step.setdefault(collection, []).append(dict(document))
        count += len(group)
        size_bytes += length
    if step:
        yield step


def _groups(documents: Documents, registry: SchemaRegistry) -> Iterator[list[Node]]:
    named: list[Node] = []
    unnamed: dict[tuple[str, str], list[Node]] = {}
    for collection, given in documents.items():
        known = registry.collections.get(collection)
        for document in given or () if known else ():
            if isinstance(document.get("id"), str):
                named.append((collection, document))
            else:
                of = next(iter(_references(document, registry)), "")
                unnamed.setdefault((collection, of), []).append((collection, document))
    yield from _by_references(named, registry)
    yield from unnamed.values()  # nothing names them, so they come last


def _by_references(nodes: list[Node], registry: SchemaRegistry) -> Iterator[list[Node]]:
    """Yield groups of nodes that name each other, each group after those that it names.

    Tarjan's algorithm for strongly connected components, without recursion: chains of documents
    are longer than Python's stack.
    """
    place = {document["id"]: number for number, (_, document) in enumerate(nodes)}

    def named_by(number: int) -> Iterator[int]:
        found = (place.get(id_) for id_ in _references(nodes[number][1], registry))
        return (each for each in found if each is not None)

    order: dict[int, int] = {}  # node → when it was met
    lowest: dict[int, int] = {}  # node → the earliest one it leads to
    open_nodes: list[int] = []
    is_open = bytearray(len(nodes))
    for root in range(len(nodes)):
        if root in order:
            continue
        path = [(root, named_by(root))]
        order[root] = lowest[root] = len(order)
        open_nodes.append(root)
        is_open[root] = 1
        while path:
            node, rest = path[-1]
            for target in rest:
                if target not in order:
                    order[target] = lowest[target] = len(order)
                    open_nodes.append(target)
                    is_open[target] = 1
                    path.append((target, named_by(target)))
                    break
                if is_open[target]:
                    lowest[node] = min(lowest[node], order[target])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    group: list[Node] = []
                    while is_open[node]:
                        member = open_nodes.pop()
                        is_open[member] = 0
                        group.append(nodes[member])
                    yield group[::-1]


def _references(document: Mapping[str, Any], registry: SchemaRegistry) -> Iterator[str]:
    type_ = document.get("type")
    slots = registry.reference_slots.get(type_, ()) if isinstance(type_, str) else ()
    for slot in sorted(slot for slot, _ in slots):
        yield from ids_in(document.get(slot))

"""What changed documents mean for the graph: themselves, and both ends of their links.

Which documents were written is all that is taken from a change. What they are is read from the
collections, what they were from the graph, and the difference is made up for: so the order of
changes does not matter, and doing it again changes nothing.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import bson
from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from nmdc_runtime.graph import pipelines
from nmdc_runtime.graph.changes import Key
from nmdc_runtime.graph.rules import (
    DANGLING_TYPE,
    DOWNSTREAM,
    LEFT_OUT,
    MOST_NODE_BYTES,
    UPSTREAM,
    GraphRules,
    Node,
    changed_partners,
    is_downstream,
    is_upstream,
    needs_all_neighbours,
)
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction

logger = logging.getLogger(__name__)

#: Values in one query.
CHUNK: Final = 5_000

Entry = dict[str, str]
Write = InsertOne[Document] | UpdateOne | DeleteOne


@dataclass(frozen=True, slots=True)
class _Change:
    """What a document of the graph was and is; None where there is none."""

    old: Node | None
    new: Node | None

    @property
    def is_anew(self) -> bool:
        """Whether the document is written as a whole, with all its neighbours."""
        return self.new is not None and (
            self.old is None or dict(self.old.key) != dict(self.new.key)
        )


@dataclass(slots=True)
class _Links:
    """The pairs of ids whose entries about each other are to be made anew."""

    partners: dict[str, set[str]] = field(default_factory=dict)

    def add(self, one: str, others: Iterable[str]) -> None:
        for other in others:
            self.partners.setdefault(one, set()).add(other)
            self.partners.setdefault(other, set()).add(one)


class Applier:
    """Brings one graph, the published one or one in the making, up to date with documents."""

    def __init__(self, database: Database[Document], rules: GraphRules, *, graph: str) -> None:
        self._database = database
        self._rules = rules
        self._graph = database[graph]

    def apply(self, keys: Sequence[Key], tx: Transaction) -> int:
        """Take the documents over that were written; return how many more the graph has."""
        changes = {
            id_: change
            for id_, change in self._changes(keys, tx.session).items()
            if change.old != change.new
        }
        if not changes:
            return 0
        links = self._links(changes, tx.session)
        now = {id_: change.new for id_, change in changes.items()}
        now |= self._stored(set(links.partners) - set(changes), tx.session)
        writes = list(self._writes(changes, links, now))
        self._graph.bulk_write(writes, ordered=True, session=tx.session)
        return sum((each.new is not None) - (each.old is not None) for each in changes.values())

    def _changes(self, keys: Sequence[Key], session: ClientSession) -> dict[str, _Change]:
        by_collection: dict[str, list[Any]] = {}
        for key in keys:
            by_collection.setdefault(key.collection, []).append(key.value)
        stood_for = [{"c": key.collection, "k": key.value} for key in keys]
        ids = {node.id for node in self._nodes_where("_id", stood_for, session)}
        for name, values in by_collection.items():
            for document in self._database[name].find(
                {"_id": {"$in": values}}, {"_id": 0, "id": 1}, session=session
            ):
                if isinstance(document.get("id"), str):
                    ids.add(document["id"])
        while True:
            old = self._stored(ids, session)
            new = self._current(ids, session)
            changes = {id_: _Change(old.get(id_), new.get(id_)) for id_ in ids}
            # The collections may be ahead of the changes: what becomes the document of an id may
            # stand in the graph for another id, which it no longer has.
            keys_anew = [
                dict(each.new.key) for each in changes.values() if each.new if each.is_anew
            ]
            elsewhere = {each.id for each in self._nodes_where("_id", keys_anew, session)} - ids
            if not elsewhere:
                return changes
            ids |= elsewhere

    def _current(self, ids: set[str], session: ClientSession) -> dict[str, Node]:
        """Return the node that each id is to have; of several documents the first one's."""
        found: dict[str, Node] = {}
        for name in self._rules.collections:
            for chunk in _chunks(ids - set(found)):
                for document in (
                    self._database[name]
                    .find({"id": {"$in": chunk}}, self._rules.projection, session=session)
                    .sort("_id", 1)
                ):
                    reason = self._rules.reason_to_skip(document)
                    if reason is not None:
                        facts = {"collection": name, "id": document["id"][:100], "reason": reason}
                        logger.warning("document not in the graph", extra=facts)
                        continue
                    node = self._rules.node(name, document)
                    if len(bson.encode(dict(document))) <= MOST_NODE_BYTES:
                        found.setdefault(node.id, node)
        return found

    def _links(self, changes: Mapping[str, _Change], session: ClientSession) -> _Links:
        links = _Links()
        all_neighbours = []
        for id_, change in changes.items():
            old, new = change.old, change.new
            if old is not None and new is not None and not needs_all_neighbours(old, new):
                links.add(id_, changed_partners(old, new))
                continue
            all_neighbours.append(id_)
            for node in (old, new):
                if node is not None:
                    links.add(id_, node.targets)
        if all_neighbours:
            for node in self._naming(all_neighbours, session):
                links.add(node.id, node.targets & set(all_neighbours))
        return links

    def _naming(self, ids: Sequence[str], session: ClientSession) -> Iterator[Node]:
        """Yield the nodes that name one of these ids, be it there or not."""
        for path in (f"{UPSTREAM}.id", f"{DOWNSTREAM}.id"):
            yield from self._nodes_where(path, ids, session)
        # Of these, entries may be missing; there are hardly any.
        yield from self._nodes_where(LEFT_OUT, [UPSTREAM, DOWNSTREAM], session)

    def _stored(self, ids: Iterable[str], session: ClientSession) -> dict[str, Node]:
        return {node.id: node for node in self._nodes_where("id", ids, session)}

    def _nodes_where(
        self, path: str, values: Iterable[Any], session: ClientSession
    ) -> Iterator[Node]:
        projection = {**self._rules.projection, LEFT_OUT: 1}
        for chunk in _chunks(values):
            for stored in self._graph.find({path: {"$in": chunk}}, projection, session=session):
                yield self._rules.stored_node(stored)

    def _writes(
        self,
        changes: Mapping[str, _Change],
        links: _Links,
        now: Mapping[str, Node | None],
    ) -> Iterator[Write]:
        for change in changes.values():
            if change.old is not None and (change.new is None or change.is_anew):
                yield DeleteOne({"_id": dict(change.old.key)})
        for id_, change in changes.items():
            if change.new is not None and change.is_anew:
                yield InsertOne(self._whole(change.new, links.partners.get(id_, set()), now))
        for id_ in sorted({*links.partners, *changes}):
            node = now.get(id_)
            node_change = changes.get(id_)
            if node is None or (node_change is not None and node_change.is_anew):
                continue
            old = node if node_change is None else node_change.old
            partners = links.partners.get(id_, set())
            update = self._relinking(node, partners, now, changes, old=old)
            if node_change is not None:
                update = [*self._replacing(node), *update]
            yield UpdateOne({"_id": dict(node.key)}, update)

    def _whole(self, node: Node, partners: set[str], now: Mapping[str, Node | None]) -> Document:
        """Return a document of the graph that is new, with all its neighbours."""
        document = self._rules.as_stored(node)
        left_out = []
        sides = (
            (UPSTREAM, [p for p in partners if is_upstream(p, now.get(p), node)], node.up),
            (DOWNSTREAM, [p for p in partners if is_downstream(p, now.get(p), node)], node.down),
        )
        for array, neighbours, own in sides:
            kept = neighbours
            if len(neighbours) > self._rules.most_links:
                left_out.append(array)
                kept = self._few(own)
            if kept:
                document[array] = [_entry(each, now) for each in sorted(kept)]
        if left_out:
            document[LEFT_OUT] = sorted(left_out)
        return document

    def _replacing(self, node: Node) -> list[Document]:
        """Return the update that takes over what the document itself says now."""
        gone = [slot for slot in self._rules.slots if slot not in node.slots]
        stored = self._rules.as_stored(node)
        del stored["_id"]
        kept = {name: {"$literal": value} for name, value in stored.items()}
        return [{"$set": kept}, *([{"$unset": gone}] if gone else [])]

    def _relinking(
        self,
        node: Node,
        partners: set[str],
        now: Mapping[str, Node | None],
        changes: Mapping[str, _Change],
        *,
        old: Node | None,
    ) -> list[Document]:
        left_out = old.left_out if old is not None else frozenset()
        up = [
            p
            for p in partners
            if (p in node.up if UPSTREAM in left_out else is_upstream(p, now.get(p), node))
        ]
        down = [
            p
            for p in partners
            if (p in node.down if DOWNSTREAM in left_out else is_downstream(p, now.get(p), node))
        ]
        return pipelines.relink(
            most=self._rules.most_links,
            remove=[entry for p in partners for entry in _possible(p, now, changes)],
            up=[_entry(p, now) for p in sorted(up)],
            down=[_entry(p, now) for p in sorted(down)],
            own_up=self._few(node.up),
            own_down=self._few(node.down),
        )

    def _few(self, ids: frozenset[str]) -> list[str]:
        return [] if len(ids) > self._rules.most_links else sorted(ids)


def _type_of(id_: str, now: Mapping[str, Node | None]) -> str:
    node = now.get(id_)
    return DANGLING_TYPE if node is None else node.type


def _entry(id_: str, now: Mapping[str, Node | None]) -> Entry:
    return {"id": id_, "type": _type_of(id_, now)}


def _possible(
    id_: str, now: Mapping[str, Node | None], changes: Mapping[str, _Change]
) -> Iterator[Entry]:
    """Yield every entry about a document that an array may hold."""
    types = {DANGLING_TYPE, _type_of(id_, now)}
    change = changes.get(id_)
    if change is not None and change.old is not None:
        types.add(change.old.type)
    for type_ in sorted(types):
        yield {"id": id_, "type": type_}


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk

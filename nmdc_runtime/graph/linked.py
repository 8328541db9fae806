"""Linked instances: all that lies upstream and downstream of some ids, in the order of ids."""

import asyncio
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.graph.linked_documents import LinkedDocuments
from nmdc_runtime.graph.linked_errors import GraphNotBuilt, InstancesNotFound, TypesNotFound
from nmdc_runtime.graph.linked_membership import Membership, from_pairs, membership
from nmdc_runtime.graph.models import GraphState
from nmdc_runtime.graph.rules import DOWNSTREAM, UPSTREAM, GraphRules
from nmdc_runtime.graph.state import read_state
from nmdc_runtime.graph.walking import Walk, Walker
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.registry import SchemaClass

ANY_TYPE: Final = "nmdc:NamedThing"
#: Up to so many ids the server follows by itself, if they are near to few others.
FEW: Final = 8
#: Where links lead through: what lies near these is one sample's or one process's. What others
#: merely belong to (studies, sites, instruments, configurations) is near to thousands.
PASSED_THROUGH: Final = ("Sample", "PlannedProcess", "DataObject")

#: Results kept for the next page: so many ids in all, and each so long.
MOST_KEPT: Final = 200_000
KEPT_S: Final = 300.0
#: Smaller results are found anew as quickly.
LEAST_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; ids and types sorted, each once."""

    ids: tuple[str, ...]
    types: tuple[str, ...] = (ANY_TYPE,)


@dataclass(frozen=True, slots=True)
class Linked:
    """All that is linked to some ids, and the state of the graph by which it is.

    Parameters
    ----------
    ids
        What is linked, sorted.
    types
        The ``type`` of each; of others too.
    upstream, downstream
        The requested ids from which each was reached by following ``_upstream``, ``_downstream``.
    """

    state: GraphState | None
    ids: Sequence[str]
    types: Mapping[str, str]
    upstream: Membership
    downstream: Membership

    def page(self, size: int, *, after: str | None = None) -> Sequence[str]:
        """Return at most so many of the ids, those behind one; a size below 1 means all."""
        first = 0 if after is None else bisect_right(self.ids, after)
        return self.ids[first:] if size < 1 else self.ids[first : first + size]

    def slim(self, id_: str) -> Document:
        """Return what is published of one of them."""
        resource: Document = {"id": id_, "type": self.types[id_]}
        for name, side in (("_upstream_of", self.upstream), ("_downstream_of", self.downstream)):
            if of := side.of(id_):
                resource[name] = of
        return resource


class LinkedInstances:
    """Finds what is linked; writes nothing, and keeps large results a while for their next pages.

    A kept result answers a first page only while nothing in the graph has changed, and a later page
    only if it is of the graph of the page before, or of a newer one. The state told with an answer
    is one for which it is right.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        rules: GraphRules,
        *,
        walker: Walker,
        documents: LinkedDocuments,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._database = database
        self._rules = rules
        self._walker = walker
        self._documents = documents
        self._most_kept = most_kept
        self._kept: OrderedDict[Question, tuple[float, Linked]] = OrderedDict()

    async def find(self, question: Question, *, since: str | None = None) -> Linked:
        """Return all that is linked.

        Parameters
        ----------
        question
            What is asked for.
        since
            The mark of the graph (`mark`) that gave the page before; None for a first page.

        Raises
        ------
        TypesNotFound
            The schema has no such class.
        InstancesNotFound
            There is no document with one of the ids.
        GraphNotBuilt
            There is no graph.
        TooManyLinks
            Too much is linked.
        """
        wanted = self._wanted(question.types)
        if len(question.ids) <= FEW and all(map(self._is_passed_through, question.ids)):
            small = await self._small(question, wanted)
            if small is not None:
                return small
        state = await read_state(self._database)
        kept = self._look_up(question, state, since)
        if kept is not None:
            return kept
        linked = await self._walk(question, wanted, state)
        self._keep(question, linked)
        return linked

    async def resources(
        self, linked: Linked, ids: Sequence[str], *, hydrate: bool
    ) -> list[Document]:
        """Return what is published of these ids; hydrated, without those deleted since."""
        if not hydrate:
            return [linked.slim(id_) for id_ in ids]
        documents = await self._documents.fetch_by_type({id_: linked.types[id_] for id_ in ids})
        return [linked.slim(id_) | documents[id_] for id_ in ids if id_ in documents]

    @cached_property
    def _classes(self) -> Mapping[str, SchemaClass]:
        """``nmdc:<name>`` → class; the schema's URIs of two abstract ones are other words."""
        return {f"nmdc:{name}": each for name, each in self._rules.registry.classes.items()}

    def _wanted(self, types: Sequence[str]) -> frozenset[str]:
        """Return the ``type`` of every document that is of one of these classes."""
        unknown = [each for each in types if each not in self._classes]
        if unknown:
            raise TypesNotFound(unknown, possible=self._classes)
        registry = self._rules.registry
        return frozenset(
            registry.classes[name].class_uri
            for each in types
            for name in registry.descendants(self._classes[each].name)
        )

    @cached_property
    def _passed_through(self) -> frozenset[str]:
        return frozenset(
            typecode
            for each in self._rules.registry.classes.values()
            if set(PASSED_THROUGH).intersection(each.ancestors)
            for typecode in each.typecodes
        )

    def _is_passed_through(self, id_: str) -> bool:
        return id_.removeprefix("nmdc:").partition("-")[0] in self._passed_through

    async def _small(self, question: Question, wanted: frozenset[str]) -> Linked | None:
        small = await self._walker.ask_server(question.ids)
        if small is None or len(small.types) < len(question.ids):
            return None
        types: dict[str, str] = {}
        for sides in small.reached.values():
            for reached in sides.values():
                types |= reached
        sides_of = {
            side: from_pairs({id_: small.reached[id_][side] for id_ in question.ids})
            for side in (UPSTREAM, DOWNSTREAM)
        }
        return Linked(
            state=small.state,
            ids=sorted(id_ for id_, type_ in types.items() if type_ in wanted),
            types=types,
            upstream=sides_of[UPSTREAM],
            downstream=sides_of[DOWNSTREAM],
        )

    async def _walk(
        self, question: Question, wanted: frozenset[str], state: GraphState | None
    ) -> Linked:
        up, down = await self._walk_from(question.ids, state)
        upstream, downstream = await asyncio.to_thread(
            lambda: (membership(question.ids, up.links), membership(question.ids, down.links))
        )
        types = {**up.types, **down.types}
        reached = {*upstream, *downstream}
        return Linked(
            state=state,
            ids=sorted(id_ for id_ in reached if types.get(id_) in wanted),
            types=types,
            upstream=upstream,
            downstream=downstream,
        )

    async def _walk_from(self, ids: Sequence[str], state: GraphState | None) -> tuple[Walk, Walk]:
        """Walk both ways; what was written just now begins with what it says itself."""
        up = await self._walker.walk(ids, UPSTREAM)
        missing = [id_ for id_ in ids if id_ not in up.types]
        if not missing:
            return up, await self._walker.walk(ids, DOWNSTREAM)
        known = await self._documents.fetch_known(missing)
        absent = [id_ for id_ in missing if id_ not in known]
        if absent:
            raise InstancesNotFound(absent)
        if state is None and await self._walker.is_empty():
            raise GraphNotBuilt
        return (
            await self._walker.walk(ids, UPSTREAM, known),
            await self._walker.walk(ids, DOWNSTREAM, known),
        )

    def _look_up(
        self, question: Question, state: GraphState | None, since: str | None
    ) -> Linked | None:
        now = time.monotonic()
        while self._kept and next(iter(self._kept.values()))[0] < now - KEPT_S:
            self._kept.popitem(last=False)
        _, linked = self._kept.get(question, (0.0, None))
        if linked is None or linked.state is None or state is None:
            return None
        if since is not None:
            return linked if since <= mark(linked.state) else None
        if mark(state) != mark(linked.state):
            return None
        # Nothing has changed since, so the result is as fresh as the graph is now.
        return linked if state == linked.state else replace(linked, state=state)

    def _keep(self, question: Question, linked: Linked) -> None:
        """Keep a large result for its next pages; the oldest ones go to make room."""
        if linked.state is None or not LEAST_KEPT < len(linked.types) <= self._most_kept:
            return
        self._kept.pop(question, None)
        self._kept[question] = (time.monotonic(), linked)
        while sum(len(each.types) for _, each in self._kept.values()) > self._most_kept:
            self._kept.popitem(last=False)


def mark(state: GraphState | None) -> str:
    """Return a text that tells which graph it was; that of a later one comes behind it."""
    if state is None:
        return ""
    return f"{_exact(state.built_at)} {state.changes:015d} {state.build_id}"


def _exact(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")

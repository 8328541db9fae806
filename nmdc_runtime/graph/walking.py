"""Ways through ``alldocs``: level by level, or where little is reached, by the server alone."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ExecutionTimeout, OperationFailure

from nmdc_runtime.graph.linked_errors import TooManyLinks
from nmdc_runtime.graph.models import GraphState
from nmdc_runtime.graph.rules import DOWNSTREAM, LEFT_OUT, UPSTREAM
from nmdc_runtime.graph.store import ALLDOCS, GRAPH, STATE_ID, state_of
from nmdc_runtime.mongo.documents import Document

#: Ids in one query, and queries at once: the server reads while we take in what it read.
CHUNK: Final = 2_500
AT_ONCE: Final = 3
#: How many documents one walk may reach: some 100 MB.
MOST_REACHED: Final = 500_000

OPPOSITE: Final = {UPSTREAM: DOWNSTREAM, DOWNSTREAM: UPSTREAM}


@dataclass(frozen=True, slots=True)
class Known:
    """A document that the graph does not have yet, as its own slots tell."""

    type: str
    links: Mapping[str, frozenset[str]]  # direction → ids


@dataclass(slots=True)
class Walk:
    """What was reached: all documents there are, and the links that lead on from each."""

    types: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Small:
    """What the server found by itself: requested id → id → type, for both directions."""

    state: GraphState | None
    types: Mapping[str, str]
    reached: Mapping[str, Mapping[str, Mapping[str, str]]]


class Walker:
    """Follows links; each walk as a whole, and each query of it, ends within the time limit."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        time_limit_ms: int,
        most_reached: int = MOST_REACHED,
    ) -> None:
        self._alldocs = database[ALLDOCS]
        self._time_limit_ms = time_limit_ms
        self._most_reached = most_reached

    async def walk(
        self, sources: Iterable[str], direction: str, known: Mapping[str, Known] | None = None
    ) -> Walk:
        """Follow the links of one direction from all sources at once, level by level.

        Parameters
        ----------
        sources
            Where to begin.
        direction
            ``_upstream`` or ``_downstream``.
        known
            Documents to take for part of the graph although it does not have them yet.

        Raises
        ------
        TooManyLinks
            It would reach too much, or take too long.
        """
        known = known or {}
        walk = Walk(types={id_: each.type for id_, each in known.items()})
        mirrored: dict[str, list[str]] = {}
        for id_, each in known.items():
            for other in each.links[OPPOSITE[direction]]:
                mirrored.setdefault(other, []).append(id_)
        ends_at = time.monotonic() + self._time_limit_ms / 1_000
        seen = set(sources)
        frontier = list(seen)
        room = asyncio.Semaphore(AT_ONCE)

        async def expand(ids: Sequence[str]) -> None:
            async with room:
                await self._read(ids, direction, walk, ends_at)

        while frontier:
            chunks = [frontier[at : at + CHUNK] for at in range(0, len(frontier), CHUNK)]
            await asyncio.gather(*map(expand, chunks))
            onward: list[str] = []
            for id_ in frontier:
                if id_ in known:
                    walk.links.setdefault(id_, []).extend(known[id_].links[direction])
                if id_ in mirrored:
                    walk.links.setdefault(id_, []).extend(mirrored[id_])
                for reached in walk.links.get(id_, ()):
                    if reached not in seen:
                        seen.add(reached)
                        onward.append(reached)
            if len(seen) > self._most_reached:
                raise TooManyLinks(f"leads to more than {self._most_reached:,} documents")
            frontier = onward
        return walk

    async def _read(self, ids: Sequence[str], direction: str, walk: Walk, ends_at: float) -> None:
        """Note types and links of some documents.

        An array that became too long lacks what only the other ends say: they are asked.
        """
        cut: list[str] = []
        found = self._alldocs.find(
            {"id": {"$in": list(ids)}},
            {"_id": 0, "id": 1, "type": 1, LEFT_OUT: 1, "links": f"${direction}.id"},
            batch_size=len(ids),
            max_time_ms=_left_ms(ends_at),
        )
        async with found:
            async for document in found:
                id_ = document["id"]
                walk.types[id_] = document["type"]
                if links := document.get("links"):
                    walk.links[id_] = links
                if direction in document.get(LEFT_OUT, ()):
                    cut.append(id_)
        if not cut:
            return
        back = OPPOSITE[direction]
        others = self._alldocs.find(
            {f"{back}.id": {"$in": cut}},
            {"_id": 0, "id": 1, "back": f"${back}.id"},
            batch_size=CHUNK,
            max_time_ms=_left_ms(ends_at),
        )
        wanted = frozenset(cut)
        async with others:
            async for other in others:
                for id_ in wanted.intersection(other["back"]):
                    walk.links.setdefault(id_, []).append(other["id"])

    async def ask_server(self, ids: Sequence[str]) -> Small | None:
        """Let the server follow the links of a few ids, in one query for all there is to know.

        Many times as quick as a walk where little is reached, and many times as slow where much
        is: the server reads every document whole. None if it gave up, or met a document whose
        links it cannot know by that document alone.
        """
        try:
            cursor = await self._alldocs.aggregate(
                _graph_lookups(list(ids)), maxTimeMS=self._time_limit_ms
            )
            async with cursor:
                found = await cursor.to_list()
        except ExecutionTimeout:
            raise
        except OperationFailure as error:
            if error.code not in _TOO_LARGE:
                raise
            return None
        if any(_is_cut(each) for each in found):
            return None
        states = found[0]["state"] if found else []
        return Small(
            state=state_of(states[0]) if states else None,
            types={each["id"]: each["type"] for each in found},
            reached={
                each["id"]: {
                    direction: {one["id"]: one["type"] for one in each[reached]}
                    for direction, reached in _REACHED.items()
                }
                for each in found
            },
        )

    async def is_empty(self) -> bool:
        """Say whether there is no graph, not even one that another Runtime built."""
        return await self._alldocs.find_one({}, {"_id": 1}) is None


#: Direction → where a look-up of the server's puts what it reached.
_REACHED: Final = {UPSTREAM: "reached_upstream", DOWNSTREAM: "reached_downstream"}
#: The server's ways of saying that a look-up found more than it can hold.
_TOO_LARGE: Final = frozenset({10334, 17419, 40099, 5107201})


def _left_ms(ends_at: float) -> int:
    left = int((ends_at - time.monotonic()) * 1_000)
    if left < 1:
        raise TooManyLinks("takes longer than this hub allows")
    return left


def _is_cut(document: Document) -> bool:
    """Say whether an array on the way, the document's own included, lacks entries."""
    return any(
        direction in each.get(LEFT_OUT, ())
        for direction, reached in _REACHED.items()
        for each in (document, *document[reached])
    )


def _graph_lookups(ids: list[str]) -> list[Document]:
    shown = ("id", "type", LEFT_OUT)
    return [
        {"$match": {"id": {"$in": ids}}},
        # Before anything is read, so that what is read is never older than it says.
        {"$lookup": {"from": GRAPH, "pipeline": [{"$match": {"_id": STATE_ID}}], "as": "state"}},
        *(
            {
                "$graphLookup": {
                    "from": ALLDOCS,
                    "startWith": f"${direction}.id",
                    "connectFromField": f"{direction}.id",
                    "connectToField": "id",
                    "as": reached,
                }
            }
            for direction, reached in _REACHED.items()
        ),
        {
            "$project": {
                "_id": 0,
                **dict.fromkeys((*shown, "state"), 1),
                **{f"{each}.{name}": 1 for each in _REACHED.values() for name in shown},
            }
        },
    ]

"""Whether all is in the graph that should be, and each link leads somewhere."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pymongo.database import Database

from nmdc_runtime.graph.rules import DANGLING_TYPE, DOWNSTREAM, UPSTREAM, GraphRules
from nmdc_runtime.graph.store import ALLDOCS, GraphStore
from nmdc_runtime.mongo.documents import Document

#: Dangling references that are told one by one.
MOST_NAMED: Final = 20
#: Looks at the counts before they are said to differ, and seconds between two: while documents
#: are written the graph is behind by a moment.
LOOKS: Final = 5
PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many documents the schema's collections have, and how many of them the graph.

    Parameters
    ----------
    sources, in_graph
        By collection; one without documents is in neither.
    skipped
        How many the last full build could not take in.
    """

    sources: Mapping[str, int]
    in_graph: Mapping[str, int]
    skipped: int

    @property
    def missing(self) -> dict[str, int]:
        """How many of a collection the graph lacks (below 0: has too many), where that is any."""
        names = sorted({*self.sources, *self.in_graph})
        differences = {
            name: self.sources.get(name, 0) - self.in_graph.get(name, 0) for name in names
        }
        return {name: number for name, number in differences.items() if number}

    @property
    def is_right(self) -> bool:
        """Whether the graph has all documents but those that cannot be in it."""
        missing = self.missing
        return sum(missing.values()) == self.skipped and min(missing.values(), default=0) >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DanglingReference:
    """A document, and an id that it names and no document has."""

    id: str
    type: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangling:
    """How many links of the graph lead nowhere, and the first of them."""

    count: int
    first: tuple[DanglingReference, ...]


def compare_counts(
    database: Database[Document], rules: GraphRules, *, looks: int = LOOKS, pause_s: float = PAUSE_S
) -> Counted:
    """Count the documents of the graph and those that it is made of, each collection by itself."""
    while True:
        counted = _count(database, rules)
        looks -= 1
        if counted.is_right or looks <= 0:
            return counted
        time.sleep(pause_s)


def _count(database: Database[Document], rules: GraphRules) -> Counted:
    sources = {name: database[name].count_documents({}) for name in rules.collections}
    grouped = database[ALLDOCS].aggregate([{"$group": {"_id": "$_id.c", "n": {"$sum": 1}}}])
    in_graph = {str(each["_id"]): int(each["n"]) for each in grouped}
    state = GraphStore(database).find()
    return Counted(
        sources={name: number for name, number in sources.items() if number},
        in_graph=in_graph,
        skipped=state.skipped_count if state else 0,
    )


def find_dangling(database: Database[Document], *, most: int = MOST_NAMED) -> Dangling:
    """Count the references to documents that are not there, in one pass over the graph."""
    stages: list[dict[str, Any]] = [
        {"$match": {"$or": [{f"{side}.type": DANGLING_TYPE} for side in (UPSTREAM, DOWNSTREAM)]}},
        {
            "$project": {
                "_id": 0,
                "id": 1,
                "type": 1,
                "link": {"$concatArrays": [_dangling_in(UPSTREAM), _dangling_in(DOWNSTREAM)]},
            }
        },
        {"$unwind": "$link"},
        {
            "$facet": {
                "count": [{"$count": "n"}],
                "first": [{"$sort": {"id": 1, "link.id": 1}}, {"$limit": most}],
            }
        },
    ]
    (found,) = database[ALLDOCS].aggregate(stages, allowDiskUse=True)
    return Dangling(
        count=found["count"][0]["n"] if found["count"] else 0,
        first=tuple(
            DanglingReference(id=each["id"], type=each["type"], names=each["link"]["id"])
            for each in found["first"]
        ),
    )


def _dangling_in(side: str) -> dict[str, Any]:
    return {
        "$filter": {
            "input": {"$ifNull": [f"${side}", []]},
            "cond": {"$eq": ["$$this.type", DANGLING_TYPE]},
        }
    }

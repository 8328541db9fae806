"""What is known of the link graph as a whole."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A document of the schema that is not in the graph, and why."""

    collection: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphState:
    """Which graph it is, how current, and what is missing in it.

    ``build_id`` changes with each full build, ``changes`` counts what was taken over since. All
    writes up to ``fresh_as_of`` are in the graph.
    Skipped documents are those of the last full build, the first of them by name.
    """

    build_id: str
    built_at: datetime
    fresh_as_of: datetime
    documents: int
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    changes: int = 0

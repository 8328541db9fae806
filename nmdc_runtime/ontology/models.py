"""What an ontology's file says, what is known of a load, and what a load did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class Relation(NamedTuple):
    """One relation; sorts as the index of the collection does."""

    subject: str
    predicate: str
    object: str


class Edge(NamedTuple):
    """A step up from a term."""

    predicate: str
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of the ontology itself, by its CURIE."""

    id: str
    name: str | None = None
    definition: str | None = None
    alternative_names: tuple[str, ...] = ()
    alternative_identifiers: tuple[str, ...] = ()
    is_obsolete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ontology:
    """What the file says.

    Parameters
    ----------
    prefix
        How its terms begin, e.g. ``ENVO:``.
    edges
        The direct steps up (is-a, part-of) of each term, also of terms taken from elsewhere.
    entailed
        Ancestors that a reasoner found, of the ontology's own terms.
    obsolete
        Ids that the file calls obsolete, wherever they are from.
    """

    prefix: str
    terms: Mapping[str, Term]
    edges: Mapping[str, frozenset[Edge]]
    entailed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    obsolete: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many documents there are of one ontology."""

    classes: int
    relations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadState:
    """What was loaded last."""

    url: str
    etag: str | None
    sha256: str
    counts: Counts
    loaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A table of what a load did, as a file of tab-separated values."""

    path: Path
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOutcome:
    """What a load found and did.

    Parameters
    ----------
    is_unchanged
        The source has what was loaded before, so nothing was written.
    classes_marked
        Terms of before that the file no longer has: they are obsolete now.
    warning
        What an operator should know though the load went well.
    """

    ontology: str
    url: str
    sha256: str
    counts: Counts
    is_unchanged: bool = False
    classes_inserted: int = 0
    classes_updated: int = 0
    classes_marked: int = 0
    relations_inserted: int = 0
    relations_removed: int = 0
    warning: str | None = None
    reports: tuple[Report, ...] = ()

"""Reads a semantic-SQL file: an ontology as one SQLite table of statements.

Only the table ``statements`` is needed: the views beside it differ between releases, and their
joins take minutes on a large ontology where a few passes over the table take seconds.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from nmdc_runtime.ontology.errors import OntologyFileUnreadable
from nmdc_runtime.ontology.models import Edge, Ontology, Term
from nmdc_runtime.ontology.rules import IS_A, PART_OF

TYPE: Final = "rdf:type"
LABEL: Final = "rdfs:label"
DEFINITION: Final = "IAO:0000115"
DEPRECATED: Final = "owl:deprecated"
ON_PROPERTY: Final = "owl:onProperty"
SOME_VALUES_FROM: Final = "owl:someValuesFrom"
ALTERNATIVE_ID: Final = "oio:hasAlternativeId"
SYNONYMS: Final = tuple(
    f"oio:has{scope}Synonym" for scope in ("Exact", "Broad", "Narrow", "Related")
)
#: How the names of blank nodes begin: they stand for restrictions such as "part of some x".
BLANK: Final = "_:"


def read_semantic_sql(path: Path, *, prefix: str, url: str) -> Ontology:
    """Return what the file says of the terms with this prefix.

    Parameters
    ----------
    url
        Where the file is from, for messages.

    Raises
    ------
    OntologyFileUnreadable
        It is no SQLite file, is damaged, or has no table of statements.
    """
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return _Reader(connection, prefix).read()
    except sqlite3.Error as error:
        raise OntologyFileUnreadable(url, str(error)) from error


class _Reader:
    def __init__(self, connection: sqlite3.Connection, prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix
        # One text for each id: an ontology names each of its terms hundreds of times.
        self._ids: dict[str, str] = {}

    def read(self) -> Ontology:
        obsolete = frozenset(
            subject for subject, value in self._values(DEPRECATED) if value.lower() in {"true", "1"}
        )
        return Ontology(
            prefix=self._prefix,
            terms=self._terms(obsolete),
            edges=self._edges(),
            entailed=self._entailed(),
            obsolete=obsolete,
        )

    def _terms(self, obsolete: frozenset[str]) -> dict[str, Term]:
        names = self._first(LABEL)
        definitions = self._first(DEFINITION)
        synonyms = self._all(*SYNONYMS)
        alternatives = self._all(ALTERNATIVE_ID)
        return {
            term_id: Term(
                id=term_id,
                name=names.get(term_id),
                definition=definitions.get(term_id),
                alternative_names=tuple(sorted(synonyms.get(term_id, ()))),
                alternative_identifiers=tuple(sorted(alternatives.get(term_id, ()))),
                is_obsolete=term_id in obsolete,
            )
            for term_id in sorted(
                {subject for subject, _ in self._objects(TYPE) if self._own(subject)}
            )
        }

    def _edges(self) -> dict[str, frozenset[Edge]]:
        """Return the steps up: named parents, and those of "part of some x" restrictions."""
        part_of = {blank for blank, of in self._objects(ON_PROPERTY) if of == PART_OF}
        wholes = {
            blank: whole for blank, whole in self._objects(SOME_VALUES_FROM) if blank in part_of
        }
        edges: defaultdict[str, set[Edge]] = defaultdict(set)
        for predicate in (IS_A, PART_OF):
            for subject, above in self._objects(predicate):
                if subject.startswith(BLANK):
                    continue
                if not above.startswith(BLANK):
                    edges[subject].add(Edge(predicate, above))
                elif (whole := wholes.get(above, BLANK)) and not whole.startswith(BLANK):
                    edges[subject].add(Edge(PART_OF, whole))
        return {subject: frozenset(found) for subject, found in edges.items()}

    def _entailed(self) -> dict[str, frozenset[str]]:
        """Return what a reasoner found, if the file has it; small ones do not."""
        tables = "SELECT count(*) FROM sqlite_master WHERE name = 'entailed_edge'"
        if not self._connection.execute(tables).fetchone()[0]:
            return {}
        found: defaultdict[str, set[str]] = defaultdict(set)
        rows = self._connection.execute(
            "SELECT subject, object FROM entailed_edge "
            "WHERE predicate IN (?, ?) AND subject GLOB ? AND object GLOB ?",
            (IS_A, PART_OF, f"{self._prefix}*", f"{self._prefix}*"),
        )
        for subject, above in rows:
            found[self._id(subject)].add(self._id(above))
        return {subject: frozenset(above) for subject, above in found.items()}

    def _first(self, predicate: str) -> dict[str, str]:
        """Return one text for each own term: the least, so that each load has the same."""
        found: dict[str, str] = {}
        for subject, value in self._values(predicate):
            if self._own(subject) and (subject not in found or value < found[subject]):
                found[subject] = value
        return found

    def _all(self, *predicates: str) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for predicate in predicates:
            for subject, value in self._values(predicate):
                if self._own(subject):
                    found[subject].add(value)
        return found

    def _own(self, term_id: str) -> bool:
        return term_id.startswith(self._prefix)

    def _values(self, predicate: str) -> Iterator[tuple[str, str]]:
        return self._rows("SELECT subject, value FROM statements WHERE predicate = ?", predicate)

    def _objects(self, predicate: str) -> Iterator[tuple[str, str]]:
        rows = self._rows("SELECT subject, object FROM statements WHERE predicate = ?", predicate)
        return ((subject, self._id(named)) for subject, named in rows)

    def _rows(self, query: str, predicate: str) -> Iterator[tuple[str, str]]:
        rows: Iterator[tuple[Any, Any]] = self._connection.execute(query, (predicate,))
        for subject, said in rows:
            if isinstance(subject, str) and isinstance(said, str):
                yield self._id(subject), said

    def _id(self, text: str) -> str:
        return self._ids.setdefault(text, text)

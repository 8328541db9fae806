"""Which documents an ontology's file asks for, and how they differ from the stored ones."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final, TypeVar

from nmdc_runtime.ontology.errors import OntologyNameInvalid
from nmdc_runtime.ontology.models import Ontology, Relation, Term

IS_A: Final = "rdfs:subClassOf"
PART_OF: Final = "BFO:0000050"
#: From a term to each of its ancestors, by is-a and part-of, and to itself; published.
CLOSURE: Final = "entailed_isa_partof_closure"
#: The share of the stored terms that a new file may lack without anybody's consent.
MOST_VANISHING: Final = 0.5

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")

Stored = dict[str, Any]
Item = TypeVar("Item")


def prefix_of(name: str) -> str:
    """Return how the terms of the ontology begin: ``ENVO:`` for ``envo``.

    The name becomes part of an address and of a file's path: nothing but letters, digits and
    underscores may pass.
    """
    if not _NAME.fullmatch(name):
        raise OntologyNameInvalid(name)
    return f"{name.upper()}:"


def objects_elsewhere(ontology: Ontology) -> set[str]:
    """Return the ids that its terms relate to directly, but that are no terms of it."""
    return {
        edge.object
        for term_id in ontology.terms
        for edge in ontology.edges.get(term_id, ())
        if edge.object not in ontology.terms
    }


def relations_of(
    ontology: Ontology, term: Term, *, barred: Collection[str] = frozenset()
) -> list[Relation]:
    """Return the term's relations, sorted: direct ones, and one to each ancestor and to itself.

    Parameters
    ----------
    barred
        Ids that no relation may name: obsolete terms. An obsolete term has no relations either.
    """
    if term.is_obsolete:
        return []
    direct = {
        Relation(term.id, *edge)
        for edge in ontology.edges.get(term.id, ())
        if edge.object not in barred
    }
    above = {
        Relation(term.id, CLOSURE, ancestor)
        for ancestor in _ancestors(ontology, term.id, barred)
        if ancestor.startswith(ontology.prefix)
    }
    return sorted(direct | above)


def document_of(ontology: Ontology, term: Term, relations: Iterable[Relation]) -> Stored:
    """Return the term as it is stored, with all published fields."""
    relations = list(relations)
    parents = [
        each
        for each in relations
        if each.predicate != CLOSURE and each.object.startswith(ontology.prefix)
    ]
    return {
        "id": term.id,
        "type": "nmdc:OntologyClass",
        "name": term.name,
        "description": None,
        "alternative_identifiers": list(term.alternative_identifiers),
        "alternative_names": list(term.alternative_names),
        "definition": term.definition,
        "relations": [relation_document(each) for each in relations],
        "is_root": not parents and not term.is_obsolete,
        "is_obsolete": term.is_obsolete,
    }


def relation_document(relation: Relation) -> Stored:
    """Return the relation as it is stored."""
    return {"type": "nmdc:OntologyRelation", **relation._asdict()}


def paired(
    wanted: Iterable[Item], stored: Iterable[Item], *, key: Callable[[Item], Any]
) -> Iterator[tuple[Item | None, Item | None]]:
    """Yield what is wanted beside what is stored; both come sorted by key, neither is kept.

    One that is wanted stands at most once. Of stored ones with the same key, all but the first
    come alone, as what nobody wants.
    """
    left, right = iter(wanted), iter(stored)
    new, old = next(left, None), next(right, None)
    while new is not None or old is not None:
        if old is None or (new is not None and key(new) < key(old)):
            yield new, None
            new = next(left, None)
        elif new is None or key(old) < key(new):
            yield None, old
            old = next(right, None)
        else:
            yield new, old
            new, old = next(left, None), next(right, None)


def changes(wanted: Stored | None, stored: Stored) -> Stored:
    """Return the fields that must be set in the stored term; none if it is as wanted.

    A term that is wanted no more stays, marked as obsolete: documents may name it.
    """
    if wanted is None:
        wanted = {"is_obsolete": True, "is_root": False, "relations": []}
    return {
        name: value
        for name, value in wanted.items()
        if name not in stored or _comparable(value) != _comparable(stored[name])
    }


def is_shrunk(*, vanishing: int, stored: int) -> bool:
    """Say whether a file lacks so many of the stored terms that it is rather broken."""
    return vanishing > stored * MOST_VANISHING


def _comparable(value: object) -> object:
    """Return lists without their order, which tells nothing here."""
    if not isinstance(value, list):
        return value
    return sorted(
        repr(sorted(each.items())) if isinstance(each, dict) else repr(each) for each in value
    )


def _ancestors(ontology: Ontology, term_id: str, barred: Collection[str]) -> set[str]:
    """Walk up, also through terms of other ontologies; circles do no harm."""
    seen = {term_id}
    ahead = [term_id]
    while ahead:
        for edge in ontology.edges.get(ahead.pop(), ()):
            if edge.object not in seen and edge.object not in barred:
                seen.add(edge.object)
                ahead.append(edge.object)
    entailed = ontology.entailed.get(term_id, frozenset())
    return seen | {each for each in entailed if each not in barred}

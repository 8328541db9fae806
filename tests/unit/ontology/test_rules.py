from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.ontology.errors import OntologyNameInvalid
from nmdc_runtime.ontology.models import Edge, Ontology, Relation, Term
from nmdc_runtime.ontology.rules import (
    CLOSURE,
    IS_A,
    PART_OF,
    changes,
    document_of,
    is_shrunk,
    paired,
    prefix_of,
    relations_of,
)

TERM = Term(id="PO:3", name="leaf", alternative_names=("b", "a"))


def an_ontology(*edges: tuple[str, str, str], **more: object) -> Ontology:
    subjects = {subject for subject, _, _ in edges} | {TERM.id}
    return Ontology(
        prefix="PO:",
        terms={each: replace(TERM, id=each) for each in subjects if each.startswith("PO:")},
        edges={
            subject: frozenset(
                Edge(predicate, above) for of, predicate, above in edges if of == subject
            )
            for subject in subjects
        },
        **more,
    )


def closure_of(ontology: Ontology, **more: object) -> list[str]:
    return [
        each.object for each in relations_of(ontology, TERM, **more) if each.predicate == CLOSURE
    ]


def test_the_prefix_is_the_name_in_capitals_with_a_colon() -> None:
    assert [prefix_of(name) for name in ("envo", "po", "so_2")] == ["ENVO:", "PO:", "SO_2:"]


@pytest.mark.parametrize("name", ["", "ENVO", "../envo", "envo.db", "en vo", "envo\n", "x" * 65])
def test_what_could_leave_its_folder_or_its_address_is_no_name(name: str) -> None:
    with pytest.raises(OntologyNameInvalid, match="is not the name"):
        prefix_of(name)


def test_a_term_is_its_own_ancestor_and_has_those_by_is_a_and_part_of_together() -> None:
    ontology = an_ontology(("PO:3", IS_A, "PO:2"), ("PO:2", PART_OF, "PO:1"))

    assert closure_of(ontology) == ["PO:1", "PO:2", "PO:3"]
    assert relations_of(ontology, TERM)[0] == Relation("PO:3", CLOSURE, "PO:1")
    assert Relation("PO:3", IS_A, "PO:2") in relations_of(ontology, TERM)


def test_the_way_up_may_lead_through_another_ontology_whose_terms_are_not_in_the_closure() -> None:
    ontology = an_ontology(("PO:3", IS_A, "BFO:1"), ("BFO:1", IS_A, "PO:1"))

    assert closure_of(ontology) == ["PO:1", "PO:3"]


def test_a_circle_ends() -> None:
    ontology = an_ontology(("PO:3", IS_A, "PO:2"), ("PO:2", IS_A, "PO:3"))

    assert closure_of(ontology) == ["PO:2", "PO:3"]


def test_what_a_reasoner_found_is_in_the_closure_too() -> None:
    ontology = an_ontology(entailed={"PO:3": frozenset({"PO:9"})})

    assert closure_of(ontology) == ["PO:3", "PO:9"]
    assert closure_of(ontology, barred={"PO:9"}) == ["PO:3"]


def test_no_relation_leads_to_or_from_an_obsolete_term_nor_past_it() -> None:
    ontology = an_ontology(("PO:3", IS_A, "PO:2"), ("PO:2", IS_A, "PO:1"))

    assert relations_of(ontology, TERM, barred={"PO:2"}) == [Relation("PO:3", CLOSURE, "PO:3")]
    assert relations_of(ontology, replace(TERM, is_obsolete=True)) == []


def test_a_root_has_no_parent_in_its_own_ontology_and_is_alive() -> None:
    ontology = an_ontology(("PO:3", IS_A, "BFO:1"))

    def is_root(term: Term, ontology: Ontology) -> bool:
        return document_of(ontology, term, relations_of(ontology, term))["is_root"]

    assert is_root(TERM, ontology) is True
    assert is_root(replace(TERM, is_obsolete=True), ontology) is False
    assert is_root(TERM, an_ontology(("PO:3", PART_OF, "PO:1"))) is False


@given(
    wanted=st.sets(st.integers(0, 30)),
    stored=st.lists(st.integers(0, 30)).map(sorted),
)
def test_pairs_tell_what_to_add_and_what_to_remove(wanted: set[int], stored: list[int]) -> None:
    pairs = list(paired(sorted(wanted), stored, key=lambda each: each))
    after = list(stored)
    for new, old in pairs:
        if new is None:
            after.remove(old)
        elif old is None:
            after.append(new)

    assert sorted(after) == sorted(wanted)
    assert [old for _, old in pairs if old is not None] == stored
    assert all(new == old for new, old in pairs if None not in {new, old})


def test_only_fields_that_differ_are_set_and_the_order_of_a_list_is_no_difference() -> None:
    ontology = an_ontology(("PO:3", IS_A, "PO:2"))
    wanted = document_of(ontology, TERM, relations_of(ontology, TERM))
    stored = {
        "_id": 1,
        **wanted,
        "relations": wanted["relations"][::-1],
        "alternative_names": ["a", "b"],
    }

    assert changes(wanted, stored) == {}
    assert changes(wanted, {**stored, "name": "Leaf", "relations": None}) == {
        "name": "leaf",
        "relations": wanted["relations"],
    }


def test_a_term_that_is_wanted_no_more_is_marked_once() -> None:
    gone = {"is_obsolete": True, "is_root": False, "relations": []}

    assert changes(None, {"id": "PO:3", "name": "leaf", "is_obsolete": False}) == gone
    assert changes(None, {"id": "PO:3", "name": "leaf", **gone}) == {}


def test_a_file_without_most_of_the_stored_terms_is_shrunk() -> None:
    assert is_shrunk(vanishing=11, stored=20)
    assert not is_shrunk(vanishing=10, stored=20)
    assert not is_shrunk(vanishing=0, stored=0)

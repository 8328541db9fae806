import pytest

from nmdc_runtime.graph.rules import (
    DOWNSTREAM_SLOTS,
    UPSTREAM_SLOTS,
    GraphRules,
    Node,
    changed_partners,
    is_downstream,
    is_upstream,
    needs_all_neighbours,
    targets,
)
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.registry import LegalReference, SchemaRegistry

RULES = GraphRules(load_registry())


def node(id_: str, type_: str = "nmdc:Study", **ends: set[str]) -> Node:
    frozen = {side: frozenset(ids) for side, ids in ends.items()}
    return Node(key={"c": "study_set", "k": id_}, id=id_, type=type_, slots={}, **frozen)


def test_every_reference_slot_of_the_pinned_schema_leads_one_way():
    assert RULES.unclassified == ()
    assert set(RULES.slots) == UPSTREAM_SLOTS | DOWNSTREAM_SLOTS
    assert set() == UPSTREAM_SLOTS & DOWNSTREAM_SLOTS
    assert "functional_annotation_agg" not in RULES.collections
    assert len(RULES.collections) == 16


def test_a_slot_that_a_newer_schema_adds_is_kept_and_not_followed():
    known = load_registry()
    added = LegalReference("study_set", "Study", "funded_by", "study_set", "Study")
    rules = GraphRules(
        SchemaRegistry(
            version="99",
            collections=known.collections,
            classes=known.classes,
            legal_references=(*known.legal_references, added),
            storage_units=known.storage_units,
        )
    )

    study = {"_id": 1, "id": "nmdc:sty-11-a", "type": "nmdc:Study", "funded_by": ["nmdc:sty-11-b"]}
    made = rules.node("study_set", study)

    assert rules.unclassified == ("funded_by",)
    assert rules.as_stored(made)["funded_by"] == ["nmdc:sty-11-b"]
    assert made.targets == set()


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("a", {"a"}),
        (["a", "b", "a"], {"a", "b"}),
        ([None, 3, "", ["a"], "x" * 257], set()),
        (None, set()),
        ({"id": "a"}, set()),
    ],
    ids=["one", "many", "nonsense", "null", "object"],
)
def test_what_is_no_id_in_a_slot_is_passed_over(value, ids):
    assert targets({"has_input": value}, ("has_input", "part_of")) == ids


def test_a_link_is_seen_from_both_ends_and_from_the_other_side_of_nothing():
    biosample = node("bsm", up={"sty"})
    study = node("sty")
    assert is_upstream("sty", study, biosample)
    assert is_downstream("bsm", biosample, study)
    assert not is_downstream("sty", study, biosample)
    assert is_upstream("sty", None, biosample)
    process = node("wf", down={"dobj"})
    assert is_upstream("wf", process, node("dobj"))
    assert is_downstream("dobj", None, process)


def test_only_a_change_of_being_concerns_all_neighbours():
    old = node("a", up={"x", "y"}, down={"z"})
    new = node("a", up={"y", "v"}, down={"z"})

    assert not needs_all_neighbours(old, new)
    assert changed_partners(old, new) == {"x", "v"}
    assert needs_all_neighbours(None, new)
    assert needs_all_neighbours(old, None)
    assert needs_all_neighbours(old, node("a", "nmdc:Biosample"))

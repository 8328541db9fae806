"""Steps of large plans: every document once, and never before one that it names."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmdc_runtime.plans.journal_order import Limits, is_large, steps_of
from nmdc_runtime.schema.load import load_registry

SMALL = Limits(documents=10, size_bytes=2_000, step_documents=3, step_bytes=100_000)
NAMES = string.ascii_lowercase[:8]


def study(name: str, *, part_of: str = "") -> dict:
    return {
        "id": f"nmdc:sty-11-{name}",
        "type": "nmdc:Study",
        "part_of": [f"nmdc:sty-11-{each}" for each in part_of],
    }


def sample(name: str, *, of: str) -> dict:
    return {
        "id": f"nmdc:bsm-11-{name}",
        "type": "nmdc:Biosample",
        "associated_studies": [f"nmdc:sty-11-{each}" for each in of],
    }


def member(of: str, gene: str) -> dict:
    return {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": of,
        "gene_function_id": gene,
    }


def planned(documents, limits=SMALL):
    return list(steps_of(documents, load_registry(), limits))


@settings(deadline=None, max_examples=60)
@given(
    studies=st.dictionaries(st.sampled_from(NAMES), st.text(NAMES, max_size=3)),
    samples=st.dictionaries(st.sampled_from(NAMES), st.text(NAMES, max_size=3)),
)
def test_no_step_names_a_document_of_a_later_one_and_each_document_is_in_one(studies, samples):
    documents = {
        "biosample_set": [sample(name, of=of) for name, of in samples.items()],
        "study_set": [study(name, part_of=part_of) for name, part_of in studies.items()],
    }
    ids = [each["id"] for some in documents.values() for each in some]

    steps = planned(documents)

    stored: list[str] = []
    for step in steps:
        stored += [each["id"] for some in step.values() for each in some]
        for each in (each for some in step.values() for each in some):
            named = each.get("associated_studies", each.get("part_of", []))
            assert set(named) & set(ids) <= set(stored)
    assert sorted(stored) == sorted(ids)


def test_documents_that_name_each_other_are_in_one_step_even_if_they_are_many():
    ring = [study(NAMES[at], part_of=NAMES[at - 1]) for at in range(len(NAMES))]

    steps = planned({"study_set": ring})

    assert [len(step["study_set"]) for step in steps] == [len(NAMES)]


def test_a_chain_longer_than_the_stack_is_divided():
    chain = [
        study(str(at), part_of="") | {"part_of": [f"nmdc:sty-11-{at + 1}"]} for at in range(5_000)
    ]

    steps = planned({"study_set": chain}, Limits(step_documents=1_000))

    assert [len(step["study_set"]) for step in steps] == [1_000] * 5
    assert steps[0]["study_set"][0]["id"] == "nmdc:sty-11-4999"


def test_rows_of_one_execution_are_planned_together_so_that_equal_ones_are_counted_once():
    rows = [member(of, gene) for gene in "abcd" for of in ("nmdc:wfmgan-11-a.1", "nmdc:x")]

    steps = planned({"functional_annotation_agg": rows})

    assert [len(step["functional_annotation_agg"]) for step in steps] == [4, 4]
    for step in steps:
        assert len({each["was_generated_by"] for each in step["functional_annotation_agg"]}) == 1


def test_steps_are_divided_by_size_too_and_what_is_no_collection_is_passed_over():
    documents = {
        "study_set": [study(name) | {"description": "x" * 400} for name in NAMES],
        "@type": "nmdc:Database",
        "biosample_set": None,
    }

    steps = planned(documents, Limits(step_bytes=1_200))

    assert [len(step["study_set"]) for step in steps] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({"study_set": [study(name) for name in NAMES]}, False),
        ({"study_set": [study(name) for name in NAMES + "xyz"]}, True),
        ({"study_set": [study("a") | {"description": "x" * 3_000}]}, True),
        ({"study_set": None, "@type": "nmdc:Database"}, False),
    ],
    ids=["few", "many", "long", "none"],
)
def test_what_is_too_much_for_one_transaction(documents, expected):
    assert is_large(documents, SMALL) is expected

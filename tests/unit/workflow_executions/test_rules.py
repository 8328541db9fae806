"""Which run supersedes which, what equals what, and what is mended when runs are deleted."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.workflow_executions.rules import (
    Execution,
    ends_of,
    is_same_content,
    links_of,
    predecessor_of,
    split_id,
    successor_of,
    superseded,
    surviving_producers,
)

BASE = "nmdc:wfmp-00-abcdef"


@pytest.mark.parametrize(
    ("id_", "base", "run", "predecessor", "successor"),
    [
        (BASE, BASE, None, None, None),
        (f"{BASE}.", f"{BASE}.", None, None, None),
        (f"{BASE}.0", f"{BASE}.0", None, None, None),
        (f"{BASE}.1", BASE, 1, None, f"{BASE}.2"),
        (f"{BASE}.123", BASE, 123, f"{BASE}.122", f"{BASE}.124"),
        (f"{BASE}.1.2", f"{BASE}.1", 2, f"{BASE}.1.1", f"{BASE}.1.3"),
        (f"{BASE}.-1", f"{BASE}.-1", None, None, None),
        (f"{BASE}.\u0661", f"{BASE}.\u0661", None, None, None),
        (".1", ".1", None, None, None),
    ],
)
def test_an_id_says_which_run_it_is_and_which_come_before_and_after(
    *, id_, base, run, predecessor, successor
):
    assert split_id(id_) == (base, run)
    assert predecessor_of(id_) == predecessor
    assert successor_of(id_) == successor


def test_a_run_number_of_thousands_of_digits_is_none():
    assert split_id(f"{BASE}.{'9' * 5000}").run is None


def run(number: int, *outputs: str, is_new: bool = True, base: str = "a") -> Execution:
    return Execution(f"{base}.{number}", outputs, is_new)


def test_runs_that_were_there_before_keep_the_links_they_have():
    links = links_of([run(1, is_new=False), run(2, is_new=False), run(5), run(9, is_new=False)])

    assert links.executions == {"a.2": "a.5", "a.5": "a.9"}


def test_an_output_of_the_newer_run_too_is_superseded_with_the_older_run():
    links = links_of([run(1, "one", "both", is_new=False), run(2, "two", "both")])

    assert links.outputs == {"one": "a.2", "both": "a.2"}


def test_runs_of_other_bases_and_without_numbers_do_not_count():
    links = links_of([run(1), run(2, base="ab"), run(2, base="a.1"), Execution("a", (), True)])

    assert links.executions == {}


@given(
    runs=st.sets(st.integers(1, 12), min_size=1, max_size=8),
    random=st.randoms(use_true_random=False),
    outputs=st.dictionaries(st.integers(1, 12), st.sets(st.sampled_from("pqr"))),
)
def test_in_whatever_order_and_company_runs_are_submitted_they_end_up_linked_alike(
    runs, random, outputs
):
    order = list(runs)
    random.shuffle(order)
    stored: list[int] = []
    executions: dict[str, str] = {}
    data: dict[str, str] = {}
    while order:
        several = [order.pop() for _ in range(min(len(order), random.randint(1, 3)))]
        links = links_of(
            run(each, *sorted(outputs.get(each, ())), is_new=each in several)
            for each in [*stored, *several]
        )
        stored += several
        executions |= links.executions
        data |= links.outputs

    chain = list(pairwise(sorted(runs)))
    assert executions == {f"a.{older}": f"a.{newer}" for older, newer in chain}
    assert data == {
        output: f"a.{newer}" for older, newer in chain for output in outputs.get(older, ())
    }


def test_what_deleted_runs_superseded_is_superseded_by_the_first_that_stays():
    deleted = {"a.1": "a.2", "a.2": "a.3", "b.1": None, "c.1": "c.2", "c.2": "c.1"}

    assert ends_of(deleted) == {
        "a.1": "a.3",
        "a.2": "a.3",
        "b.1": None,
        "c.1": None,  # a circle leads nowhere
        "c.2": None,
    }


def test_a_document_is_superseded_by_one_or_by_none():
    document = {"id": "a.1", "superseded_by": "a.2"}

    assert superseded(document, "a.3") == {"id": "a.1", "superseded_by": "a.3"}
    assert superseded(document, None) == {"id": "a.1"}
    assert document == {"id": "a.1", "superseded_by": "a.2"}


@pytest.mark.parametrize(
    ("given_", "same"),
    [
        ({"id": "a", "n": 1}, True),
        ({"n": 1, "id": "a", "superseded_by": "b"}, True),
        ({"id": "a", "n": 1, "provenance_metadata": {"type": "x", "mod_date": "y"}}, True),
        ({"id": "a", "n": 1, "provenance_metadata": {"git_url": "x"}}, False),
        ({"id": "a", "n": 2}, False),
        ({"id": "a"}, False),
        ({"id": "a", "n": 1, "more": None}, False),
    ],
)
def test_what_the_runtime_writes_itself_does_not_make_a_document_another(given_, same):
    stored = {
        "_id": 1,
        "id": "a",
        "n": 1,
        "superseded_by": "c",
        "provenance_metadata": {"add_date": "z", "type": "nmdc:ProvenanceMetadata"},
    }

    assert is_same_content(stored, given_) is same


def test_the_first_process_that_stays_is_named_as_the_one_that_made_an_output():
    producers = [
        {"id": "a.10", "has_output": ["x"]},
        {"id": "a.2", "has_output": ["x", "y"]},
        {"id": "b.1", "has_output": ["z"]},
        {"id": "c.1"},
    ]

    assert surviving_producers(producers, outputs={"x", "y"}) == {"x": "a.2", "y": "a.2"}

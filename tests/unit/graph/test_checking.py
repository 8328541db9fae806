import pytest

from nmdc_runtime.graph.checking import Counted


@pytest.mark.parametrize(
    ("sources", "in_graph", "skipped", "missing", "is_right"),
    [
        ({}, {}, 0, {}, True),
        ({"study_set": 2}, {"study_set": 2}, 0, {}, True),
        ({"study_set": 2}, {"study_set": 1}, 1, {"study_set": 1}, True),
        ({"study_set": 2}, {"study_set": 1}, 0, {"study_set": 1}, False),
        ({"study_set": 2}, {"study_set": 2}, 1, {}, False),
        ({"study_set": 2}, {}, 0, {"study_set": 2}, False),
        ({}, {"study_set": 1}, 0, {"study_set": -1}, False),
        # As many as there should be, but not the right ones.
        (
            {"biosample_set": 3, "study_set": 1},
            {"biosample_set": 2, "study_set": 2},
            0,
            {"biosample_set": 1, "study_set": -1},
            False,
        ),
    ],
    ids=[
        *("empty", "all", "all but one that cannot be", "one lost", "one too many"),
        *("never built", "one left over", "one for another"),
    ],
)
def test_a_graph_is_right_if_each_collection_is_all_there_but_for_what_cannot_be(
    sources: dict[str, int],
    in_graph: dict[str, int],
    skipped: int,
    missing: dict[str, int],
    is_right: bool,
) -> None:
    counted = Counted(sources=sources, in_graph=in_graph, skipped=skipped)

    assert (counted.missing, counted.is_right) == (missing, is_right)

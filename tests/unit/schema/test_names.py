"""Names of samples are unique within a study."""

from typing import Any

import pytest

from nmdc_runtime.schema.names import WantedNames, collect_names


def _sample(id_: str, name: str, *studies: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "associated_studies": list(studies)}


@pytest.mark.parametrize(
    ("collection", "noun"),
    [("biosample_set", "biosample"), ("organism_sample_set", "organism sample")],
)
def test_a_name_given_twice_under_one_study_has_the_published_message(
    collection: str, noun: str
) -> None:
    names = collect_names({collection: [_sample("b1", "n", "s1"), _sample("b2", "n", "s2", "s1")]})

    (problem,) = names.duplicates().problems

    assert problem.message == (
        f"Multiple submitted {noun}s having name 'n'are associated with study 's1'."
    )
    assert (problem.pointer, problem.id) == (f"/{collection}/1/name", "b2")
    assert problem.expected == f"another name than that of /{collection}/0"


def test_all_duplicates_are_reported_once_for_each_study_and_name() -> None:
    samples = [_sample(f"b{number}", f"n{number % 2}", "s1", "s1") for number in range(6)]

    report = collect_names({"biosample_set": samples}).duplicates()

    assert [problem.id for problem in report.problems] == ["b2", "b3"]


def test_one_name_in_several_studies_or_under_one_id_is_no_duplicate() -> None:
    samples = [_sample("b1", "n", "s1"), _sample("b2", "n", "s2"), _sample("b1", "n", "s1")]

    assert collect_names({"biosample_set": samples}).duplicates().is_valid


def test_other_collections_may_repeat_names() -> None:
    names = collect_names({"study_set": [_sample("a", "n", "s1"), _sample("b", "n", "s1")]})

    assert names.duplicates().is_valid
    assert names.wanted == {}


def test_what_to_look_up_is_told_for_each_collection() -> None:
    names = collect_names({"biosample_set": [_sample("b1", "n", "s1"), _sample("b2", "m", "s2")]})

    assert names.wanted == {"biosample_set": WantedNames({"s1", "s2"}, {"n", "m"})}


def test_a_stored_document_with_the_name_has_the_published_message() -> None:
    names = collect_names({"biosample_set": [_sample("b1", "n", "s1")]})
    stored = [_sample("b9", "n", "s1", "s2"), _sample("b8", "n", "s2"), _sample("b7", "m", "s1")]

    (problem,) = names.stored_duplicates("biosample_set", stored).problems

    assert problem.message == (
        "There is already a biosample having name 'n' that is associated with the study having "
        "ID 's1'."
    )
    assert problem.expected == "another name than that of b9"


def test_a_document_that_is_submitted_again_does_not_stand_in_its_own_way() -> None:
    names = collect_names({"biosample_set": [_sample("b1", "n", "s1"), _sample("b2", "m", "s1")]})
    stored = [_sample("b1", "n", "s1"), _sample("b2", "n", "s1")]  # b2 is renamed by this

    assert names.stored_duplicates("biosample_set", stored).is_valid


def test_documents_of_odd_shapes_are_passed_over() -> None:
    odd: list[Any] = [
        None,
        5,
        {},
        {"id": 5, "name": "n", "associated_studies": ["s"]},
        {"id": "a", "name": 5, "associated_studies": ["s"]},
        {"id": "b", "name": "n", "associated_studies": "s"},
        {"id": "c", "name": "n", "associated_studies": [None, ["s"]]},
    ]
    names = collect_names({"biosample_set": odd, "organism_sample_set": None})

    assert names.duplicates().is_valid
    assert names.wanted == {}

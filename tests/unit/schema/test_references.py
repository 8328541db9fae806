"""References of submitted documents: which to look up, and which lead nowhere."""

from typing import Any

from nmdc_runtime.schema.references import collect_references
from nmdc_runtime.schema.registry import SchemaRegistry

MISSING = (
    "Document '{}' in collection '{}' has a field '{}' that references a document having id "
    "'{}', but the latter document does not exist in any of the collections the NMDC Schema says "
    "it can exist in."
)


def _study(id_: str, *parents: str) -> dict[str, Any]:
    study: dict[str, Any] = {"id": id_, "type": "nmdc:Study"}
    return study | ({"part_of": list(parents)} if parents else {})


def test_targets_that_are_not_submitted_are_wanted_in_every_legal_collection(
    registry: SchemaRegistry,
) -> None:
    sequencing = {
        "id": "dg1",
        "type": "nmdc:NucleotideSequencing",
        "has_input": ["s1", "s2"],
        "associated_studies": ["st1"],
    }
    database = {
        "data_generation_set": [sequencing],
        "processed_sample_set": [{"id": "s1", "type": "nmdc:ProcessedSample"}],
    }

    wanted = collect_references(database, registry).wanted

    assert wanted == {
        "biosample_set": {"s2"},
        "organism_sample_set": {"s2"},
        "processed_sample_set": {"s2"},
        "study_set": {"st1"},
    }


def test_one_stored_document_in_any_legal_collection_is_enough(registry: SchemaRegistry) -> None:
    storage = {"id": "p1", "type": "nmdc:StorageProcess", "has_input": ["s1"]}
    references = collect_references({"storage_process_set": [storage]}, registry)

    assert references.broken({"organism_sample_set": {"s1"}}).is_valid
    assert references.broken({"study_set": {"s1"}}).total == 1


def test_each_reference_to_nothing_is_a_problem_with_the_published_message(
    registry: SchemaRegistry,
) -> None:
    data_object = {"id": "do1", "type": "nmdc:DataObject", "was_generated_by": "dg1"}
    database = {"study_set": [_study("st1", "x", "y")], "data_object_set": [data_object]}

    report = collect_references(database, registry).broken({})

    assert [problem.message for problem in report.problems] == [
        MISSING.format("do1", "data_object_set", "was_generated_by", "dg1"),
        MISSING.format("st1", "study_set", "part_of", "x"),
        MISSING.format("st1", "study_set", "part_of", "y"),
    ]
    assert [problem.pointer for problem in report.problems] == [
        "/data_object_set/0/was_generated_by",
        "/study_set/0/part_of/0",
        "/study_set/0/part_of/1",
    ]
    assert report.problems[0].expected == (
        "the id of a document in data_generation_set or workflow_execution_set"
    )


def test_a_target_submitted_in_a_collection_that_is_not_legal_is_still_missing(
    registry: SchemaRegistry,
) -> None:
    database = {
        "study_set": [_study("st1", "b1")],
        "biosample_set": [{"id": "b1", "type": "nmdc:Biosample"}],
    }

    assert collect_references(database, registry).broken({}).total == 1


def test_documents_may_refer_to_themselves_and_to_what_comes_later(
    registry: SchemaRegistry,
) -> None:
    database = {"study_set": [_study("st1", "st1", "st2"), _study("st2", "st1")]}

    references = collect_references(database, registry)

    assert references.wanted == {}
    assert references.broken({}).is_valid


def test_slots_that_refer_in_one_class_do_not_in_another(registry: SchemaRegistry) -> None:
    database = {"study_set": [_study("st1") | {"has_input": ["x"]}]}

    assert collect_references(database, registry).wanted == {}


def test_documents_without_id_are_named_by_an_empty_one(registry: SchemaRegistry) -> None:
    annotation = {"type": "nmdc:FunctionalAnnotation", "was_generated_by": "w1"}

    report = collect_references({"functional_annotation_set": [annotation]}, registry).broken({})

    (problem,) = report.problems
    assert problem.id is None
    assert problem.message == MISSING.format(
        "", "functional_annotation_set", "was_generated_by", "w1"
    )


def test_problems_past_the_limit_are_counted(registry: SchemaRegistry) -> None:
    studies = [_study(f"st{number}", "x") for number in range(20)]

    report = collect_references({"study_set": studies}, registry).broken({}, limit=3)

    assert [problem.index for problem in report.problems] == [0, 1, 2]
    assert report.total == 20


def test_what_is_no_reference_is_passed_over(registry: SchemaRegistry) -> None:
    database = {
        "study_set": [
            None,
            5,
            {},
            {"type": ["nmdc:Study"], "part_of": ["x"]},
            {"type": "nmdc:Study", "id": 5, "part_of": [None, 7, ["x"], {"id": "x"}]},
            {"type": "nmdc:Study", "id": ["x"], "part_of": {"id": "x"}},
        ],
        "biosample_set": None,
        "my_set": [_study("st1", "x")],
    }

    assert collect_references(database, registry).wanted == {}

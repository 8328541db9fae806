"""What is wrong with documents: the published messages, and what they say beyond them."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import ValidationReport
from nmdc_runtime.schema.validator import DocumentValidator
from tests.support.schema_examples import MESSAGES, example

STUDY = {
    "id": "nmdc:sty-11-abc",
    "type": "nmdc:Study",
    "name": "A study",
    "study_category": "research_study",
}
SEVERAL = (
    "configuration_set",
    "data_generation_set",
    "material_processing_set",
    "workflow_execution_set",
)
UNKNOWN_KEYS = ("analytical_sample_set", "metagenome_assembly_set")

Validate = Callable[..., ValidationReport]


@pytest.fixture
def validate(validator: DocumentValidator) -> Validate:
    return validator.validate_documents


def _study(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(STUDY), **changes}


def _messages(report: ValidationReport) -> list[str]:
    return [problem.message for problem in report.problems]


def _is_published_word_for_word(name: str) -> bool:
    """Whether the published messages of an example speak of collections of one class only."""
    database = example(name)
    return not any(database.get(key) for key in SEVERAL) and not set(UNKNOWN_KEYS) & set(database)


@pytest.mark.parametrize("name", [name for name in MESSAGES if _is_published_word_for_word(name)])
def test_messages_are_the_published_ones_in_the_published_order(
    name: str, validate: Validate
) -> None:
    messages = _messages(validate(example(name)))

    cut = [text if len(text) <= 400 else text[:400] + "…" for text in messages]
    assert cut == MESSAGES[name]


@pytest.mark.parametrize(
    "name", [name for name in MESSAGES if not _is_published_word_for_word(name)]
)
def test_where_a_collection_holds_several_classes_the_verdict_is_the_published_one(
    name: str, validate: Validate
) -> None:
    assert validate(example(name)).is_valid == (MESSAGES[name] == [])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "invalid/NucleotideSequencing-no-id.yaml",
            "'id' is a required property in /data_generation_set/0",
        ),
        (
            "invalid/Database-ReadQcAnalysisActivity-invalid.yaml",
            "'has_output' is a required property in /workflow_execution_set/0",
        ),
        (
            "invalid/MetabolomicsAnalysis-invalid_id-1.yaml",
            "'nmdc:wfmb-11-ndgg7v31' does not match '^(nmdc):wfmb-([0-9][a-z]{0,6}[0-9])-"
            "([A-Za-z0-9]{1,})(\\\\.[1-9]{1}[0-9]{0,})$' in /workflow_execution_set/0/id",
        ),
    ],
)
def test_a_message_speaks_of_the_class_that_the_type_names(
    name: str, message: str, validate: Validate
) -> None:
    assert _messages(validate(example(name))) == [message]


def test_each_problem_names_collection_index_id_pointer_rule_and_a_near_word(
    validate: Validate,
) -> None:
    report = validate({"study_set": [_study(), _study(id="nmdc:sty-11-b", descripton="x")]})

    (problem,) = report.problems
    assert (problem.collection, problem.index, problem.id) == ("study_set", 1, "nmdc:sty-11-b")
    assert (problem.pointer, problem.rule) == ("/study_set/1", "additionalProperties")
    assert problem.found == "'descripton'"
    assert problem.hint == "for 'descripton', did you mean 'description'?"


@pytest.mark.parametrize(
    "database",
    [{}, {"study_set": []}, {"study_set": [], "biosample_set": []}, {"study_set": [STUDY]}]
    + [{"@type": name, "study_set": [STUDY]} for name in ("Database", "nmdc:Database")],
)
def test_empty_and_valid_databases_have_no_problem(
    database: dict[str, Any], validate: Validate
) -> None:
    assert validate(database) == ValidationReport()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("my_set", [], "'my_set' is not a known schema collection name"),
        ("@type", "Study", "'@type' is not a known schema collection name"),
        ("@type", ["Database"], "'@type' is not a known schema collection name"),
        ("study_set", None, "value must be a list, not null, in /study_set"),
        ("study_set", {}, "value must be a list"),
        ("study_set", "", "value must be a list"),
        ("study_set", STUDY, "value must be a list"),
    ],
)
def test_an_entry_that_is_no_list_of_a_collection_is_named(
    key: str, value: object, message: str, validate: Validate
) -> None:
    report = validate({key: value})

    assert _messages(report) == [message]
    assert report.messages_by_collection([key, "biosample_set"]) == {
        key: [message],
        "biosample_set": [],
    }


def test_elements_that_are_no_objects_are_named_each_and_together(validate: Validate) -> None:
    report = validate({"study_set": [STUDY, 1, None, [STUDY]]})

    assert _messages(report) == [
        "all elements of list must be dicts",
        "1 is not of type 'object' in /study_set/1",
        "None is not of type 'object' in /study_set/2",
        "a list is not of type 'object' in /study_set/3",
    ]


def test_a_type_that_belongs_elsewhere_is_one_problem_that_says_where(validate: Validate) -> None:
    report = validate({"biosample_set": [STUDY], "data_generation_set": [STUDY]})

    assert _messages(report) == [
        "'nmdc:Study' is not one of ['nmdc:Biosample'] in /biosample_set/0/type",
        "'nmdc:Study' is not one of ['nmdc:MassSpectrometry', 'nmdc:NucleotideSequencing'] "
        "in /data_generation_set/0/type",
    ]
    assert {problem.hint for problem in report.problems} == {"nmdc:Study belongs in study_set"}


@pytest.mark.parametrize("type_", ["nmdc:Studdy", "", 5, None, ["nmdc:Study"], {"a": 1}])
def test_an_unknown_type_is_refused_wherever_it_stands(type_: object, validate: Validate) -> None:
    report = validate({"study_set": [_study(type=type_)], "data_generation_set": [{"type": type_}]})

    assert f"{type_!r} is not one of ['nmdc:Study'] in /study_set/0/type" in _messages(report)
    assert _messages(report)[-1] == (
        f"{type_!r} is not one of ['nmdc:MassSpectrometry', 'nmdc:NucleotideSequencing'] "
        "in /data_generation_set/0/type"
    )


def test_a_missing_type_is_a_required_property_wherever_it_is_missing(validate: Validate) -> None:
    study = _study()
    del study["type"]

    assert _messages(validate({"study_set": [study], "data_generation_set": [{}]})) == [
        "'type' is a required property in /study_set/0",
        "'type' is a required property in /data_generation_set/0",
    ]


def test_an_id_given_twice_is_a_problem_that_names_both_places(validate: Validate) -> None:
    report = validate({"study_set": [_study(), _study(id="nmdc:sty-11-b"), _study(name="Other")]})

    assert _messages(report) == [
        "'nmdc:sty-11-abc' is already the id of /study_set/0 in /study_set/2/id"
    ]


def test_collections_without_ids_have_no_duplicates(validate: Validate) -> None:
    database = example("valid/Database-functional-annotations.yaml")
    database["functional_annotation_set"] *= 2

    assert validate(database).is_valid


def _biosample(**changes: Any) -> dict[str, Any]:
    biosample = example("valid/Database-biosamples-minimal.yaml")["biosample_set"][0]
    return {**biosample, **changes}


def _quantity(**values: Any) -> dict[str, Any]:
    return {"type": "nmdc:QuantityValue", "has_numeric_value": 1.5, **values}


def test_a_unit_that_the_slot_is_not_stored_in_is_refused(validate: Validate) -> None:
    report = validate({"biosample_set": [_biosample(depth=_quantity(has_unit="cm"))]})

    assert _messages(report) == [
        "QuantityValue at /biosample_set/0/depth has unit 'cm' which is not allowed for slot "
        "'depth' (allowed: m)"
    ]
    assert report.problems[0].pointer == "/biosample_set/0/depth"


def test_a_missing_unit_is_a_problem_of_the_schema_and_of_the_unit_rule(validate: Validate) -> None:
    report = validate({"biosample_set": [_biosample(depth=_quantity())]})

    assert _messages(report) == [
        "'has_unit' is a required property in /biosample_set/0/depth",
        "QuantityValue at /biosample_set/0/depth is missing required 'has_unit' property",
    ]


@pytest.mark.parametrize(
    "number",
    [2**63, -(2**63) - 1, float("inf"), -float("inf"), 10**400],
)
def test_numbers_that_no_database_can_hold_are_refused(number: float, validate: Validate) -> None:
    value = _quantity(has_unit="m", has_numeric_value=number)

    report = validate({"biosample_set": [_biosample(depth=value)]})

    assert "cannot be stored" in _messages(report)[-1]
    assert report.problems[-1].pointer == "/biosample_set/0/depth/has_numeric_value"


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 1e30, 0, -1.5])
def test_numbers_of_64_bits_are_accepted(number: float, validate: Validate) -> None:
    value = _quantity(has_unit="m", has_numeric_value=number)

    assert validate({"biosample_set": [_biosample(depth=value)]}).is_valid


def test_dates_are_checked_where_the_schema_gives_their_format(validate: Validate) -> None:
    provenance = {"type": "nmdc:ProvenanceMetadata", "add_date": "yesterday"}

    report = validate({"biosample_set": [_biosample(provenance_metadata=provenance)]})

    assert _messages(report) == [
        "'yesterday' is not a 'date-time' in /biosample_set/0/provenance_metadata/add_date"
    ]


def test_problems_past_the_limit_are_counted_and_not_listed(validate: Validate) -> None:
    studies = [_study(id=f"nmdc:sty-11-{number}", extra=1) for number in range(25)]

    report = validate({"study_set": studies, "my_set": []}, limit=10)

    assert len(report.problems) == 10
    assert (report.total, report.truncated, report.is_valid) == (26, True, False)


def test_merged_reports_keep_order_limit_and_count(validate: Validate) -> None:
    one = validate({"a": []})
    two = validate({"b": [], "c": []})

    merged = ValidationReport.merged(one, two, limit=2)

    assert [problem.collection for problem in merged.problems] == ["a", "b"]
    assert merged.total == 3


def test_reports_can_be_sent_to_another_process(validate: Validate) -> None:
    report = validate({"study_set": [_study(extra=1)]})

    assert pickle.loads(pickle.dumps(report)) == report


def _nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [101, 900, 100_000])
@pytest.mark.parametrize("slot", ["alternative_names", "no_slot"])
def test_a_deeply_nested_document_is_refused_and_breaks_nothing(
    levels: int, slot: str, validate: Validate
) -> None:
    report = validate({"study_set": [_study(**{slot: _nested(levels)})]})

    assert _messages(report) == ["the document is nested more than 100 levels deep in /study_set/0"]


def test_of_a_long_list_the_bad_elements_are_found_wherever_they_stand(validate: Validate) -> None:
    names: list[Any] = ["x"] * 40_000
    names[39_000] = names[20_000] = 7

    report = validate({"study_set": [_study(alternative_names=names)]})

    assert _messages(report) == [
        "7 is not of type 'string' in /study_set/0/alternative_names/20000",
        "7 is not of type 'string' in /study_set/0/alternative_names/39000",
    ]


def test_a_long_list_of_bad_elements_is_described_in_part(validate: Validate) -> None:
    report = validate({"study_set": [_study(alternative_names=[1] * 100_000)]})

    assert 1000 == len(report.problems) < report.total < 10_000


def test_an_object_of_thousands_of_keys_is_refused_as_a_whole(validate: Validate) -> None:
    report = validate({"study_set": [{f"key{number}": 1 for number in range(3000)}]})

    assert len(report.problems) == 1
    assert "too many values" in report.problems[0].message


def test_a_bad_value_deep_in_a_very_large_document_is_not_overlooked(
    validate: Validate,
) -> None:
    associations = [
        {
            "type": "prov:Association",
            "applied_roles": ["Data curation"] * 3000,
            "applies_to_person": {"type": "nmdc:PersonValue", "name": "A"},
        }
        for _ in range(5)
    ]
    assert validate(
        {"study_set": [_study(has_credit_associations=copy.deepcopy(associations))]}
    ).is_valid
    associations[4]["applied_roles"][2999] = "Nothing"

    report = validate({"study_set": [_study(has_credit_associations=associations)]})

    assert report.total == 1
    assert report.problems[0].pointer.startswith("/study_set/0")


def test_every_class_of_documents_can_be_judged(
    validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    for collection in registry.collections.values():
        for name in collection.class_names:
            type_ = registry.classes[name].class_uri
            report = validator.validate_documents({collection.name: [{"type": type_}]})
            rules = {problem.rule for problem in report.problems}
            assert rules == ({"required"} if name != "FunctionalAnnotation" else set()), name

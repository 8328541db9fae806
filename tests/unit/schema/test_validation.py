"""The one entry to validation: every check, with a database and without, whatever comes in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmdc_runtime.schema.body import Body, BodyForm
from nmdc_runtime.schema.reader import BodyUnreadable
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.validation import Verdict, validate
from nmdc_runtime.schema.validator import DocumentValidator, load_validator
from tests.support.documents import a_study, biosamples
from tests.support.schema_examples import MESSAGES, example

#: Of the invalid examples: a date that only YAML does not have as a text, and a checksum that
#: nmdc-schema 11.21 does not look at.
VALID_ALL_THE_SAME = {
    "invalid/Database-plannedprocess-non-string-end_datet.yaml",
    "invalid/DataObject-invalid_md5_checksum.yaml",
}
#: Of the valid examples: those that give two biosamples of one study the same name.
SAME_NAMES = {"valid/Database-biosamples-1.yaml", "valid/Database-interleaved.yaml"}
#: The others became valid with a later nmdc-schema.
VALID = [name for name, said in MESSAGES.items() if name.startswith("valid") and not said]
KEYS = ["study_set", "biosample_set", "functional_annotation_agg", "@type", "_id", "$where", "a.b"]


@dataclass
class Stored:
    """Documents that are stored, in memory, and the questions that were asked."""

    documents: dict[str, list[dict[str, Any]]]
    asked: list[str] = field(default_factory=list)

    def find_ids(self, collection: str, ids: Collection[str]) -> set[str]:
        self.asked.append(collection)
        return {each["id"] for each in self.documents.get(collection, ())} & set(ids)

    def find_named(
        self, collection: str, names: Collection[str], studies: Collection[str]
    ) -> Iterable[dict[str, Any]]:
        return [each for each in self.documents.get(collection, ()) if each["name"] in names]


@pytest.mark.parametrize("name", [name for name in MESSAGES if "invalid/" in name])
def test_every_invalid_example_is_refused_with_the_place(
    name: str, validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    database = example(name)

    report = validate(orjson.dumps(database), validator).report

    assert report.is_valid == (name in VALID_ALL_THE_SAME)
    for problem in report.problems:
        value: Any = database
        for step in problem.pointer.split("/")[1:]:
            value = value[int(step) if isinstance(value, list) else step]
        if problem.index is not None:
            given = database[problem.collection][problem.index].get("id")
            assert problem.id == (given if isinstance(given, str) else None)
        else:
            assert problem.collection not in registry.collections


@pytest.mark.parametrize("name", VALID)
def test_every_valid_example_is_good_in_every_form(name: str, validator: DocumentValidator) -> None:
    database = example(name)
    documents = [
        each for key, documents in database.items() if key != "@type" for each in documents
    ]
    body = Body(b"\n".join(map(orjson.dumps, documents)), BodyForm.LINES)

    for source in (database, orjson.dumps(database), body):
        rules = {each.rule for each in validate(source, validator).report.problems}
        assert rules == ({"unique_name"} if name in SAME_NAMES else set())


def test_offline_nothing_is_asked_and_references_are_taken_to_be_good(
    validator: DocumentValidator,
) -> None:
    database = {"biosample_set": biosamples(2, study_id="nmdc:sty-11-nowhere")}

    assert validate(database, validator) == Verdict(
        validate({}, validator).report, {"biosample_set": 2}
    )


def test_a_reference_to_a_document_in_another_collection_says_where_that_is(
    validator: DocumentValidator,
) -> None:
    (data_object,) = example("valid-single/DataObject-minimal.yaml")["data_object_set"]
    stored = Stored({"biosample_set": [{"id": "nmdc:bsm-11-b"}, {"id": "odd"}]})
    database = {
        "data_object_set": [
            {**data_object, "id": f"nmdc:dobj-11-{at}", "superseded_by": named}
            for at, named in enumerate(["nmdc:bsm-11-b", "odd", "nmdc:dobj-11-0", "nmdc:bsm-11-no"])
        ]
    }

    report = validate(database, validator, stored=stored).report

    assert [each.pointer for each in report.problems] == [
        f"/data_object_set/{at}/superseded_by" for at in range(4)
    ]
    assert [each.hint for each in report.problems] == [
        "nmdc:bsm-11-b is in biosample_set, which 'superseded_by' may not name here",
        "odd is in biosample_set, which 'superseded_by' may not name here",
        "nmdc:dobj-11-0 is in data_object_set, which 'superseded_by' may not name here",
        None,
    ]


def test_a_good_reference_costs_one_question_for_each_target_collection(
    validator: DocumentValidator,
) -> None:
    stored = Stored({"study_set": [{"id": "nmdc:sty-11-s", "name": "s"}]})
    database = {"biosample_set": biosamples(300, study_id="nmdc:sty-11-s")}

    assert validate(database, validator, stored=stored).report.is_valid
    assert stored.asked == ["study_set"]


def test_a_taken_name_says_whose_it_is(validator: DocumentValidator) -> None:
    study = "nmdc:sty-11-s"
    one, two = biosamples(2, study_id=study)
    holder = {"id": "nmdc:bsm-11-x", "name": one["name"], "associated_studies": [study]}
    stored = Stored({"study_set": [{"id": study, "name": "s"}], "biosample_set": [holder]})

    (of_stored,) = validate({"biosample_set": [one, two]}, validator, stored=stored).report.problems
    (of_submitted,) = validate(
        {"biosample_set": [one, {**two, "name": one["name"]}]}, validator
    ).report.problems

    assert str(of_stored.hint).startswith("nmdc:bsm-11-x has this name")
    assert of_submitted.hint == f"{one['id']} has this name, too"


def test_names_that_stand_twice_in_a_document_are_problems_with_their_place(
    validator: DocumentValidator,
) -> None:
    body = (
        b'{"study_set": [{"id": "nmdc:sty-11-a", "type": "nmdc:Study", "name": "x", "name": "y",'
        b'"study_category": "research_study", '
        b'"has_credit_associations": [{"type": 1, "type": 2}]}]}'
    )

    problems = validate(body, validator).report.problems

    assert [each.pointer for each in problems if each.rule == "duplicate_key"] == [
        "/study_set/0/name",
        "/study_set/0/has_credit_associations/0/type",
    ]


@pytest.mark.parametrize(
    "name", ["$set", "a.b", "", "\x00", "_id", "\x00id", "$where", "provenance_metadata.add_date"]
)
@pytest.mark.parametrize("is_inside", [True, False], ids=["document", "database"])
def test_names_that_a_database_might_misunderstand_are_refused(
    name: str, is_inside: bool, validator: DocumentValidator
) -> None:
    database = {"study_set": [a_study(**{name: 1})]} if is_inside else {name: []}

    report = validate(orjson.dumps(database), validator).report

    assert [each.rule for each in report.problems] == [
        "additionalProperties" if is_inside else "collection"
    ]


def test_minted_ids_are_demanded_of_new_documents_only_and_only_if_asked(
    validator: DocumentValidator,
) -> None:
    run = example("valid/Database-mags.yaml")["workflow_execution_set"][0]
    run_id = "nmdc:wfmag-11-minted.2"
    database = {
        "study_set": [a_study(name) for name in ("minted", "stored", "neither")],
        "workflow_execution_set": [{**run, "id": run_id}],
    }
    stored = Stored(
        {
            "study_set": [{"id": "nmdc:sty-11-stored", "name": ""}],
            "data_object_set": [{"id": each} for each in (*run["has_input"], *run["has_output"])],
            "data_generation_set": [{"id": each} for each in run["was_informed_by"]],
        }
    )
    asked: list[Collection[str]] = []

    def find_minted(ids: Collection[str]) -> set[str]:
        asked.append(ids)
        return set(ids) & {"nmdc:sty-11-minted", "nmdc:wfmag-11-minted"}

    free = validate(database, validator, stored=stored).report
    strict = validate(database, validator, stored=stored, find_minted=find_minted).report
    offline = validate(database, validator, find_minted=find_minted).report

    assert free.is_valid
    assert [(each.pointer, each.rule) for each in strict.problems] == [
        ("/study_set/2/id", "minted_id")
    ]
    assert [each.id for each in offline.problems] == ["nmdc:sty-11-stored", "nmdc:sty-11-neither"]
    assert len(asked) == 4, "one question for each collection of a validation"


def test_ids_of_other_minters_need_not_be_ours(validator: DocumentValidator) -> None:
    annotation = example("valid/Database-functional_annotation_agg.yaml")

    report = validate(annotation, validator, find_minted=lambda _: set()).report

    assert report.is_valid


def test_progress_is_told_batch_by_batch(validator: DocumentValidator) -> None:
    told: list[int] = []
    body = orjson.dumps({"study_set": [a_study(str(number)) for number in range(1_000)]})

    validate(body, validator, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1_000
    assert len(told) > 2


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["nmdc:Study", "nmdc:Biosample", "nmdc:QuantityValue", "nmdc:sty-11-a"])
)
_NAMES = st.sampled_from([*KEYS, "id", "type", "name", "depth", "part_of", "has_unit"]) | st.text(
    max_size=3
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=_JSON | st.dictionaries(st.sampled_from(KEYS), st.lists(_JSON, max_size=3)))
def test_no_json_value_is_too_odd_to_be_judged(value: Any) -> None:
    stored = Stored({})
    try:
        content = orjson.dumps(value)
    except orjson.JSONEncodeError:  # a number, or half a character, that JSON does not have
        return

    for source in (content, Body(content, BodyForm.LINES)):
        try:
            verdict = validate(source, load_validator(), stored=stored)
        except BodyUnreadable:
            continue
        assert verdict.report.total >= len(verdict.report.problems)
        assert all(each.message for each in verdict.report.problems)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u0d8e1n \n', max_size=40))
def test_no_bytes_are_too_odd_to_be_refused(content: bytes | str) -> None:
    data = content.encode() if isinstance(content, str) else content

    for form in BodyForm:
        try:
            validate(Body(data, form), load_validator())
        except BodyUnreadable:
            continue

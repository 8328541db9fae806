"""NDJSON: the same verdict as of one object of collections, and the line of each problem."""

import orjson
import pytest

from nmdc_runtime.schema.body import Body, BodyForm, check_body
from nmdc_runtime.schema.lines import UNPLACED
from nmdc_runtime.schema.reader import BATCH, BodyUnreadable
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import Problem
from nmdc_runtime.schema.validation import validate
from nmdc_runtime.schema.validator import DocumentValidator
from tests.support.documents import a_study
from tests.support.schema_examples import MESSAGES, example


def _lines(*documents: object) -> Body:
    return Body(b"\n".join(map(orjson.dumps, documents)), BodyForm.LINES)


def _problems(validator: DocumentValidator, body: Body, **options: int) -> list[Problem]:
    return list(validate(body, validator, **options).report.problems)


@pytest.mark.parametrize("name", [name for name in MESSAGES if "valid/" in name])
def test_the_verdict_on_lines_is_that_on_the_same_documents_in_an_object(
    name: str, validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    database = {
        key: [
            each
            for each in documents
            if isinstance(each, dict) and registry.class_for_type(each.get("type"))
        ]
        for key, documents in example(name).items()
        if key in registry.collections and isinstance(documents, list)
    }
    documents = [each for documents in database.values() for each in documents]

    of_lines = validate(_lines(*documents), validator).report
    of_object = validate(database, validator).report

    assert {(each.pointer, each.rule, each.hint) for each in of_lines.problems} == {
        (each.pointer, each.rule, each.hint) for each in of_object.problems
    }
    assert of_lines.total == of_object.total


def test_each_problem_has_the_line_of_its_document(validator: DocumentValidator) -> None:
    biosample = example("valid/Database-biosamples-minimal.yaml")["biosample_set"][0]
    body = Body(
        b"\n\r\n".join(
            map(orjson.dumps, (a_study("a"), biosample, a_study("b", nmae="x"), a_study("a")))
        )
        + b"\n\n",
        BodyForm.LINES,
    )

    problems = _problems(validator, body)

    assert [(each.line, each.pointer, each.rule) for each in problems] == [
        (5, "/study_set/1", "additionalProperties"),
        (7, "/study_set/2/id", "unique_id"),
    ]
    assert problems[0].message.endswith("in /study_set/1 (line 5)")


def test_documents_that_belong_nowhere_are_problems_of_their_lines(
    validator: DocumentValidator,
) -> None:
    whole = {"study_set": [a_study()]}

    problems = _problems(
        validator,
        _lines(a_study(), {"id": "x"}, {"type": "nmdc:Studdy"}, 7, [1], None, whole, {"type": 5}),
    )

    assert {each.collection for each in problems} == {UNPLACED}
    assert [(each.line, each.rule, each.found) for each in problems] == [
        (2, "required", None),
        (3, "enum", "'nmdc:Studdy'"),
        (4, "type", "7"),
        (5, "type", "a list"),
        (6, "type", "None"),
        (7, "required", None),
        (8, "enum", "5"),
    ]
    hints = {each.line: each.hint for each in problems}
    assert hints[3] == "did you mean 'nmdc:Study'?"
    assert "application/json" in str(hints[7])


def test_classes_that_nothing_stores_belong_nowhere(
    validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    problems = _problems(validator, _lines({"type": "nmdc:QuantityValue", "has_unit": "m"}))

    assert [(each.collection, each.line) for each in problems] == [(UNPLACED, 1)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "line 2"),
        (b'{"a": 1} {"b": 2}', "more text"),
        (b"nothing", "line 2"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "line 2"),
    ],
)
def test_a_line_that_is_not_json_makes_the_body_unreadable_and_is_named(
    line: bytes, words: str, validator: DocumentValidator
) -> None:
    body = Body(orjson.dumps(a_study()) + b"\n" + line, BodyForm.LINES)

    with pytest.raises(BodyUnreadable, match="line 2") as raised:
        validate(body, validator)

    assert words in str(raised.value)


def test_an_empty_body_has_no_documents_and_no_problem(validator: DocumentValidator) -> None:
    assert validate(Body(b" \n\n", BodyForm.LINES), validator).report.is_valid


def test_documents_of_many_batches_keep_index_and_line(validator: DocumentValidator) -> None:
    documents: list[object] = []
    for number in range(3 * BATCH):
        documents += [a_study(f"s{number}"), a_study(f"t{number}")]
    documents[-1] = a_study("t0")

    (problem,) = _problems(validator, _lines(*documents))

    assert (problem.index, problem.line) == (6 * BATCH - 1, 6 * BATCH)


def test_lines_become_one_object_with_every_document_as_it_was_written(
    registry: SchemaRegistry, validator: DocumentValidator
) -> None:
    biosample = example("valid/Database-biosamples-minimal.yaml")["biosample_set"][0]
    first, last = orjson.dumps(a_study("a")), b'{"id": "nmdc:sty-11-b", "type": "nmdc:Study"}\r'
    body = Body(b"\n".join((first, orjson.dumps(biosample), last)), BodyForm.LINES)

    content, unplaced = body.as_json(registry)

    assert unplaced.is_valid
    assert first in content
    assert orjson.loads(content) == {
        "study_set": [a_study("a"), {"id": "nmdc:sty-11-b", "type": "nmdc:Study"}],
        "biosample_set": [biosample],
    }
    assert check_body(content, validator).counts == {"study_set": 2, "biosample_set": 1}


def test_of_a_named_collection_lines_need_no_type_to_be_placed(
    validator: DocumentValidator,
) -> None:
    untyped = a_study()
    del untyped["type"]
    body = Body(orjson.dumps(untyped), BodyForm.LINES, collection="study_set")

    (problem,) = _problems(validator, body)

    assert (problem.pointer, problem.rule, problem.line) == ("/study_set/0", "required", 1)
    assert problem.hint == 'say "type": "nmdc:Study"'


def test_problems_of_lines_are_capped_and_counted(validator: DocumentValidator) -> None:
    report = validate(_lines(*[{}] * 50, *[a_study(x=1)] * 50), validator, limit=10).report

    assert len(report.problems) == 10
    assert report.total >= 100

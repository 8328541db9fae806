"""Hints: what one may try. They guess; the verdict is not theirs."""

from typing import Any

import pytest

from nmdc_runtime.schema.validator import DocumentValidator
from tests.support.documents import a_study
from tests.support.schema_examples import example


def _untyped() -> dict[str, Any]:
    study = a_study()
    del study["type"]
    return study


@pytest.mark.parametrize(
    ("database", "hint"),
    [
        ({"biosample_sets": []}, "did you mean 'biosample_set'?"),
        ({"wholly_other": []}, None),
        ({"x" * 1000: []}, None),
        ({"study_set": None}, "leave study_set out, or send an empty list"),
        ({"study_set": [_untyped()]}, 'say "type": "nmdc:Study"'),
        ({"study_set": [a_study(type="Study")]}, "did you mean 'nmdc:Study'?"),
        ({"study_set": [a_study(descripton="x")]}, "for 'descripton', did you mean 'description'?"),
        (
            {"study_set": [a_study(study_category="research_studdy")]},
            "for 'research_studdy', did you mean 'research_study'?",
        ),
        ({"study_set": [a_study(description=5)]}, "put it in quotes"),
        ({"study_set": [a_study(description=["x"])]}, "give the value without [brackets]"),
        (
            {"study_set": [a_study(part_of="nmdc:sty-11-a")]},
            "put it in [brackets], even if it is one value only",
        ),
        (
            {"study_set": [a_study(id="nmdc:bsm-11-abc")]},
            "'bsm' is the typecode of Biosample; ids of Study begin with nmdc:sty-",
        ),
        ({"study_set": [a_study(id="gold:Gs1")]}, None),
        ({"study_set": [a_study(id="nmdc:sty-11-a b")]}, None),
    ],
)
def test_a_problem_says_what_may_have_been_meant(
    database: dict[str, Any], hint: str | None, validator: DocumentValidator
) -> None:
    (problem,) = validator.validate_documents(database).problems

    assert problem.hint == hint


@pytest.mark.parametrize(("value", "hint"), [("2.5", "write 2.5 without quotes"), ("deep", None)])
def test_a_number_in_quotes_is_recognised(
    value: str, hint: str | None, validator: DocumentValidator
) -> None:
    biosample = example("valid/Database-biosamples-minimal.yaml")["biosample_set"][0]
    depth = {"type": "nmdc:QuantityValue", "has_unit": "m", "has_numeric_value": value}

    (problem,) = validator.validate_documents(
        {"biosample_set": [{**biosample, "depth": depth}]}
    ).problems

    assert problem.hint == hint

"""All checks of a body in one pass over its bytes."""

import copy
import pickle
from typing import Any

import orjson

from nmdc_runtime.schema.body import check_body
from nmdc_runtime.schema.reader import BATCH
from nmdc_runtime.schema.validator import DocumentValidator
from tests.support.schema_examples import MESSAGES, example


def _biosample(**changes: Any) -> dict[str, Any]:
    biosample = example("valid/Database-biosamples-minimal.yaml")["biosample_set"][0]
    return {**copy.deepcopy(biosample), **changes}


def _biosamples(number: int) -> list[dict[str, Any]]:
    return [
        _biosample(id=f"nmdc:bsm-11-{at}", name=f"n{at}", associated_studies=["nmdc:sty-11-s"])
        for at in range(number)
    ]


def test_a_body_is_judged_like_the_same_documents_at_once(validator: DocumentValidator) -> None:
    for name, messages in MESSAGES.items():
        database = example(name)
        if messages:
            checked = check_body(orjson.dumps(database), validator)
            assert checked.report == validator.validate_documents(database), name


def test_documents_of_later_parts_keep_their_index(validator: DocumentValidator) -> None:
    biosamples = _biosamples(3 * BATCH)
    del biosamples[-1]["env_medium"]
    biosamples[-2]["id"] = biosamples[0]["id"]

    checked = check_body(orjson.dumps({"biosample_set": biosamples}), validator)

    first, last = len(biosamples) - 2, len(biosamples) - 1
    assert [problem.message for problem in checked.report.problems] == [
        f"'{biosamples[0]['id']}' is already the id of /biosample_set/0 in "
        f"/biosample_set/{first}/id",
        f"'env_medium' is a required property in /biosample_set/{last}",
    ]


def test_a_valid_body_says_what_to_look_up(validator: DocumentValidator) -> None:
    checked = check_body(orjson.dumps({"biosample_set": _biosamples(300)}), validator)

    assert checked.report.is_valid
    assert checked.counts == {"biosample_set": 300}
    assert checked.references.wanted == {"study_set": {"nmdc:sty-11-s"}}
    assert checked.names.wanted["biosample_set"].studies == {"nmdc:sty-11-s"}
    assert len(checked.names.wanted["biosample_set"].names) == 300


def test_names_given_twice_are_problems_of_an_otherwise_valid_body(
    validator: DocumentValidator,
) -> None:
    biosamples = _biosamples(2)
    biosamples[1]["name"] = "n0"

    checked = check_body(orjson.dumps({"biosample_set": biosamples}), validator)

    assert [problem.rule for problem in checked.report.problems] == ["unique_name"]


def test_a_key_given_twice_is_a_problem_and_all_its_documents_are_judged(
    validator: DocumentValidator,
) -> None:
    body = b'{"study_set": [{"type": "nmdc:Study"}], "study_set": [], "study_set": [5]}'

    messages = [problem.message for problem in check_body(body, validator).report.problems]

    assert messages.count("'study_set' is given more than once") == 2
    assert "'id' is a required property in /study_set/0" in messages
    assert "5 is not of type 'object' in /study_set/0" in messages


def test_problems_come_up_to_the_limit_and_all_are_counted(validator: DocumentValidator) -> None:
    body = orjson.dumps({"study_set": [{}] * (5 * BATCH)})

    report = check_body(body, validator, limit=7).report

    assert len(report.problems) == 7
    assert report.total > 5 * BATCH


def test_what_was_found_can_be_sent_to_another_process(validator: DocumentValidator) -> None:
    checked = check_body(orjson.dumps({"biosample_set": _biosamples(2)}), validator)

    again = pickle.loads(pickle.dumps(checked))

    assert again.report == checked.report
    assert again.names.wanted == checked.names.wanted
    assert again.references.wanted == checked.references.wanted

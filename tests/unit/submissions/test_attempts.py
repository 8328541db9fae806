from datetime import UTC, datetime

import pytest

from nmdc_runtime.operations.models import Operation
from nmdc_runtime.submissions.rules import after_failed_attempt, failed_attempts, object_of


def an_operation(metadata):
    return Operation(id="op1", expire_time=datetime(2026, 12, 1, tzinfo=UTC), metadata=metadata)


def test_the_object_is_that_of_the_claimed_jobs_configuration():
    assert object_of(an_operation({"job": {"config": {"object_id": "gfs0abc"}}})) == "gfs0abc"


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"job": None}, {"job": {"config": []}}, {"job": {"config": {"object_id": 5}}}],
    ids=["null", "nothing", "no job", "no config", "a number"],
)
def test_other_operations_name_no_object(metadata):
    assert object_of(an_operation(metadata)) is None


def test_a_failed_attempt_is_counted_with_its_reason_and_the_rest_stays():
    operation = an_operation({"site_id": "lanl"})

    facts = after_failed_attempt(operation, attempt=1, reason="the process died")

    assert facts == {"site_id": "lanl", "attempts": 1, "last_error": "the process died"}
    assert (failed_attempts(operation), failed_attempts(an_operation(facts))) == (0, 1)

import pytest

from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site.claims import MOST_CLAIMS, MOST_PROMISED, request_of, result_of, room_for
from nmdc_runtime.submissions.models import Claimed, PromisedWork
from nmdc_runtime.submissions.rules import PIPELINES

JSON = PIPELINES[PlanKind.JSON]


def work(number: int = 1, attempt: int = 1) -> PromisedWork:
    return PromisedWork(
        operation_id=f"nmdc:sys0op{number}",
        job_id=f"nmdc:sys0job{number}",
        object_id=f"gfs0{number}",
        attempt=attempt,
    )


def test_a_run_is_keyed_by_its_operation_and_configured_by_the_published_keys():
    request = request_of(work(), JSON)

    assert request.run_key == "nmdc:sys0op1"
    assert request.run_config == {
        "ops": {
            "get_json_in": {"config": {"object_id": "gfs01"}},
            "perform_mongo_updates": {"config": {"operation_id": "nmdc:sys0op1"}},
        }
    }
    assert request.tags["nmdc/operation_id"] == "nmdc:sys0op1"
    assert "nmdc/run_id" not in request.tags


def test_a_further_attempt_has_a_key_of_its_own_and_says_which_it_is():
    request = request_of(work(attempt=2), JSON)

    assert request.run_key == "nmdc:sys0op1/2"
    assert request.tags["nmdc/attempt"] == "2"
    assert request.tags["dagster/max_retries"] == "0"  # Dagster makes none of its own


def test_all_that_is_promised_is_asked_for_and_else_it_is_said_why_not():
    asked = result_of([work(1), work(2)], Claimed(how_many=1, refusals=["x"]), JSON)
    nothing = result_of([], Claimed(how_many=0, refusals=[]), JSON)
    refused = result_of([], Claimed(how_many=0, refusals=["job1 names no object"]), JSON)

    assert [each.run_key for each in asked.run_requests or []] == ["nmdc:sys0op1", "nmdc:sys0op2"]
    assert str(nothing.skip_reason) != str(refused.skip_reason)
    assert "job1 names no object" in str(refused.skip_reason)


@pytest.mark.parametrize(
    ("promised", "room"),
    [(0, MOST_CLAIMS), (MOST_PROMISED - 3, 3), (MOST_PROMISED, 0), (MOST_PROMISED + 5, 0)],
)
def test_who_has_promised_much_claims_less(promised, room):
    assert room_for([work(n) for n in range(promised)]) == room

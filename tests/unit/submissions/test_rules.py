from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.submissions.rules import PIPELINES, fingerprint_of


@given(st.text(), st.binary(), st.text(), st.binary())
def test_a_fingerprint_is_shared_by_the_same_bytes_of_the_same_caller_only(
    name, body, other_name, other_body
):
    same = (name, body) == (other_name, other_body)

    assert (fingerprint_of(name, body) == fingerprint_of(other_name, other_body)) is same


def test_the_run_config_has_the_published_ops_and_keys_and_no_resources():
    assert PIPELINES[PlanKind.JSON].run_config(object_id="gfs0a", operation_id="nmdc:sys0b") == {
        "ops": {
            "get_json_in": {"config": {"object_id": "gfs0a"}},
            "perform_mongo_updates": {"config": {"operation_id": "nmdc:sys0b"}},
        }
    }

"""Which records are left out, for whom."""

import pytest

from nmdc_runtime.metadata.visibility import CAN_BE_SUPERSEDED, CAN_FAIL, omission
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.web.visibility import Visibility


def test_nothing_is_left_out_of_any_collection_unless_asked():
    assert all(omission(name, Visibility()) == {} for name in load_registry().collection_names)


@pytest.mark.parametrize(
    ("collection", "condition"),
    [
        ("workflow_execution_set", {"superseded_by": None, "qc_status": {"$ne": "fail"}}),
        ("data_object_set", {"superseded_by": None}),
        ("data_generation_set", {"qc_status": {"$ne": "fail"}}),
        ("biosample_set", {}),
    ],
)
def test_replaced_and_failed_records_are_left_out_where_there_can_be_any(collection, condition):
    assert omission(collection, Visibility(superseded=False, failed=False)) == condition


def test_the_collections_are_those_of_the_schema_s_planned_processes():
    registry = load_registry()

    assert set(registry.collections_holding("PlannedProcess")) == CAN_FAIL
    executions = registry.collections_holding("WorkflowExecution")
    assert {*executions, *registry.collections_holding("DataObject")} == CAN_BE_SUPERSEDED

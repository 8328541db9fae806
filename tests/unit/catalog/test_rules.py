from datetime import UTC, datetime

from nmdc_runtime.catalog.rules import (
    built_in_capabilities,
    built_in_object_types,
    built_in_triggers,
    built_in_workflows,
    dangling,
)
from nmdc_runtime.schema.load import load_registry


def test_there_are_as_many_rows_as_published_and_no_id_twice() -> None:
    collection_names = load_registry().collection_names
    tables = {
        "workflows": built_in_workflows(),
        "capabilities": built_in_capabilities(),
        "object types": built_in_object_types(collection_names),
        "triggers": built_in_triggers(),
    }
    assert {name: len(rows) for name, rows in tables.items()} == {
        "workflows": 19,
        "capabilities": 19,
        "object types": 34,
        "triggers": 14,
    }
    for rows in tables.values():
        assert len({row.id for row in rows}) == len(rows)


def test_each_workflow_has_a_capability_that_says_the_same() -> None:
    of_workflows = [row.model_dump(exclude={"capability_ids"}) for row in built_in_workflows()]
    assert [row.model_dump() for row in built_in_capabilities()] == of_workflows


def test_a_row_is_as_published() -> None:
    rows = {row.id: row for row in built_in_workflows()}
    assert rows["metab-2.1.0"].model_dump() == {
        "id": "metab-2.1.0",
        "name": "Metabolomics  (v2.1.0)",
        "description": None,
        "capability_ids": [],
        "created_at": datetime(2021, 6, 1, tzinfo=UTC),
    }


def test_collections_of_documents_are_object_types_and_aggregates_are_not() -> None:
    ids = [row.id for row in built_in_object_types(["study_set", "functional_annotation_agg"])]
    assert "study_set" in ids
    assert "functional_annotation_agg" not in ids
    assert ids[-1] == "schema#/definitions/Database"


def test_a_trigger_is_named_for_what_it_joins() -> None:
    assert built_in_triggers()[0].id == "metadata-in--metadata-in-1.0.0"


def test_two_built_in_triggers_lead_to_workflows_that_do_not_exist() -> None:
    lost = dangling(built_in_triggers(), workflow_ids=[row.id for row in built_in_workflows()])
    assert {trigger.workflow_id for trigger in lost} == {"metat-1.0.0", "mgrc-1.0.6"}

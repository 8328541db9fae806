import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.catalog.errors import (
    RowBuiltIn,
    RowExists,
    RowInUse,
    RowNotFound,
    RowsUnknown,
    WorkflowNotFound,
)
from nmdc_runtime.catalog.models import (
    Capability,
    CapabilityIn,
    ObjectType,
    ObjectTypeIn,
    RowPatch,
    Trigger,
    TriggerIn,
    Workflow,
    WorkflowIn,
    WorkflowPatch,
)
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.catalog.store import INDEXES, CatalogStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.mongo.transactions import Transactions

COLLECTIONS = ("study_set", "biosample_set", "functional_annotation_agg")


@pytest.fixture
def catalog(
    database: Database[Document], mongo_client: MongoClient[Document], now: datetime
) -> CatalogService:
    ensure_indexes(database, INDEXES)
    return CatalogService(
        catalog=CatalogStore(database),
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=lambda: now),
        clock=lambda: now,
        collection_names=COLLECTIONS,
    )


def test_processes_that_boot_at_once_write_each_row_once(
    catalog: CatalogService, database: Database[Document]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: catalog.boot(), range(8)))

    counts = {
        name: database[name].count_documents({})
        for name in ("workflows", "capabilities", "object_types", "triggers")
    }
    assert counts == {"workflows": 19, "capabilities": 19, "object_types": 18, "triggers": 14}


def test_rows_are_stored_as_published(
    catalog: CatalogService, database: Database[Document]
) -> None:
    catalog.boot()
    day = datetime(2021, 6, 1, tzinfo=UTC)
    assert database["workflows"].find_one({"id": "metab-2.1.0"}, {"_id": 0}) == {
        "id": "metab-2.1.0",
        "name": "Metabolomics  (v2.1.0)",
        "description": None,
        "capability_ids": [],
        "created_at": day,
    }
    assert database["triggers"].find_one({"workflow_id": "metadata-in-1.0.0"}, {"_id": 0}) == {
        "id": "metadata-in--metadata-in-1.0.0",
        "object_type_id": "metadata-in",
        "workflow_id": "metadata-in-1.0.0",
        "created_at": day,
    }
    assert database["object_types"].find_one({"id": "study_set"}, {"_id": 0}) == {
        "id": "study_set",
        "name": "study_set",
        "description": None,
        "created_at": datetime(2021, 9, 14, tzinfo=UTC),
    }


def test_boot_restores_built_in_rows_and_leaves_added_ones(
    catalog: CatalogService, database: Database[Document]
) -> None:
    catalog.boot()
    added = {"id": "mine-1", "name": "Mine", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    database["workflows"].insert_one(dict(added))
    database["workflows"].update_one({"id": "test"}, {"$set": {"name": "changed"}})

    catalog.boot()

    assert database["workflows"].find_one({"id": "mine-1"}, {"_id": 0}) == added
    assert catalog.get_workflow("test").name == "A test workflow"
    assert catalog.get_workflow("mine-1").capability_ids == []


def test_boot_reports_triggers_that_lead_nowhere(
    catalog: CatalogService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        catalog.boot()
    (record,) = caplog.records
    assert record.__dict__["trigger_ids"] == [
        "metatranscriptome_raw_paired_end_reads--metat-1.0.0",
        "metagenome_sequencing_activity_set--mgrc-1.0.6",
    ]


def test_an_unknown_workflow_is_not_found_and_the_known_ones_are_named(
    catalog: CatalogService,
) -> None:
    catalog.boot()
    assert catalog.find_workflow("potato") is None
    with pytest.raises(WorkflowNotFound, match="'potato'") as refused:
        catalog.get_workflow("potato")
    assert "metadata-in-1.0.0" in refused.value.facts["known_workflow_ids"]


def test_triggers_are_found_by_the_types_of_an_object(catalog: CatalogService) -> None:
    catalog.boot()
    found = catalog.list_triggers_of(["metagenome_sequencing_activity_set", "test", "unknown"])
    assert sorted(trigger.workflow_id for trigger in found) == ["metag-1.0.0", "mgrc-1.0.6", "test"]
    assert catalog.list_triggers_of([]) == []


def test_rows_that_an_administrator_changed_or_added_are_left_by_boot(
    catalog: CatalogService,
) -> None:
    catalog.boot()
    catalog.change(Workflow, "test", WorkflowPatch(name="Mine", exclusive=True))
    catalog.add(WorkflowIn(id="mine-1", name="Added"))
    catalog.add(TriggerIn(object_type_id="test", workflow_id="mine-1"))

    catalog.boot()

    assert catalog.get(Workflow, "test").name == "Mine"
    assert catalog.get(Workflow, "test").exclusive
    assert catalog.get(Workflow, "mine-1").name == "Added"
    assert catalog.get(Trigger, "test--mine-1").workflow_id == "mine-1"
    assert not catalog.get(Workflow, "metag-1.0.0").exclusive


def test_a_change_names_what_it_changes_and_leaves_the_rest(catalog: CatalogService) -> None:
    catalog.boot()
    before = catalog.get(ObjectType, "metadata-in")

    after = catalog.change(ObjectType, "metadata-in", RowPatch(description=None))

    assert after == before.model_copy(update={"description": None})
    assert catalog.change(Capability, "test", RowPatch(name="New")).description is not None


def test_of_many_who_add_the_same_row_at_once_one_does(catalog: CatalogService) -> None:
    catalog.boot()

    def add(number: int) -> bool:
        try:
            catalog.add(CapabilityIn(id="gpu", name=f"GPUs {number}"))
        except RowExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(16))) == 1


def test_a_row_may_not_name_what_there_is_not(catalog: CatalogService) -> None:
    catalog.boot()
    with pytest.raises(RowsUnknown, match="no object type has the id 'no'"):
        catalog.add(TriggerIn(object_type_id="no", workflow_id="test"))
    with pytest.raises(RowsUnknown, match="no workflow has the id 'no'"):
        catalog.add(TriggerIn(object_type_id="test", workflow_id="no"))
    with pytest.raises(RowsUnknown, match="no capability has the id 'a', 'b'"):
        catalog.add(WorkflowIn(id="w", name="W", capability_ids=["b", "test", "a"]))
    with pytest.raises(RowsUnknown):
        catalog.change(Workflow, "test", WorkflowPatch(capability_ids=["no"]))
    assert catalog.get(Workflow, "test").capability_ids == []
    assert catalog.find_workflow("w") is None


def test_what_is_built_in_or_in_use_is_not_removed(catalog: CatalogService) -> None:
    catalog.boot()
    catalog.add(CapabilityIn(id="gpu", name="GPUs"))
    catalog.add(ObjectTypeIn(id="a/b#c", name="With a slash"))
    catalog.add(WorkflowIn(id="w", name="W", capability_ids=["gpu"]))
    catalog.add(TriggerIn(object_type_id="a/b#c", workflow_id="w"))

    with pytest.raises(RowBuiltIn, match="'study_set' is built into the Runtime"):
        catalog.remove(ObjectType, "study_set")
    with pytest.raises(RowBuiltIn):
        catalog.remove(Trigger, "test--test")
    with pytest.raises(RowInUse, match="the trigger 'a/b#c--w'"):
        catalog.remove(ObjectType, "a/b#c")
    with pytest.raises(RowInUse, match="the trigger 'a/b#c--w'"):
        catalog.remove(Workflow, "w")
    with pytest.raises(RowInUse, match="the workflow 'w'"):
        catalog.remove(Capability, "gpu")
    catalog.remove(Trigger, "a/b#c--w")
    catalog.remove(Workflow, "w")
    catalog.remove(Capability, "gpu")
    catalog.remove(ObjectType, "a/b#c")
    with pytest.raises(RowNotFound):
        catalog.remove(Workflow, "w")
    with pytest.raises(RowNotFound):
        catalog.change(Workflow, "w", WorkflowPatch(name="X"))


def test_each_change_leaves_one_audit_record(
    catalog: CatalogService, database: Database[Document]
) -> None:
    catalog.boot()
    catalog.add(ObjectTypeIn(id="mine", name="Mine"))
    catalog.change(ObjectType, "mine", RowPatch(name="Ours"))
    catalog.remove(ObjectType, "mine")
    with pytest.raises(RowNotFound):
        catalog.remove(ObjectType, "mine")

    records = list(database["_runtime.audit"].find().sort("_id"))
    actions = [record["action"] for record in records]
    assert actions == ["add_object_type", "change_object_type", "remove_object_type"]
    assert {tuple(record["targets"]) for record in records} == {("object_types/mine",)}
    assert records[0]["after_hash"] == records[1]["before_hash"]

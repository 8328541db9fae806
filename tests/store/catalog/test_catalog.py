import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pymongo.database import Database

from nmdc_runtime.catalog.errors import WorkflowNotFound
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.catalog.store import INDEXES, CatalogStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes

COLLECTIONS = ("study_set", "biosample_set", "functional_annotation_agg")


@pytest.fixture
def catalog(database: Database[Document]) -> CatalogService:
    ensure_indexes(database, INDEXES)
    return CatalogService(catalog=CatalogStore(database))


def test_processes_that_boot_at_once_write_each_row_once(
    catalog: CatalogService, database: Database[Document]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: catalog.boot(collection_names=COLLECTIONS), range(8)))

    counts = {
        name: database[name].count_documents({})
        for name in ("workflows", "capabilities", "object_types", "triggers")
    }
    assert counts == {"workflows": 19, "capabilities": 19, "object_types": 18, "triggers": 14}


def test_rows_are_stored_as_published(
    catalog: CatalogService, database: Database[Document]
) -> None:
    catalog.boot(collection_names=COLLECTIONS)
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
    catalog.boot(collection_names=COLLECTIONS)
    added = {"id": "mine-1", "name": "Mine", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    database["workflows"].insert_one(dict(added))
    database["workflows"].update_one({"id": "test"}, {"$set": {"name": "changed"}})

    catalog.boot(collection_names=COLLECTIONS)

    assert database["workflows"].find_one({"id": "mine-1"}, {"_id": 0}) == added
    assert catalog.get_workflow("test").name == "A test workflow"
    assert catalog.get_workflow("mine-1").capability_ids == []


def test_boot_reports_triggers_that_lead_nowhere(
    catalog: CatalogService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        catalog.boot(collection_names=COLLECTIONS)
    (record,) = caplog.records
    assert record.__dict__["trigger_ids"] == [
        "metatranscriptome_raw_paired_end_reads--metat-1.0.0",
        "metagenome_sequencing_activity_set--mgrc-1.0.6",
    ]


def test_an_unknown_workflow_is_not_found_and_the_known_ones_are_named(
    catalog: CatalogService,
) -> None:
    catalog.boot(collection_names=COLLECTIONS)
    assert catalog.find_workflow("potato") is None
    with pytest.raises(WorkflowNotFound, match="'potato'") as refused:
        catalog.get_workflow("potato")
    assert "metadata-in-1.0.0" in refused.value.facts["known_workflow_ids"]


def test_triggers_are_found_by_the_types_of_an_object(catalog: CatalogService) -> None:
    catalog.boot(collection_names=COLLECTIONS)
    found = catalog.list_triggers_of(["metagenome_sequencing_activity_set", "test", "unknown"])
    assert sorted(trigger.workflow_id for trigger in found) == ["metag-1.0.0", "mgrc-1.0.6", "test"]
    assert catalog.list_triggers_of([]) == []

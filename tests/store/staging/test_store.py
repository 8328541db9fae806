import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.staging.store import INDEXES


@pytest.mark.parametrize(
    ("collection", "key"),
    [
        ("wf_file_staging.globus_tasks", "task_id"),
        ("wf_file_staging.jgi_samples", "jdp_file_id"),
        ("wf_file_staging.jgi_sequencing_projects", "sequencing_project_name"),
    ],
)
def test_a_staging_record_is_stored_once(
    database: Database[Document], collection: str, key: str
) -> None:
    assert ensure_indexes(database, INDEXES) == []
    database[collection].insert_one({key: "x"})
    with pytest.raises(DuplicateKeyError):
        database[collection].insert_one({key: "x"})

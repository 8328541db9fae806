from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.staging.errors import KeyChanged, RecordExists, RecordNotFound
from nmdc_runtime.staging.models import GlobusTask, JGISample, JGISequencingProject
from nmdc_runtime.staging.service import StagingService
from nmdc_runtime.staging.store import INDEXES, Record, StagingStore

PROJECT = JGISequencingProject(
    sequencing_project_name="a project / with a slash",
    sequencing_project_description="d",
    jgi_proposal_id="5",
    nmdc_study_id="nmdc:sty-11-a",
)


def a_task(status: str = "ACTIVE", *, task_id: str = "t-1") -> GlobusTask:
    return GlobusTask(task_id=task_id, task_status=status)


def a_sample(**fields: object) -> JGISample:
    texts = {
        name: name
        for name, field in JGISample.model_fields.items()
        if field.annotation is str and field.is_required()
    }
    known = {"jdp_file_status": "READY", "globus_file_status": "ACTIVE", "jdp_file_size": 5}
    day = {"create_date": datetime(2026, 1, 2, tzinfo=UTC)}
    return JGISample.model_validate({**texts, **known, **day, **fields})


@pytest.fixture
def staging(
    database: Database[Document], mongo_client: MongoClient[Document], now: datetime
) -> StagingService:
    ensure_indexes(database, INDEXES)
    return StagingService(
        staging=StagingStore(database),
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=lambda: now),
    )


@pytest.mark.parametrize("record", [a_task(), a_sample(), PROJECT])
def test_of_many_who_add_the_same_record_at_once_one_does(
    staging: StagingService, database: Database[Document], record: Record
) -> None:
    def add(_: int) -> bool:
        try:
            staging.add(record)
        except RecordExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(16))) == 1

    (audited,) = database["_runtime.audit"].find()
    assert audited["action"].startswith("create_")


def test_only_the_fields_that_were_set_are_stored(
    staging: StagingService, database: Database[Document]
) -> None:
    staging.add(a_sample())

    (stored,) = database["wf_file_staging.jgi_samples"].find({}, {"_id": 0})
    assert stored["create_date"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert not {"md5sum", "update_date", "request_id"} & set(stored)


def test_a_change_sets_what_it_brings_and_leaves_what_it_does_not(
    staging: StagingService, database: Database[Document]
) -> None:
    staging.add(a_sample(md5sum="abc"))

    changed = staging.change("jdp_file_id", a_sample(request_id=7, jdp_file_status="PURGED"))

    assert (changed["md5sum"], changed["request_id"]) == ("abc", 7)
    assert changed["jdp_file_status"] == "PURGED"
    created, updated = database["_runtime.audit"].find().sort("_id")
    assert updated["action"] == "update_jgi_sample"
    assert updated["targets"] == ["wf_file_staging.jgi_samples/jdp_file_id"]
    assert created["after_hash"] == updated["before_hash"] != updated["after_hash"]


def test_changes_at_once_are_all_made_and_lose_nothing_of_each_other(
    staging: StagingService, database: Database[Document]
) -> None:
    staging.add(a_sample())

    def change(number: int) -> None:
        fields = {"md5sum": f"sum {number}"} if number % 2 else {"request_id": number}
        staging.change("jdp_file_id", a_sample(**fields))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(16)))

    stored = staging.get(JGISample, "jdp_file_id")
    assert stored["md5sum"].startswith("sum ")
    assert stored["request_id"] % 2 == 0
    updates = list(database["_runtime.audit"].find({"action": "update_jgi_sample"}))
    assert len(updates) == 16


def test_a_change_of_another_record_or_of_none_is_refused_and_changes_nothing(
    staging: StagingService, database: Database[Document]
) -> None:
    staging.add(a_task())

    with pytest.raises(KeyChanged):
        staging.change("t-1", a_task("FAILED", task_id="t-2"))
    with pytest.raises(RecordNotFound):
        staging.change("t-2", a_task("FAILED", task_id="t-2"))
    assert staging.get(GlobusTask, "t-1")["task_status"] == "ACTIVE"
    assert database["wf_file_staging.globus_tasks"].count_documents({}) == 1
    assert database["_runtime.audit"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("record", "warnings"),
    [
        (a_task("NEW_ONE"), ["NEW_ONE"]),
        (a_sample(jdp_file_status="A", globus_file_status="B"), ["A", "B"]),
        (a_task("SUCCEEDED"), []),
        (a_sample(), []),
        (PROJECT, []),
    ],
)
def test_an_unknown_status_is_taken_with_a_warning(
    staging: StagingService,
    caplog: pytest.LogCaptureFixture,
    record: Record,
    warnings: list[str],
) -> None:
    staging.add(record)

    assert [each.__dict__["staging_status"] for each in caplog.records] == warnings

"""A backup service on a real database and a bucket of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from nmdc_runtime.backups.service import SCRATCH, BackupService
from nmdc_runtime.backups.store import BackupStore
from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.mongo.client import durable
from tests.support.documents import a_study, biosamples
from tests.support.object_storage import a_bucket
from tests.support.servers import S3Endpoint, shared_s3

STUDY = a_study()


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def storage(s3_endpoint: S3Endpoint) -> S3Storage:
    return a_bucket(s3_endpoint)


@dataclass
class Time:
    """A clock that a test sets."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 1, 6, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def backups(services, fresh_database, storage, time) -> Iterator[BackupService]:
    """Yield what backs the fresh database up, a document in it."""
    fresh_database["study_set"].insert_one(dict(STUDY))
    fresh_database["study_set"].create_index("id", unique=True)
    fresh_database["biosample_set"].insert_many(biosamples(7, study_id=STUDY["id"]))
    service = replace(
        services.upkeep.backups,
        database=durable(fresh_database),
        store=BackupStore(storage, durable(fresh_database)),
        clock=time,
        kept=2,
        kept_for=timedelta(days=30),
    )
    yield service
    client = fresh_database.client
    for name in client.list_database_names():
        assert not name.startswith(fresh_database.name + SCRATCH), "a scratch database is left"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def back_up(backups, time, told) -> Callable[[], str]:
    """Return what makes a backup, a second after the one before, and returns its id."""

    def back_up() -> str:
        time.pass_by(seconds=1)
        report = backups.backup(run_id="a-run", tell=told.append)
        return report.summary.partition(":")[0]

    return back_up

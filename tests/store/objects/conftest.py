"""The service of stored objects on a real database and a real S3 service."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pymongo import MongoClient

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.config.sections import ObjectSettings
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.files import FileStore
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.objects.store import ObjectStore
from tests.support.object_storage import a_bucket
from tests.support.servers import S3Endpoint, shared_s3


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def storage(s3_endpoint: S3Endpoint) -> S3Storage:
    return a_bucket(s3_endpoint)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def objects(database, mongo_client: MongoClient, storage: S3Storage, clock) -> ObjectService:
    return ObjectService(
        objects=ObjectStore(database),
        files=FileStore(database),
        storage=storage,
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=clock),
        clock=clock,
        drs_host="drs.example",
        site_id="own-site",
        settings=ObjectSettings(s3_over_bytes=100_000),
    )

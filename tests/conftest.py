"""Fixtures of all suites: real servers, a fresh database a test, and the hub on it."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.config.sections import HubSettings, LoginSettings, QuerySettings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring import Services, all_indexes, open_services
from tests.support.booted import Booted
from tests.support.orchestrators import ScriptedOrchestrator
from tests.support.running_hub import RunningHub, fingerprints
from tests.support.servers import shared_mongo

FOLDERS = (
    "unit",
    "store",
    "api",
    "contract",
    "site",
    "browser",
    "e2e",
    "docs",
    "compose",
    "bench",
    "architecture",
)


#: The collections for which the Runtime makes indexes.
USUAL = {index.collection for index in all_indexes(load_registry())}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in."""
    root = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(root).parts[0]
        if folder in FOLDERS:
            item.add_marker(getattr(pytest.mark, folder))


@pytest.fixture(scope="session")
def mongo_url(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a real replica set: `NMDC_TEST_MONGO_URL`, else one started here."""
    given = os.environ.get("NMDC_TEST_MONGO_URL")
    if given:
        yield given
        return
    with shared_mongo(testrun_uid, tmp_path_factory.getbasetemp().parent) as url:
        yield url


@pytest.fixture(scope="session")
def mongo_client(mongo_url: str) -> Iterator[MongoClient[Document]]:
    """Yield a client of that server."""
    with MongoClient(mongo_url, tz_aware=True) as client:
        yield client


@pytest.fixture
def fresh_database(mongo_client: MongoClient[Document]) -> Iterator[Database[Document]]:
    """Yield a database without any collection or index, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def indexed_database(mongo_client: MongoClient[Document]) -> Iterator[Database[Document]]:
    """Yield the database of this worker, with the indexes of the Runtime and nothing in it.

    Making some eighty indexes takes longer than most tests: they are made once.
    """
    name = f"test_{uuid4().hex}"
    database = mongo_client[name]
    assert ensure_indexes(database, all_indexes(load_registry())) == []
    yield database
    for each in (name, f"{name}_deleted", f"{name}_updated"):
        mongo_client.drop_database(each)


@pytest.fixture(scope="session")
def running_hub() -> Iterator[RunningHub]:
    """Yield the hub of this worker, which starts when a test needs it."""
    hub = RunningHub()
    yield hub
    hub.close()


@pytest.fixture
def database(
    indexed_database: Database[Document], running_hub: RunningHub, request: pytest.FixtureRequest
) -> Database[Document]:
    """Return an empty database that has the indexes of the Runtime.

    For a test with a hub, the tables that each boot writes may be there already.
    """
    names = indexed_database.list_collection_names()
    kept = running_hub.tables if "hub" in request.fixturenames else {}
    for name, contents in fingerprints(indexed_database).items():
        if kept.get(name) != contents:
            indexed_database[name].delete_many({})
    # Those of the Runtime stay, empty: making a collection anew takes longer than most tests.
    for name in names:
        if name not in USUAL and not name.startswith(("_runtime.", "ids_", "system.")):
            indexed_database.drop_collection(name)
    if "system.profile" in names:
        indexed_database.drop_collection("system.profile")  # what an earlier test looked at
    return indexed_database


@pytest.fixture
async def async_database(
    mongo_url: str, database: Database[Document]
) -> AsyncIterator[AsyncDatabase[Document]]:
    """Yield the same fresh database through the asynchronous driver."""
    async with AsyncMongoClient(mongo_url, tz_aware=True) as client:
        yield client[database.name]


@pytest.fixture
def now() -> datetime:
    """Return the moment at which the test's clock stands."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def usual_settings(mongo_url: str, indexed_database: Database[Document]) -> Settings:
    """Return settings for a hub on the worker's database, with no orchestrator to reach."""
    return Settings(
        environment=Environment.TEST,
        mongo_host=mongo_url,
        mongo_dbname=indexed_database.name,
        jwt_secret_key=SecretStr("0123456789abcdef" * 4),
        api_host="http://testserver",
        api_host_external="http://testserver",
        api_admin_user="admin",
        api_admin_pass=SecretStr("admin-password"),
        api_site_id="nmdc-runtime",
        api_site_client_id="own-client",
        api_site_client_secret=SecretStr("own-client-secret"),
        dagit_host="http://127.0.0.1:1",
        hub=HubSettings(housekeeping=False, analytics=False),
        # Tests play other processes by writing to the database, and wait for nothing.
        login=LoginSettings(directory=False),
        queries=QuerySettings(
            deleted_database=f"{indexed_database.name}_deleted",
            updated_database=f"{indexed_database.name}_updated",
        ),
    )


@pytest.fixture
def settings(usual_settings: Settings, database: Database[Document]) -> Settings:
    """Return settings for a hub on the empty database; reading them takes a while: once."""
    assert usual_settings.mongo.database == database.name
    return usual_settings


@pytest.fixture
def orchestrator() -> ScriptedOrchestrator:
    """Return an orchestrator that takes runs and leaves it to the test what becomes of them."""
    return ScriptedOrchestrator()


@pytest.fixture(scope="session")
def booted() -> Booted:
    """Return what a boot of the services writes, for the tests of this worker."""
    return Booted()


@pytest.fixture
def services(
    settings: Settings, orchestrator: ScriptedOrchestrator, now: datetime, booted: Booted
) -> Iterator[Services]:
    """Yield the services on the fresh database, booted, at a standing clock."""
    with open_services(settings, clock=lambda: now, orchestrator=orchestrator) as services:
        booted.boot(services)
        yield services


@pytest.fixture
def hub(
    running_hub: RunningHub,
    settings: Settings,
    database: Database[Document],
    orchestrator: ScriptedOrchestrator,
) -> TestClient:
    """Return a client of a hub with these settings, booted on the empty database."""
    return running_hub.client(settings, database, orchestrator)


def _bearer(hub: TestClient, subject: str) -> dict[str, str]:
    """Return headers with a token as `/token` makes it, spared the comparison of the secret."""
    services: Services = hub.app.state.services  # type: ignore[attr-defined]
    return {"Authorization": f"Bearer {services.login.issue(subject).access_token}"}


@pytest.fixture
def as_admin(hub: TestClient, settings: Settings) -> dict[str, str]:
    """Return headers of the administrator that boot created."""
    return _bearer(hub, f"user:{settings.api_admin_user}")


@pytest.fixture
def as_site(hub: TestClient, settings: Settings) -> dict[str, str]:
    """Return headers of the Runtime's own site client."""
    return _bearer(hub, f"client:{settings.api_site_client_id}")

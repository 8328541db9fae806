"""What site tests share: the variables of a deployment, booted services, real processes."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import Services, boot, open_services
from tests.site.launches import Launches
from tests.site.workspace import Workspace, running_postgres


@pytest.fixture
def launches() -> Launches:
    """Return what keeps the runs that were asked for."""
    return Launches()


@pytest.fixture
def services(settings: Settings, launches: Launches) -> Iterator[Services]:
    """Yield services on the fresh database, booted."""
    with open_services(settings, orchestrator=launches) as opened:
        boot(opened)
        yield opened


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment of a workspace that works for the hub with these settings."""
    return {
        "NMDC_ENVIRONMENT": "dev",
        "MONGO_HOST": settings.mongo_host,
        "MONGO_USERNAME": "",
        "MONGO_PASSWORD": "",
        "MONGO_DBNAME": settings.mongo_dbname,
        "API_HOST": settings.api_host,
        "API_ADMIN_USER": settings.api_admin_user,
        "API_ADMIN_PASS": settings.api_admin_pass.get_secret_value(),
        "API_SITE_ID": settings.api_site_id,
        "API_SITE_CLIENT_ID": settings.api_site_client_id,
        "API_SITE_CLIENT_SECRET": settings.api_site_client_secret.get_secret_value(),
        "JWT_SECRET_KEY": settings.jwt_secret_key.get_secret_value(),
        # Tables come from servers of the tests.
        "NMDC_INGESTS__TABLE_HOSTS": '["127.0.0.1"]',
        # Of other people's services: nobody is there, unless a test says so.
        "NEON_API_BASE_URL": "http://127.0.0.1:1",
        "NEON_API_TOKEN": "",
        "GOLD_API_BASE_URL": "http://127.0.0.1:1",
        "GOLD_API_USERNAME": "",
        "GOLD_API_PASSWORD": "",
        "NMDC_PORTAL_API_BASE_URL": "http://127.0.0.1:1",
        "NMDC_PORTAL_API_REFRESH_TOKEN": "",
    }


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Give this process the variables of such a workspace."""
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def postgres() -> Iterator[dict[str, str]]:
    """Yield the variables that name a fresh PostgreSQL."""
    with running_postgres() as named:
        yield named


@pytest.fixture(scope="module")
def workspace_settings(mongo_url: str, mongo_client: MongoClient[Document]) -> Iterator[Settings]:
    """Yield settings of the running workspace: a database of its own."""
    name = f"test_{uuid4().hex}"
    yield Settings(
        environment=Environment.DEV,
        mongo_host=mongo_url,
        mongo_dbname=name,
        api_admin_pass=SecretStr("admin-password"),
        api_site_client_id="own-client",
        api_site_client_secret=SecretStr("own-client-secret"),
        jwt_secret_key=SecretStr("0123456789abcdef" * 4),
    )
    mongo_client.drop_database(name)


@pytest.fixture(scope="module")
def workspace(
    workspace_settings: Settings,
    postgres: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workspace]:
    """Yield a whole workspace on real processes."""
    home = tmp_path_factory.mktemp("dagster")
    running = Workspace(home, {**variables(workspace_settings), **postgres})
    try:
        running.start_code_server()
        running.start_web_server()
        running.start_daemon()
        yield running
    finally:
        running.close()

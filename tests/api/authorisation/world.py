"""A hub with every kind of caller, and something for each route to act upon."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.api.app import create_app
from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.config.sections import JobSettings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import Services
from tests.api.authorisation.seeds import OWN_SITE
from tests.api.authorisation.table import ALLOWANCES, BAD_TOKENS, CALLERS, holder, key_of
from tests.support.orchestrators import ScriptedOrchestrator

#: All secrets that are sent; no answer and no log may hold one of them.
PASSWORD = "the-password-of-everybody"
SECRET = "the-secret-of-every-client"


def settings_of(mongo_url: str, database: str) -> Settings:
    """Return settings of a hub whose secrets are known to this test."""
    return Settings(
        environment=Environment.TEST,
        mongo_host=mongo_url,
        mongo_dbname=database,
        jwt_secret_key=SecretStr("the-signing-key-of-the-hub" * 3),
        api_host="http://testserver",
        api_host_external="http://testserver",
        api_admin_user="admin",
        api_admin_pass=SecretStr(PASSWORD),
        api_site_id=OWN_SITE,
        api_site_client_id="own-client",
        api_site_client_secret=SecretStr(SECRET),
        dagit_host="http://127.0.0.1:1",
        # A stream that is let in ends at once.
        jobs=JobSettings(watch_lifetime=timedelta(0)),
        do_endpoint_url="http://127.0.0.1:1",
        do_spaces_key=SecretStr("the-key-of-the-object-storage"),
        do_spaces_secret=SecretStr("the-secret-of-the-object-storage"),
    )


@dataclass
class World:
    """The hub and the headers of each caller."""

    hub: TestClient
    database: Database[Document]
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    @property
    def services(self) -> Services:
        """The services of the hub."""
        services: Services = self.hub.app.state.services  # type: ignore[attr-defined]
        return services


@contextmanager
def build(settings: Settings, database: Database[Document]) -> Iterator[World]:
    """Yield a hub on the database with all callers, each made as the API makes them."""
    app = create_app(settings, orchestrator=ScriptedOrchestrator())
    with TestClient(app, raise_server_exceptions=False) as hub:
        world = World(hub=hub, database=database)
        headers = world.headers
        headers["anonymous"] = {}
        headers["admin"] = _log_in(hub, username="admin", password=PASSWORD)
        _people(world)
        _keys(world)
        headers["site client"] = _log_in(hub, client_id="own-client", client_secret=SECRET)
        _other_site(world)
        _bad_tokens(world)
        assert set(headers) == set(CALLERS)
        world.secrets += [PASSWORD, SECRET, settings.jwt_secret_key.get_secret_value()]
        world.secrets += [settings.do_spaces_secret.get_secret_value()]
        yield world


def _log_in(hub: TestClient, **form: str) -> dict[str, str]:
    grant = "password" if "username" in form else "client_credentials"
    answer = hub.post("/token", data={"grant_type": grant, **form})
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def _people(world: World) -> None:
    hub, headers = world.hub, world.headers
    names = {"user": "user", "disabled user": "ghost"}
    names |= {holder(action): f"holder{number}" for number, action in enumerate(ALLOWANCES)}
    for caller, username in names.items():
        account = {"username": username, "password": PASSWORD}
        hub.post("/users", json=account, headers=headers["admin"]).raise_for_status()
        headers[caller] = _log_in(hub, **account)
    for action in ALLOWANCES:
        row = {"username": names[holder(action)], "action": action}
        hub.post("/admin/allowances", json=row, headers=headers["admin"]).raise_for_status()
    ghost = {"username": "ghost", "disabled": True}
    hub.put("/users", json=ghost, headers=headers["admin"]).raise_for_status()


def _keys(world: World) -> None:
    wanted = {"key without scopes": []} | {key_of(action): [action] for action in ALLOWANCES}
    for caller, scopes in wanted.items():
        answer = world.hub.post(
            "/users/me/api_keys",
            json={"name": caller, "scopes": scopes},
            headers=world.headers["admin"],
        )
        key = answer.raise_for_status().json()["key"]
        world.headers[caller] = {"Authorization": f"Bearer {key}"}


def _other_site(world: World) -> None:
    hub, headers = world.hub, world.headers
    hub.post("/sites", json={"id": "nersc"}, headers=headers["admin"]).raise_for_status()
    answer = hub.post("/sites/nersc:generateCredentials", headers=headers["admin"])
    headers["client of another site"] = _log_in(hub, **answer.raise_for_status().json())


def _bad_tokens(world: World) -> None:
    login = world.services.login

    def at(clock: Callable[[], datetime], **changes: Any) -> dict[str, str]:
        service = replace(login, clock=clock, **changes)
        return {"Authorization": f"Bearer {service.issue('user:admin').access_token}"}

    def now() -> datetime:
        return login.clock()

    made = {
        "expired": at(lambda: now() - timedelta(days=2)),
        "revoked": at(now),
        "forged": at(now, key=SecretStr("the key of somebody else" * 3)),
    }
    head, payload, signature = at(now)["Authorization"].split(".")
    made["tampered"] = {"Authorization": f"{head}.{payload[:-2]}AA.{signature}"}
    world.hub.post("/token:revoke", headers=made["revoked"]).raise_for_status()
    assert set(made) == set(BAD_TOKENS)
    world.headers |= made

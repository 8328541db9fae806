"""One hub a worker that goes on running from test to test, while its database begins anew."""

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final

from fastapi import FastAPI
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import boot
from tests.support.orchestrators import ScriptedOrchestrator

#: The fingerprint of a collection without documents.
EMPTY: Final = hashlib.md5(usedforsecurity=False).hexdigest()
#: What each boot writes alike, and hardly any test changes: it stays where the next test has a hub.
TABLES: Final = frozenset(
    {
        *("minter.services", "minter.schema_classes", "minter.typecodes", "minter.shoulders"),
        *("triggers", "object_types", "workflows", "capabilities"),
    }
)


class CurrentOrchestrator:
    """Passes everything on to the orchestrator of the test that is running."""

    def __init__(self) -> None:
        self.current = ScriptedOrchestrator()

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        return self.current.launch(job_name, run_config, tags)

    def find_run(self, tags: Mapping[str, str]) -> Any:
        return self.current.find_run(tags)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


class RunningHub:
    """A started hub and its client; with other settings than before it starts anew.

    Starting and booting takes longer than most tests. So what boot wrote is kept, and put into the
    emptied database for the next test. Where a test has put something there before, the hub boots
    for it, as it would.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._settings: Settings | None = None
        self._app: FastAPI | None = None
        self._client: TestClient | None = None
        self._orchestrator = CurrentOrchestrator()
        self._booted: dict[str, list[Document]] = {}
        self._state: dict[str, Any] = {}
        #: The fingerprints of the tables as boot made them.
        self.tables: dict[str, str] = {}

    def client(
        self,
        settings: Settings,
        database: Database[Document],
        orchestrator: ScriptedOrchestrator,
    ) -> TestClient:
        """Return a client of a hub with these settings, booted on the database."""
        self._orchestrator.current = orchestrator
        filled = fingerprints(database)
        is_empty = filled.items() <= self.tables.items()
        if self._client is None or settings != self._settings:
            return self._start(settings, database, is_empty=is_empty)
        self._app.state._state = dict(self._state)  # type: ignore[union-attr]
        if is_empty and self._booted:
            for name in self._booted.keys() - filled.keys():
                database[name].insert_many(self._booted[name])
        else:
            boot(self._app.state.services)  # type: ignore[union-attr]
        self._client.cookies.clear()
        self._client.headers.pop("Authorization", None)
        return self._client

    def _start(
        self, settings: Settings, database: Database[Document], *, is_empty: bool
    ) -> TestClient:
        from nmdc_runtime.api.app import create_app  # noqa: PLC0415 (only API tests need the hub)

        self.close()
        self._app = create_app(settings, orchestrator=self._orchestrator)
        client = TestClient(self._app, raise_server_exceptions=False)
        self._client = self._stack.enter_context(client)
        self._settings = settings
        self._state = dict(self._app.state._state)
        self._booted = {}
        if is_empty:
            filled = fingerprints(database)
            self._booted = {name: list(database[name].find()) for name in filled}
            self.tables = {name: filled[name] for name in TABLES & filled.keys()}
        return self._client

    def close(self) -> None:
        """Stop the hub."""
        self._stack.close()
        self._client = self._app = self._settings = None


def fingerprints(database: Database[Document]) -> dict[str, str]:
    """Return what tells the contents of the collections that hold anything, by one command."""
    told: dict[str, str] = database.command("dbHash")["collections"]
    return {
        name: digest
        for name, digest in told.items()
        if digest != EMPTY and not name.startswith("system.")
    }


def filled_collections(database: Database[Document]) -> list[str]:
    """Return the names of the collections that hold anything."""
    return list(fingerprints(database))

"""A database as it was years ago, and what migrates it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.migration.assembly import open_migrations
from nmdc_runtime.migration.copying import SCRATCH
from nmdc_runtime.migration.interpreter import describe_package
from nmdc_runtime.migration.migrating import prepare_migration
from nmdc_runtime.migration.models import MigrationReport, MigrationRequest, SchemaPackage
from nmdc_runtime.migration.service import MigrationService
from tests.support.older_data import Documents, older_data, put


@dataclass
class Told:
    """What a migration said; and what else happens when it says so."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    at: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __call__(self, step: str, text: str) -> None:
        self.lines.append((step, text))
        self.at.pop(step, lambda: None)()

    @property
    def steps(self) -> list[str]:
        """The steps in their order, each once."""
        return list(dict.fromkeys(step for step, _ in self.lines))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def older(fresh_database) -> Documents:
    """Fill the database; return how its documents are to be in the end."""
    before, after = older_data(12)
    put(fresh_database, before)
    return after


@pytest.fixture
def service(mongo_url, fresh_database, told) -> Iterator[MigrationService]:
    settings = Settings(mongo_host=mongo_url, mongo_dbname=fresh_database.name)
    with open_migrations(settings, tell=told) as service:
        yield service
    client = fresh_database.client
    for name in client.list_database_names():
        assert not name.startswith(fresh_database.name + SCRATCH), "a scratch database is left"


@cache
def installed_package() -> SchemaPackage:
    return describe_package(None)


def migrate(service: MigrationService, **request) -> MigrationReport:
    """Migrate to the installed version; return the report, also if it fails."""
    asked = MigrationRequest(target=service.registry.version, **request)
    report = MigrationReport(source="?", target=asked.target, is_dry_run=asked.is_dry_run)
    try:
        prepare_migration(service, asked, report, package=installed_package()).run()
    except Exception as error:
        error.report = report
        error.add_note(report.model_dump_json(indent=1))
        raise
    return report

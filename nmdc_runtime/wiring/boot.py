"""What every start of the hub does, once MongoDB answers."""

import logging
import time

from pymongo.errors import ConnectionFailure

from nmdc_runtime.migration.rules import differs_from
from nmdc_runtime.migration.store import MigrationStore
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.web.auth import ADMIN_SITE_ID
from nmdc_runtime.wiring.indexes import all_indexes
from nmdc_runtime.wiring.services import Services

logger = logging.getLogger(__name__)


def boot(services: Services) -> list[str]:
    """Bring the database up to date; return a sentence for each index that could not be made.

    Safe at every start, and when several processes start at once.
    """
    settings, registry = services.settings, services.registry
    problems = ensure_indexes(services.database, all_indexes(registry))
    _compare_versions(services)
    services.catalog.boot()
    services.users.ensure_admin(settings.bootstrap)
    services.sites.boot(settings.bootstrap, reserved_ids=(ADMIN_SITE_ID,))
    problems += services.minting.boot(
        typecodes=registry.typecodes(), site_ids=services.sites.list_ids()
    )
    services.allowances.boot(admin_username=settings.bootstrap.admin_username)
    return problems


def _compare_versions(services: Services) -> None:
    """Warn if the data are known to have another version of the schema than the installed one."""
    version = MigrationStore(services.database).find_data_version()
    installed = services.registry.version
    if differs_from(version, installed):
        facts = {"data": version, "installed": installed}
        logger.warning("the data have another version of nmdc-schema", extra=facts)


def boot_when_ready(services: Services) -> list[str]:
    """Boot, waiting for MongoDB as long as the settings say; see `boot`."""
    deadline = time.monotonic() + services.settings.hub.boot_wait_s
    while True:
        try:
            return boot(services)
        except ConnectionFailure as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("waiting for MongoDB", extra={"reason": str(error)[:200]})
            time.sleep(1)

"""How migrations are put together."""

from collections.abc import Iterator
from contextlib import contextmanager

from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.migration.service import MigrationService, Tell
from nmdc_runtime.mongo.client import MongoAddress, durable, open_client
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.schema.load import load_registry


@contextmanager
def open_migrations(settings: Settings, *, tell: Tell) -> Iterator[MigrationService]:
    """Yield what migrates the database that the settings name."""
    mongo = settings.mongo
    address = MongoAddress(
        url=mongo.url,
        username=mongo.username,
        password=mongo.password.get_secret_value() if mongo.password else None,
        pool_size=mongo.pool_size,
    )
    options = {key: value for key, value in address.options().items() if key != "host"}
    with open_client(address) as client:
        database = durable(client[mongo.database])
        transactions = Transactions(client)
        yield MigrationService(
            client=client,
            database=database,
            url=mongo.url,
            options=options,
            registry=load_registry(),
            guard=WriteGuard(database, transactions=transactions, clock=utc_now),
            transactions=transactions,
            clock=utc_now,
            tell=tell,
        )

"""What a boot writes into an empty database, so that the next test need not boot again."""

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import Services, boot
from tests.support.running_hub import filled_collections


class Booted:
    """Boots once for the same settings, and puts what that wrote into emptied databases."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._written: dict[str, list[Document]] = {}

    def boot(self, services: Services) -> None:
        """Bring the database to where a boot leads; where a test has put something, boot."""
        database = services.database
        if filled_collections(database):
            boot(services)
        elif self._settings != services.settings:
            boot(services)
            self._written = {
                name: list(database[name].find()) for name in filled_collections(database)
            }
            self._settings = services.settings
        else:
            for name, documents in self._written.items():
                database[name].insert_many(documents)

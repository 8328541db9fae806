"""Which version of nmdc-schema the data have, for those who only look."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.migration.store import EVENTS, LATEST
from nmdc_runtime.mongo.documents import Document


async def find_data_version(database: AsyncDatabase[Document]) -> str | None:
    """Return the version that the data satisfy, or None if nobody wrote it down."""
    cursor = await database[EVENTS].aggregate(LATEST)
    found = await cursor.to_list(1)
    version = found[0]["schema_version"] if found else None
    return version if isinstance(version, str) else None

"""Connections to MongoDB, synchronous for changes and asynchronous for hot reads."""

from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import AsyncMongoClient, MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from nmdc_runtime.mongo.documents import Document

#: What our connections call themselves to the server.
APP_NAME: Final = "nmdc-runtime"
#: How long a request waits for a primary before it is answered with 503.
SERVER_SELECTION_MS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoAddress:
    """Where a MongoDB is and who we are to it; without a user name there is no authentication."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    pool_size: int = 40

    def options(self) -> dict[str, Any]:
        """Return what both kinds of client are made of."""
        options: dict[str, Any] = {
            "host": self.url,
            "appname": APP_NAME,
            "tz_aware": True,
            "maxPoolSize": self.pool_size,
            "serverSelectionTimeoutMS": SERVER_SELECTION_MS,
            "connectTimeoutMS": SERVER_SELECTION_MS,
            "retryWrites": True,
        }
        if self.username:
            options |= {
                "username": self.username,
                "password": self.password or "",
                "authSource": "admin",
            }
        return options


def open_client(address: MongoAddress) -> MongoClient[Document]:
    """Return a client for code that changes state; connects on first use."""
    return MongoClient(**address.options())


def open_async_client(address: MongoAddress) -> AsyncMongoClient[Document]:
    """Return a client for the hub's hot reads; connects on first use."""
    return AsyncMongoClient(**address.options())


def durable(database: Database[Document]) -> Database[Document]:
    """Return the database with majority writes and reads: what is answered survives a crash."""
    return database.with_options(
        write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
    )

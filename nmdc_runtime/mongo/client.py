"""Connections to MongoDB, synchronous for changes and asynchronous for hot reads."""

from typing import Any

from pymongo import AsyncMongoClient, MongoClient, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from nmdc_runtime.config import MongoSettings
from nmdc_runtime.mongo.documents import Document

#: How long a request waits for a primary before it is answered with 503.
SERVER_SELECTION_MS = 4_000


def _options(settings: MongoSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "host": settings.url,
        "appname": "nmdc-runtime",
        "tz_aware": True,
        "maxPoolSize": settings.pool_size,
        "serverSelectionTimeoutMS": SERVER_SELECTION_MS,
        "connectTimeoutMS": SERVER_SELECTION_MS,
        "retryWrites": True,
    }
    if settings.username:
        options["username"] = settings.username
        options["password"] = settings.password.get_secret_value() if settings.password else ""
        options["authSource"] = "admin"
    return options


def open_client(settings: MongoSettings) -> MongoClient[Document]:
    """Return a client for code that changes state; connects on first use."""
    return MongoClient(**_options(settings))


def open_async_client(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """Return a client for the hub's hot reads; connects on first use."""
    return AsyncMongoClient(**_options(settings))


def durable(database: Database[Document]) -> Database[Document]:
    """Return the database with majority writes and reads: what is answered survives a crash."""
    return database.with_options(
        write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
    )


__all__ = ["AsyncDatabase", "Database", "durable", "open_async_client", "open_client"]

"""The resource ``mongo``: which MongoDB runs work on, and a handle for those who want no more."""

from contextlib import ExitStack
from typing import Any, Self

import dagster as dg
from pydantic import Field, PrivateAttr, SecretStr
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.results import BulkWriteResult

from nmdc_runtime.config import Settings
from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.adding import DocumentAdder
from nmdc_runtime.schema.plain import as_plain
from nmdc_runtime.wiring import Services, open_services


class Mongo:
    """A database, and what writes documents of the schema to it; for notebooks and ops.

    It connects when it is first used. Close it, or use it as a context manager.
    """

    def __init__(self, settings: Settings) -> None:
        self._opened = ExitStack()
        self.services: Services = self._opened.enter_context(open_services(settings))

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connections back."""
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._opened.close()

    @property
    def db(self) -> Database[Document]:
        """The database."""
        return self.services.database

    @property
    def client(self) -> MongoClient[Document]:
        """The server that has it."""
        return self.services.database.client

    def add_docs(
        self,
        docs: Any,  # noqa: ANN401 (mapping or LinkML database)
        validate: bool = True,
        replace: bool = True,
    ) -> dict[str, BulkWriteResult]:
        """Store documents, all or none, and return what became of each collection.

        Biosamples, data generations and studies get the dates of their first and last write. What
        is stored is remembered like a submission: it can be told and undone.

        Parameters
        ----------
        docs
            Collections by name, each a list of documents; or a LinkML database.
        validate
            Whether the documents must satisfy the schema and name only what exists.
        replace
            Whether documents take the place of stored ones with their ids.

        Raises
        ------
        ValueError
            They do not satisfy the schema, or name what does not exist: all that is wrong.
        NmdcError
            Whatever `DocumentAdder.add` raises. Nothing is stored.
        """
        adder = DocumentAdder(plans=self.services.plans, audit=self.services.audit)
        try:
            counters = adder.add(as_plain(docs), validate=validate, replace=replace)
        except MetadataInvalid as refusal:
            raise ValueError(str(refusal)) from refusal
        return {name: BulkWriteResult(each, acknowledged=True) for name, each in counters.items()}


class MongoResource(dg.ConfigurableResource["MongoResource"]):
    """Which MongoDB the services of a run work on (key ``mongo``)."""

    host: str = Field(description="Connection string, with scheme, without credentials.")
    username: str = Field(default="", description="User; empty: no authentication.")
    password: str = Field(default="", description="Password.")
    dbname: str = Field(description="Database.")

    _opened: Mongo | None = PrivateAttr(default=None)

    def applied_to(self, settings: Settings) -> Settings:
        """Return the settings with this MongoDB in place of theirs."""
        return settings.model_copy(
            update={
                "mongo_host": self.host,
                "mongo_username": self.username or None,
                "mongo_password": SecretStr(self.password) if self.password else None,
                "mongo_password_file": None,
                "mongo_dbname": self.dbname,
            }
        )

    def handle(self) -> Mongo:
        """Return the handle of this database, the same each time until `close`."""
        if self._opened is None:
            self._opened = Mongo(self.applied_to(Settings()))
        return self._opened

    def close(self) -> None:
        """Give the connections back, if there are any."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Give the connections back at the end of a run."""
        self.close()

    @property
    def db(self) -> Database[Document]:
        """The database."""
        return self.handle().db

    @property
    def client(self) -> MongoClient[Document]:
        """The server that has it."""
        return self.handle().client

    def add_docs(
        self,
        docs: Any,  # noqa: ANN401 (mapping or LinkML database)
        validate: bool = True,
        replace: bool = True,
    ) -> dict[str, BulkWriteResult]:
        """Store documents, all or none: see `Mongo.add_docs`."""
        return self.handle().add_docs(docs, validate=validate, replace=replace)

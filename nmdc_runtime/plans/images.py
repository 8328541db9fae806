"""Copies of documents as they were before a command or a deletion, in databases of their own.

``nmdc_deleted`` and ``nmdc_updated`` are published: people look there. What undoes a plan is kept
with the plan (`plans.store`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    DocumentTooLarge,
    OperationFailure,
)

from nmdc_runtime.kernel.audit import SYSTEM, current_call
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.store import refusal_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.errors import DOCUMENT_TOO_LARGE, DocumentUnstorable

#: Copies in one insert.
AT_ONCE: Final = 1_000
#: MongoDB's code for a collection that is there already; PyMongo looks before, but not at once.
NAMESPACE_EXISTS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeImages:
    """Keeps documents as they were, with who changed them and when.

    Parameters
    ----------
    time_key
        Under which published name a copy says when it was taken: ``deleted_at``, ``updated_at``.
    kept_for
        How long copies are kept; None is for ever.
    """

    client: MongoClient[Document]
    database_name: str
    time_key: str
    clock: Clock
    kept_for: timedelta | None

    def prepare(self, *collections: str) -> None:
        """Make the collections that are missing: inside a transaction it would be too late."""
        database = self.client[self.database_name]
        there = database.list_collection_names(filter={"name": {"$in": list(collections)}})
        for name in collections:
            if name in there:
                continue
            try:
                database.create_collection(name)
            except CollectionInvalid:
                continue  # somebody else did
            except OperationFailure as error:
                if error.code != NAMESPACE_EXISTS:
                    raise
                continue  # somebody else did, just now
            database[name].create_index("doc.id")
            database[name].create_index("expires_at", expireAfterSeconds=0)

    def keep(
        self, collection: str, documents: Iterable[Mapping[str, Any]], *, tx: Transaction
    ) -> None:
        """Keep copies of the documents; raise `DocumentUnstorable` if one is too large."""
        call, now = current_call(), self.clock()
        facts: Document = {self.time_key: now, "by": call.username or SYSTEM}
        if call.request_id:
            facts["request_id"] = call.request_id
        if self.kept_for:
            facts["expires_at"] = now + self.kept_for
        copies = self.client[self.database_name][collection]
        rest = iter(documents)
        while some := [{"doc": each, **facts} for each in islice(rest, AT_ONCE)]:
            try:
                copies.insert_many(some, session=tx.session)
            except DocumentTooLarge:
                raise DocumentUnstorable from None
            except BulkWriteError as error:  # whose text holds whole documents
                codes = {each["code"] for each in error.details["writeErrors"]}
                if codes & DOCUMENT_TOO_LARGE:
                    raise DocumentUnstorable from None
                raise refusal_of(error, collection) from None

"""Indexes that a slice declares as data and boot creates, idempotently and safely at once."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from nmdc_runtime.mongo.documents import Document

logger = logging.getLogger(__name__)

INDEX_OPTIONS_CONFLICT = 85
INDEX_KEY_SPECS_CONFLICT = 86
#: Members that must have built an index before it counts. MongoDB's own answer is all that vote: a
#: hub would not start while one of them is down.
QUORUM: Final = "majority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index: its collection, ascending keys, and how it constrains or expires documents."""

    collection: str
    keys: tuple[str, ...]
    unique: bool = False
    name: str | None = None
    expire_after: timedelta | None = None
    partial: dict[str, Any] | None = field(default=None, hash=False)

    @property
    def index_name(self) -> str:
        """The name stored by MongoDB, e.g. ``id_1`` or a published name."""
        return self.name or "_".join(f"{key}_1" for key in self.keys)

    def model(self) -> IndexModel:
        """Return what PyMongo creates."""
        options: dict[str, Any] = {"name": self.index_name}
        if self.unique:
            options["unique"] = True
        if self.expire_after is not None:
            options["expireAfterSeconds"] = int(self.expire_after.total_seconds())
        if self.partial is not None:
            options["partialFilterExpression"] = self.partial
        return IndexModel([(key, ASCENDING) for key in self.keys], **options)


def ensure_indexes(database: Database[Document], indexes: Iterable[Index]) -> list[str]:
    """Create the indexes that are missing; return a sentence for each that could not be made.

    A clash with an older index of the same keys or name replaces that index. Duplicates in the
    data are reported, not fatal: the hub then runs degraded and says so.
    """
    problems: list[str] = []
    by_collection: dict[str, list[Index]] = {}
    for index in indexes:
        by_collection.setdefault(index.collection, []).append(index)
    for name, wanted in by_collection.items():
        try:
            database[name].create_indexes([index.model() for index in wanted], commitQuorum=QUORUM)
        except (OperationFailure, DuplicateKeyError):
            for index in wanted:
                problem = _ensure_one(database, index)
                if problem:
                    logger.error("index not created", extra={"index": index.index_name})
                    problems.append(problem)
    return problems


def _ensure_one(database: Database[Document], index: Index) -> str | None:
    collection = database[index.collection]
    try:
        collection.create_indexes([index.model()], commitQuorum=QUORUM)
    except OperationFailure as error:
        if error.code not in {INDEX_OPTIONS_CONFLICT, INDEX_KEY_SPECS_CONFLICT}:
            return f"{index.collection}.{index.index_name}: {error.details or error}"
        _drop_rivals(database, index)
        try:
            collection.create_indexes([index.model()], commitQuorum=QUORUM)
        except OperationFailure as second:
            return f"{index.collection}.{index.index_name}: {second.details or second}"
    return None


def _drop_rivals(database: Database[Document], index: Index) -> None:
    """Drop indexes that have this one's name or its keys, under other options."""
    collection = database[index.collection]
    for name, facts in collection.index_information().items():
        keys = tuple(key for key, _ in facts["key"])
        if name != "_id_" and (name == index.index_name or keys == index.keys):
            logger.warning("replacing index", extra={"collection": index.collection, "index": name})
            collection.drop_index(name)

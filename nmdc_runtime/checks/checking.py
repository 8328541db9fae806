"""What is wrong with stored documents by the schema: in batches, so that memory does not grow.

A check of data that others write to may meet a document whose target was deleted just now, together
with it. So a batch in which something is wrong is read and looked at again before that is believed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database

from nmdc_runtime.checks.models import CollectionCheck, ListedProblem
from nmdc_runtime.mongo.conditions import behind
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.names import NAMED
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.report import Problem
from nmdc_runtime.schema.validator import DocumentValidator
from nmdc_runtime.schema.values import plain_values

BATCH: Final = 2_000
IDS_AT_ONCE: Final = 5_000
#: Problems of one batch that are looked at; what lies beyond is counted.
DESCRIBED: Final = 500
#: So much of a message is kept: one may quote a whole value.
MOST_TEXT: Final = 500
UNIQUE_ID: Final = "unique_id"
#: After so many documents it is said how far a check is.
TELL_EVERY: Final = 100_000
RAW: Final = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True)
class Found:
    """Problems that were described, and how many more there are."""

    problems: tuple[Problem, ...] = ()
    uncounted: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.problems or self.uncounted)


class Tallied(Protocol):
    """What reports on a collection have in common."""

    problems: int
    rules: dict[str, int]
    listed: list[ListedProblem]


class Tally:
    """Counts problems by rule, and lists the first."""

    def __init__(self, report: Tallied, most_listed: int) -> None:
        self.report = report
        self._most_listed = most_listed

    def add(self, found: Found) -> None:
        """Count problems, and list them as long as there is room."""
        self.report.problems += len(found.problems) + found.uncounted
        for each in found.problems:
            self.report.rules[each.rule] = self.report.rules.get(each.rule, 0) + 1
            if len(self.report.listed) < self._most_listed:
                self.report.listed.append(
                    ListedProblem(id=each.id, rule=each.rule, message=each.message[:MOST_TEXT])
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChecker:
    """Holds the documents of a database against the schema.

    Parameters
    ----------
    database
        Where the documents are, and what they refer to.
    """

    database: Database[Document]
    validator: DocumentValidator

    def check_batch(
        self, collection: str, documents: Sequence[RawBSONDocument], *, first: int
    ) -> Found:
        """Return what is wrong with documents, the first of which has this position."""
        plain = [_without_key(each) for each in documents]
        validation = self.validator.start(limit=DESCRIBED)
        validation.add(collection, plain, first=first)
        found = validation.report()
        # Documents with the same id may be in different batches: `find_repeated` finds them all.
        problems = [each for each in found.problems if each.rule != UNIQUE_ID]
        references = References(self.validator.registry)
        references.add(collection, plain, first=first)
        there = {name: self._find_ids(name, ids) for name, ids in references.wanted.items()}
        broken = references.broken(there, limit=DESCRIBED)
        return Found(
            (*problems, *broken.problems),
            found.total - len(found.problems) + broken.total - len(broken.problems),
        )

    def find_repeated(self, collection: str) -> Iterator[Problem]:
        """Yield the ids, and the names within a study, that several documents have."""
        if self.validator.registry.collections[collection].has_id and not self._has_unique_id(
            collection
        ):
            for each in self._several(collection, [], "$id"):
                message = f"{each['count']} documents of {collection} have the id {each['_id']!r}"
                yield _problem(collection, each["_id"], UNIQUE_ID, message)
        if collection in NAMED:
            unwound = [{"$unwind": "$associated_studies"}]
            pair = {"name": "$name", "study": "$associated_studies"}
            for each in self._several(collection, unwound, pair):
                message = (
                    f"{each['count']} {NAMED[collection]}s of the study {each['_id'].get('study')} "
                    f"are named {each['_id'].get('name')!r}"
                )
                yield _problem(collection, None, "unique_name", message)

    def _find_ids(self, collection: str, ids: set[str]) -> set[str]:
        found: set[str] = set()
        rest = iter(ids)
        while chunk := list(islice(rest, IDS_AT_ONCE)):
            cursor = self.database[collection].find(
                {"id": {"$in": chunk}}, {"_id": 0, "id": 1}, batch_size=IDS_AT_ONCE
            )
            found.update(each["id"] for each in cursor)
        return found

    def _has_unique_id(self, collection: str) -> bool:
        """Say whether MongoDB itself sees to it that ids are unique."""
        return any(
            facts.get("unique") and facts["key"] == [("id", 1)]
            for facts in self.database[collection].index_information().values()
            if "partialFilterExpression" not in facts and not facts.get("sparse")
        )

    def _several(
        self, collection: str, stages: list[Document], key: object
    ) -> Iterator[Mapping[str, Any]]:
        yield from self.database[collection].aggregate(
            [
                *stages,
                {"$group": {"_id": key, "count": {"$sum": 1}}},
                {"$match": {"count": {"$gt": 1}}},
            ],
            allowDiskUse=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionChecker:
    """Looks through whole collections, while others write.

    Parameters
    ----------
    most_listed
        How many problems to list for each collection; all are counted.
    tell
        Hears how far it is.
    """

    checker: SchemaChecker
    most_listed: int
    tell: Callable[[str], None]
    batch_size: int = BATCH

    def check(self, collection: str) -> CollectionCheck:
        """Tell what is wrong with the documents of a collection."""
        began = time.perf_counter()
        report = CollectionCheck(collection=collection)
        tally = Tally(report, self.most_listed)
        told = 0
        for batch in self._batches(collection):
            tally.add(self._judge(collection, batch, report.documents))
            report.documents += len(batch)
            if report.documents - told >= TELL_EVERY:
                told = report.documents
                self.tell(f"{collection}: {told} documents, {report.problems} problems so far")
        for problem in self.checker.find_repeated(collection):
            tally.add(Found((problem,)))
        report.seconds = round(time.perf_counter() - began, 3)
        return report

    def _judge(self, collection: str, batch: Sequence[RawBSONDocument], first: int) -> Found:
        found = self.checker.check_batch(collection, batch, first=first)
        if found.is_clean:
            return found
        keys = [each["_id"] for each in batch]
        again = self._raw(collection).find({"_id": {"$in": keys}}, sort=[("_id", 1)])
        return self.checker.check_batch(collection, list(again), first=first)

    def _batches(self, collection: str) -> Iterator[list[RawBSONDocument]]:
        """Yield the documents by key: no cursor has to live as long as a check takes."""
        after: Document = {}
        while True:
            found = list(
                self._raw(collection).find(after, sort=[("_id", 1)], limit=self.batch_size)
            )
            if found:
                yield found
            if len(found) < self.batch_size:
                return
            after = behind("_id", found[-1]["_id"])

    def _raw(self, collection: str) -> Collection[Any]:
        return self.checker.database.get_collection(collection, codec_options=RAW)


def _without_key(raw: RawBSONDocument) -> Document:
    document: Document = plain_values(bson.decode(raw.raw))
    document.pop("_id", None)
    return document


def _problem(collection: str, id_: object, rule: str, message: str) -> Problem:
    return Problem(
        collection=collection,
        id=id_ if isinstance(id_, str) else None,
        pointer=f"/{collection}",
        rule=rule,
        message=message,
    )

"""What became of the documents of a migrated database, and what is wrong with them by its schema.

In batches, so that memory does not grow with the data.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database

from nmdc_runtime.migration.models import CollectionReport, ListedProblem
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
UNIQUE_ID: Final = "unique_id"
_RAW: Final = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Looks through a scratch database.

    Parameters
    ----------
    original
        The database that it was copied from.
    most_listed
        How many problems to list for each collection; all are counted.
    """

    original: Database[Document]
    scratch: Database[Document]
    validator: DocumentValidator
    most_listed: int

    def check(self, collection: str) -> CollectionReport:
        """Tell what became of a collection, and what is wrong with its documents."""
        began = time.perf_counter()
        tally = _Tally(CollectionReport(collection=collection), self.most_listed)
        report = tally.report
        is_known = collection in self.validator.registry.collections
        first = kept = 0
        for batch in self._batches(collection):
            kept += self._compare(collection, batch, report)
            if is_known:
                documents = [_without_key(each) for each in batch]
                self._check_batch(collection, documents, first, tally)
            first += len(batch)
        report.documents = first
        report.removed = self._original_count(collection) - kept
        if is_known:
            self._check_unique(collection, tally)
        elif first:
            self._judge_unknown(report)
        report.seconds = round(time.perf_counter() - began, 3)
        return report

    def _batches(self, collection: str) -> Iterator[list[RawBSONDocument]]:
        raw: Collection[Any] = self.scratch.get_collection(collection, codec_options=_RAW)
        with raw.find({}, batch_size=BATCH) as documents:
            while batch := list(islice(documents, BATCH)):
                yield batch

    def _original_count(self, collection: str) -> int:
        return self.original[collection].count_documents({})

    def _compare(
        self, collection: str, batch: Sequence[RawBSONDocument], report: CollectionReport
    ) -> int:
        """Count the documents that are new or different; return how many are not new."""
        keys = [each["_id"] for each in batch]
        raw: Collection[Any] = self.original.get_collection(collection, codec_options=_RAW)
        found = raw.find({"_id": {"$in": keys}}, batch_size=BATCH)
        before = {bson.encode({"": each["_id"]}): each.raw for each in found}
        for each in batch:
            old = before.get(bson.encode({"": each["_id"]}))
            if old is None:
                report.inserted += 1
            elif old != each.raw:
                report.changed += 1
        return len(before)

    def _check_batch(
        self, collection: str, documents: Sequence[Document], first: int, tally: "_Tally"
    ) -> None:
        validation = self.validator.start(limit=DESCRIBED)
        validation.add(collection, documents, first=first)
        found = validation.report()
        # Documents with the same id may be in different batches: `_check_unique` finds them all.
        problems = [each for each in found.problems if each.rule != UNIQUE_ID]
        tally.add(*problems, uncounted=found.total - len(found.problems))
        references = References(self.validator.registry)
        references.add(collection, documents, first=first)
        there = {name: self._find_ids(name, ids) for name, ids in references.wanted.items()}
        broken = references.broken(there, limit=DESCRIBED)
        tally.add(*broken.problems, uncounted=broken.total - len(broken.problems))

    def _find_ids(self, collection: str, ids: set[str]) -> set[str]:
        found: set[str] = set()
        rest = iter(ids)
        while chunk := list(islice(rest, IDS_AT_ONCE)):
            cursor = self.scratch[collection].find(
                {"id": {"$in": chunk}}, {"_id": 0, "id": 1}, batch_size=IDS_AT_ONCE
            )
            found.update(each["id"] for each in cursor)
        return found

    def _check_unique(self, collection: str, tally: "_Tally") -> None:
        """Find ids, and names within a study, that several documents have."""
        if self.validator.registry.collections[collection].has_id:
            for each in self._several(collection, [], "$id"):
                message = f"{each['count']} documents of {collection} have the id {each['_id']!r}"
                tally.add(_problem(collection, each["_id"], UNIQUE_ID, message))
        if collection in NAMED:
            unwound = [{"$unwind": "$associated_studies"}]
            pair = {"name": "$name", "study": "$associated_studies"}
            for each in self._several(collection, unwound, pair):
                message = (
                    f"{each['count']} {NAMED[collection]}s of the study {each['_id'].get('study')} "
                    f"are named {each['_id'].get('name')!r}"
                )
                tally.add(_problem(collection, None, "unique_name", message))

    def _several(
        self, collection: str, stages: list[Document], key: object
    ) -> Iterator[Mapping[str, Any]]:
        yield from self.scratch[collection].aggregate(
            [
                *stages,
                {"$group": {"_id": key, "count": {"$sum": 1}}},
                {"$match": {"count": {"$gt": 1}}},
            ],
            allowDiskUse=True,
        )

    def _judge_unknown(self, report: CollectionReport) -> None:
        version = self.validator.registry.version
        report.note = f"no collection of nmdc-schema {version}"
        if report.is_different:
            report.problems += 1
            report.rules["collection"] = 1
            message = f"the migrators changed {report.collection}, {report.note}"
            report.listed.append(ListedProblem(rule="collection", message=message))
        else:
            report.note += ": left as it is"


class _Tally:
    """Counts problems by rule, and lists the first."""

    def __init__(self, report: CollectionReport, most_listed: int) -> None:
        self.report = report
        self._most_listed = most_listed

    def add(self, *problems: Problem, uncounted: int = 0) -> None:
        self.report.problems += len(problems) + uncounted
        for each in problems:
            self.report.rules[each.rule] = self.report.rules.get(each.rule, 0) + 1
            if len(self.report.listed) < self._most_listed:
                self.report.listed.append(
                    ListedProblem(id=each.id, rule=each.rule, message=each.message)
                )


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

"""What became of the documents of a migrated database, and what is wrong with them by its schema.

In batches, so that memory does not grow with the data.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database

from nmdc_runtime.checks.checking import BATCH, RAW, Found, SchemaChecker, Tally
from nmdc_runtime.checks.models import ListedProblem
from nmdc_runtime.migration.models import CollectionReport
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.validator import DocumentValidator


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
        report = CollectionReport(collection=collection)
        tally = Tally(report, self.most_listed)
        schema = SchemaChecker(database=self.scratch, validator=self.validator)
        is_known = collection in self.validator.registry.collections
        first = kept = 0
        for batch in self._batches(collection):
            kept += self._compare(collection, batch, report)
            if is_known:
                tally.add(schema.check_batch(collection, batch, first=first))
            first += len(batch)
        report.documents = first
        report.removed = self._original_count(collection) - kept
        if is_known:
            for problem in schema.find_repeated(collection):
                tally.add(Found((problem,)))
        elif first:
            self._judge_unknown(report)
        report.seconds = round(time.perf_counter() - began, 3)
        return report

    def _batches(self, collection: str) -> Iterator[list[RawBSONDocument]]:
        raw: Collection[Any] = self.scratch.get_collection(collection, codec_options=RAW)
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
        raw: Collection[Any] = self.original.get_collection(collection, codec_options=RAW)
        found = raw.find({"_id": {"$in": keys}}, batch_size=BATCH)
        before = {bson.encode({"": each["_id"]}): each.raw for each in found}
        for each in batch:
            old = before.get(bson.encode({"": each["_id"]}))
            if old is None:
                report.inserted += 1
            elif old != each.raw:
                report.changed += 1
        return len(before)

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

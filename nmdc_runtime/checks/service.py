"""What may be asked for: a check of the whole database, and that a report is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import PyMongoError

from nmdc_runtime.checks.checking import CollectionChecker, SchemaChecker
from nmdc_runtime.checks.models import CheckKind, CheckReport, CollectionCheck, Outcome
from nmdc_runtime.checks.store import ReportStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.validator import DocumentValidator

Tell = Callable[[str], None]
Show = Callable[[CollectionCheck], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckService:
    """Check the database, and keep reports.

    Parameters
    ----------
    most_listed
        How many problems a report lists for each collection; all are counted.
    kept
        How many reports of a kind are kept.
    """

    database: Database[Document]
    reports: ReportStore
    validator: DocumentValidator
    clock: Clock
    most_listed: int
    kept: int

    def check(self, *, run_id: str | None, tell: Tell, show: Show) -> CheckReport:
        """Hold every document of the schema's collections against the schema; keep the report.

        ``tell`` hears sentences on the way, ``show`` what was found in each collection.
        """
        with self.reporting(CheckKind.DATABASE, run_id=run_id) as report:
            checker = self._checker(tell)
            there = set(self.database.list_collection_names(filter={"type": "collection"}))
            for name in self.validator.registry.collection_names:
                if name not in there:
                    continue
                found = checker.check(name)
                report.collections.append(found)
                show(found)
                tell(f"{name}: {found.documents} documents, {found.problems} problems")
            report.counts = count(report.collections)
            report.summary = sentence(report.counts)
            if report.counts["problems"]:
                report.outcome = Outcome.PROBLEMS
        return report

    def check_collection(self, name: str, *, tell: Tell) -> CollectionCheck:
        """Hold the documents of one collection against the schema; no report is kept."""
        return self._checker(tell).check(name)

    def _checker(self, tell: Tell) -> CollectionChecker:
        return CollectionChecker(
            checker=SchemaChecker(database=self.database, validator=self.validator),
            most_listed=self.most_listed,
            tell=tell,
        )

    @contextmanager
    def reporting(self, kind: CheckKind, *, run_id: str | None) -> Iterator[CheckReport]:
        """Yield a report to be filled, and keep it in the end, also if the work fails.

        A process that is killed leaves none: what has no report did not come to its end.
        """
        now = self.clock()
        report = CheckReport(
            id=str(ObjectId()),
            kind=kind,
            outcome=Outcome.GOOD,
            summary="",
            began_at=now,
            ended_at=now,
            schema_version=self.validator.registry.version,
            run_id=run_id,
        )
        try:
            yield report
        except (NmdcError, PyMongoError) as error:
            report.outcome = Outcome.FAILED
            # MongoDB's own words may hold values of documents.
            told = str(error) if isinstance(error, NmdcError) else type(error).__name__
            report.summary = f"it did not come to its end: {told}"
            self._keep(report)
            raise
        self._keep(report)

    def _keep(self, report: CheckReport) -> None:
        report.ended_at = self.clock()
        self.reports.add(report, kept=self.kept)


def count(collections: list[CollectionCheck]) -> dict[str, int]:
    """Return what was counted in all collections together; problems also by rule."""
    counts = {
        "collections": len(collections),
        "documents": sum(each.documents for each in collections),
        "problems": sum(each.problems for each in collections),
    }
    for each in collections:
        for rule, problems in each.rules.items():
            counts[f"problems {rule}"] = counts.get(f"problems {rule}", 0) + problems
    return counts


def sentence(counts: dict[str, int]) -> str:
    """Tell what was counted."""
    return (
        f"{counts['problems'] or 'no'} problems in {counts['documents']} documents "
        f"of {counts['collections']} collections"
    )

"""The only module that knows the shape of ``_runtime.check_reports``."""

from typing import Final

from pymongo import DESCENDING
from pymongo.database import Database

from nmdc_runtime.checks.models import CheckReport
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index

REPORTS: Final = "_runtime.check_reports"
INDEXES: Final = (
    Index(collection=REPORTS, keys=("id",), unique=True),
    Index(collection=REPORTS, keys=("kind", "id")),
)
#: What lists leave out: a report may have thousands of lines.
DETAILS: Final = frozenset({"collections", "notes"})


class ReportStore:
    """Keeps reports; none is ever changed."""

    def __init__(self, database: Database[Document]) -> None:
        self._reports = database[REPORTS]

    def add(self, report: CheckReport, *, kept: int) -> None:
        """Keep a report, and of its kind only so many, the newest."""
        self._reports.insert_one(report.model_dump(exclude_none=True))
        of_kind = {"kind": str(report.kind)}
        newest = self._reports.find(of_kind, {"id": 1}, sort=[("id", DESCENDING)])
        oldest_kept = list(newest.skip(kept - 1).limit(1))
        if oldest_kept:
            self._reports.delete_many({**of_kind, "id": {"$lt": oldest_kept[0]["id"]}})

    def list_of(self, kind: str) -> list[CheckReport]:
        """Return the reports of a kind, newest first."""
        found = self._reports.find({"kind": kind}, NO_OBJECT_ID, sort=[("id", DESCENDING)])
        return [CheckReport.model_validate(each) for each in found]

"""What a translation did and did not do, for people and for programs."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.problems import CODES, FATAL, Problems, Severity

#: How many problems of a code the message of a failed translation names.
MOST_NAMED: Final = 10


@dataclass(slots=True)
class TableUse:
    """What became of the rows of a table: read = used + skipped, each skipped for a reason."""

    read: int = 0
    used: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def use(self, how_many: int = 1) -> None:
        """Count rows whose values reached a document, or stood behind one that did."""
        self.used += how_many

    def skip(self, reason: str, how_many: int = 1) -> None:
        """Count rows that were left out, under the code of a problem or in a word."""
        if how_many:
            self.skipped[reason] += how_many

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {"read": self.read, "used": self.used, "skipped": dict(sorted(self.skipped.items()))}


@dataclass(slots=True)
class TranslationReport:
    """Gathers what a translation does; stored beside its result.

    Parameters
    ----------
    source
        Which translator, e.g. ``neon-soil``.
    unplaced
        Table → column → number of the row → value: what no record has a slot for.
    """

    source: str
    problems: Problems = field(default_factory=Problems)
    tables: dict[str, TableUse] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    ids_new: dict[str, int] = field(default_factory=dict)
    ids_reused: dict[str, int] = field(default_factory=dict)
    unplaced: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def read(self, table: str, rows: int) -> TableUse:
        """Begin to count a table, and return its counter."""
        self.tables[table] = TableUse(read=rows)
        return self.tables[table]

    def add_result(self, plan: Plan, known: Collection[Label] = ()) -> None:
        """Count the documents of a plan, and the ids that are new or found again."""
        self.documents = plan.counts()
        for class_uri, labels in plan.labels_by_class().items():
            reused = sum(label in known for label in labels)
            self.ids_new[class_uri] = len(labels) - reused
            self.ids_reused[class_uri] = reused

    def fails(self, *, on_error: str = "fail") -> bool:
        """Tell whether the problems stop the run; with ``skip`` only those that must."""
        codes = self.problems.codes(Severity.ERROR)
        return bool(codes & FATAL if on_error == "skip" else codes)

    def counts(self) -> dict[str, int]:
        """Return the number of documents of each collection and of problems of each code."""
        return self.documents | dict(sorted(self.problems.by_code.items()))

    def table(self) -> list[dict[str, str | int]]:
        """Return one row for each table of the source, for a user interface."""
        return [
            {
                "table": name,
                "read": use.read,
                "used": use.used,
                "skipped": use.skipped.total(),
                "why": ", ".join(f"{code}: {n}" for code, n in sorted(use.skipped.items())),
            }
            for name, use in self.tables.items()
        ]

    def problem_table(self, limit: int = 100) -> list[dict[str, str | int]]:
        """Return the first problems, errors first, each as a row with all of its columns."""
        first = sorted(self.problems, key=lambda each: each.severity is Severity.WARNING)[:limit]
        return [
            {
                "code": each.code,
                "severity": str(each.severity),
                "table": each.table or "",
                "row": "" if each.row is None else each.row,
                "natural_id": each.natural_id or "",
                "column": each.column or "",
                "value": each.value or "",
                "message": each.message,
            }
            for each in first
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all of the report as JSON."""
        return {
            "source": self.source,
            "tables": {name: use.to_dict() for name, use in self.tables.items()},
            "problems": {
                "errors": self.problems.count(Severity.ERROR),
                "warnings": self.problems.count(Severity.WARNING),
                "by_code": dict(sorted(self.problems.by_code.items())),
                "truncated": self.problems.truncated,
                "listed": [each.to_dict() for each in self.problems],
            },
            "documents": self.documents,
            "ids": {
                class_uri: {"new": new, "reused": self.ids_reused.get(class_uri, 0)}
                for class_uri, new in self.ids_new.items()
            },
        } | ({"unplaced": self.unplaced} if self.unplaced else {})


class TranslationFailed(NmdcError, ValueError):
    """The records of a source cannot be translated; nothing was minted.

    A `ValueError` too, which is what callers of the published translators expect.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Translation failed"

    def __init__(self, report: TranslationReport) -> None:
        self.report = report
        super().__init__(_message(report), counts=_errors(report.problems.by_code))


def _message(report: TranslationReport) -> str:
    lines = [f"{report.source} data cannot be translated:"]
    for code, how_many in _errors(report.problems.by_code).items():
        named = [each for each in report.problems if each.code == code][:MOST_NAMED]
        lines.append(f"{code}: {how_many}")
        lines += [f"  {each.message}" for each in named]
        if how_many > len(named):
            lines.append(f"  and {how_many - len(named)} more")
    return "\n".join(lines)


def _errors(by_code: Mapping[str, int]) -> dict[str, int]:
    return {code: n for code, n in by_code.items() if CODES[code] is Severity.ERROR}

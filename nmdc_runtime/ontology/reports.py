"""Tables of what a load did: tab-separated files, each with a name and columns of its own."""

import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from nmdc_runtime.ontology.models import Relation, Report

#: The relations have tables of their own.
CLASS_COLUMNS: Final = (
    *("id", "type", "name", "description", "definition", "alternative_identifiers"),
    *("alternative_names", "is_root", "is_obsolete"),
)
#: Columns by file; the first two names are published.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "ontology_inserts.tsv": CLASS_COLUMNS,
    "ontology_updates.tsv": CLASS_COLUMNS,
    "ontology_relation_inserts.tsv": Relation._fields,
    "ontology_relation_removals.tsv": Relation._fields,
}
_BLANKS: Final = str.maketrans("\t\r\n", "   ")


class Reports:
    """Writes the tables while a load runs; none of them is kept in memory.

    Parameters
    ----------
    folder
        Where the files go; None: nobody wants any.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}
        self._rows = dict.fromkeys(COLUMNS, 0)

    def __enter__(self) -> "Reports":
        """Open the files and write their heads."""
        if self._folder is not None:
            for name, columns in COLUMNS.items():
                path = self._folder / name
                file = self._open.enter_context(path.open("w", encoding="utf-8", newline=""))
                self._writers[name] = csv.writer(file, delimiter="\t", lineterminator="\n")
                self._writers[name].writerow(columns)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the files."""
        self._open.close()

    def classes(
        self,
        *,
        inserted: Iterable[Mapping[str, Any]] = (),
        updated: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Write down terms, as they are stored now."""
        for name, terms in (("ontology_inserts.tsv", inserted), ("ontology_updates.tsv", updated)):
            self._write(name, ([term.get(each) for each in CLASS_COLUMNS] for term in terms))

    def relations(
        self, *, inserted: Iterable[Relation] = (), removed: Iterable[Relation] = ()
    ) -> None:
        """Write down relations."""
        self._write("ontology_relation_inserts.tsv", inserted)
        self._write("ontology_relation_removals.tsv", removed)

    def written(self) -> tuple[Report, ...]:
        """Return the files, with how many rows each has beside its head."""
        if self._folder is None:
            return ()
        return tuple(
            Report(path=self._folder / name, rows=rows) for name, rows in self._rows.items()
        )

    def _write(self, name: str, rows: Iterable[Iterable[Any]]) -> None:
        if name not in self._writers:
            return
        for row in rows:
            self._writers[name].writerow([_cell(value) for value in row])
            self._rows[name] += 1


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "|".join(_cell(each) for each in value)
    return str(value).translate(_BLANKS)

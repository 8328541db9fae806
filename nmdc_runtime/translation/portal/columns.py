"""From a row to the slots of a class, with account of what became of each column."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.portal.slots import SlotReader, reader_of, refused
from nmdc_runtime.translation.portal.tabs import SAMP_NAME, Row
from nmdc_runtime.translation.problems import quoted
from nmdc_runtime.translation.quantities import MOST_EXACT
from nmdc_runtime.translation.report import TranslationReport

#: What the translator itself says of a record: no column of these names reaches it.
SYSTEM_SLOTS: Final = frozenset(
    (
        *("id", "type", "associated_studies", "provenance_metadata", "has_input", "has_output"),
        *("was_generated_by", "in_manifest", "expected_organism"),
    )
)


#: Stands for no column, and for no slot: all of a row.
ROW: Final = ""


class Cell(NamedTuple):
    """Where a value stood; with the column `ROW`, a whole row."""

    row: Row
    column: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping says of a column of the extra table: its slot, and the unit of its numbers."""

    slot: str
    unit: str | None


@dataclass(slots=True)
class Columns:
    """Reads rows into slots, and keeps account.

    Attributes
    ----------
    origins
        Label of a document → slot → the cell that it is from; under `ROW` the first row.
    external
        Ids that cells refer to.
    """

    report: TranslationReport
    origins: dict[Label, dict[str, Cell]] = field(default_factory=dict)
    external: set[str] = field(default_factory=set)
    _placed: dict[Label | None, set[tuple[str, int, str]]] = field(default_factory=dict)
    _told: set[tuple[str, int, str, str, str]] = field(default_factory=set)

    def fill(
        self,
        document: dict[str, Any],
        row: Row,
        class_name: str,
        *,
        without: Collection[str] = (),
        only: Collection[str] | None = None,
        mapping: Mapping[str, Mapped] | None = None,
        override: bool = False,
    ) -> None:
        """Add to a document what a row says for its class; what it has already stays.

        Parameters
        ----------
        without
            Slots that are not this row's to fill.
        only
            The slots that are, if they are few.
        mapping
            Column → slot and unit, where a column is not called like its slot.
        override
            Put the row's values in the place of those that are there. Which of two different
            ones is not taken is reported.
        """
        origins = self.origins.setdefault(document["id"], {ROW: Cell(row, ROW)})
        for column, value in row.cells.items():
            mapped = mapping.get(column) if mapping else None
            mapped = mapped or Mapped(column, None)
            if mapped.slot in SYSTEM_SLOTS or mapped.slot in without:
                continue
            if only is not None and mapped.slot not in only:
                continue
            cell = Cell(row, column)
            reader = reader_of(class_name, mapped.slot)
            if reader is None:
                continue
            self.take(row, column, by=document["id"])
            found = self._values(cell, reader, mapped.unit, value)
            if found is None:
                continue
            earlier = origins.get(mapped.slot)
            is_same = mapped.slot not in document or document[mapped.slot] == found
            if mapped.slot in document and not override:
                if not is_same:
                    self.conflict(cell, earlier)
                continue
            if earlier is not None and not is_same:
                self.conflict(earlier, cell)
            document[mapped.slot] = found
            origins[mapped.slot] = cell

    def conflict(self, cell: Cell, earlier: Cell | None) -> None:
        """Tell that a cell says something else than what is taken."""
        said = "the translator" if earlier is None else f"column {earlier.column} of "
        if earlier is not None:
            said += f"tab {earlier.row.tab}, row {earlier.row.number}"
        value = quoted(cell.row.cells[cell.column])
        message = f"{value} is not taken: {said} says something else"
        self.refuse(cell, "conflicting_values", message)

    def take(self, row: Row, *columns: str, by: Label | None = None) -> None:
        """Count columns as used: by a document, or for something else than a slot of their name."""
        placed = self._placed.setdefault(by, set())
        placed.update((row.tab, row.number, column) for column in columns)

    def forget(self, label: Label) -> None:
        """Count no more as used what a document has taken: it is not made."""
        self._placed.pop(label, None)

    def refuse(self, cell: Cell, code: str, message: str) -> None:
        """Report what is wrong with a cell, once: it may be read for several records."""
        row, column = cell
        what = (row.tab, row.number, column, code, message)
        if what not in self._told:
            self._told.add(what)
            self.report_cell(cell, code, message)

    def report_cell(self, cell: Cell, code: str, message: str) -> None:
        """Report a cell by tab, row, sample, column and value."""
        row, column = cell
        self.report.problems.add(
            code,
            f"tab {row.tab}, row {row.number}, sample {quoted(row.name)}"
            + (f", column {column}" if column else "")
            + f": {message}",
            table=row.tab,
            natural_id=row.name,
            column=column or None,
            value=row.cells.get(column),
            row=row.number,
        )

    def account(self, rows: Collection[Row]) -> None:
        """Tell of the columns of used rows that no slot has taken; their values are listed."""
        placed = set[tuple[str, int, str]]().union(*self._placed.values())
        left: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            for column in row.cells:
                if column != SAMP_NAME and (row.tab, row.number, column) not in placed:
                    left.setdefault((row.tab, column), []).append(row)
        for (tab, column), held in left.items():
            system = column in SYSTEM_SLOTS or column == "name"
            self.report.problems.add(
                "protected_column" if system else "unknown_column",
                f"tab {tab}, column {column}: "
                + (
                    "the translator itself fills this slot"
                    if system
                    else "no record that is made of its rows has such a slot"
                )
                + f"; {len(held)} values are left out, the first of sample {quoted(held[0].name)}",
                table=tab,
                natural_id=held[0].name,
                column=column,
                value=held[0].cells[column],
                row=held[0].number,
                count=len(held),
            )
            self.report.unplaced.setdefault(tab, {})[column] = {
                str(row.number): _shown(row.cells[column]) for row in held
            }

    def _values(self, cell: Cell, reader: SlotReader, unit: str | None, value: object) -> Any:  # noqa: ANN401
        found: list[Any] = []
        try:
            items = reader.items(value)
        except ValueError as error:
            self.refuse(cell, *refused(error))
            return None
        for item in items:
            try:
                found.append(reader.one(item, unit))
            except ValueError as error:
                self.refuse(cell, *refused(error))
        if reader.is_reference:
            self.external.update(found)
        if not found:
            return None
        return found if reader.many else found[0]


def _shown(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a value as a report can hold it: numbers that JSON has no place for as text."""
    if isinstance(value, int):
        return value if abs(value) < MOST_EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, str) else str(value)

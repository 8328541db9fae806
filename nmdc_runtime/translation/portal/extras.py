"""Tables that an operator gives beside a submission: rows by the sample they are about."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.portal.columns import ROW, Cell, Columns, Mapped
from nmdc_runtime.translation.portal.tabs import SAMP_NAME, Row
from nmdc_runtime.translation.portal.texts import clean
from nmdc_runtime.translation.problems import quoted
from nmdc_runtime.translation.report import TranslationReport

EXTRAS: Final = "biosample_extras"
SLOT_MAPPING: Final = "biosample_extras_slot_mapping"
_SUBJECT: Final = "subject_id"
_SLOT_PREFIX: Final = "nmdc:"

Records = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Extras:
    """More columns for biosamples; what they say goes before what a tab says.

    Parameters
    ----------
    rows
        By sample.
    mapping
        Column → slot and unit, where a column is not called like its slot.
    """

    rows: Mapping[str, Row] = field(default_factory=dict)
    mapping: Mapping[str, Mapped] = field(default_factory=dict)

    def fill(self, document: dict[str, Any], name: str, columns: Columns) -> None:
        """Put what the extra row of a biosample says into it."""
        row = self.rows.get(name)
        if row is not None:
            columns.fill(
                document,
                row,
                "Biosample",
                without={"name"},
                mapping=self.mapping,
                override=True,
            )

    def account(self, made: Collection[str], wanted: Collection[str], columns: Columns) -> None:
        """Count what became of the rows.

        Parameters
        ----------
        made, wanted
            Names of the biosamples that are there, and that the submission asks for.
        """
        for name, row in self.rows.items():
            table = columns.report.tables[EXTRAS]
            if name in made:
                table.use()
            elif name in wanted:
                table.skip("not_translated")
            else:
                columns.refuse(Cell(row, ROW), "orphan_row", "there is no such biosample")
                table.skip("orphan_row")
        columns.account([row for name, row in self.rows.items() if name in made])


def read_extras(rows: Records, mapping: Records, report: TranslationReport) -> Extras:
    """Read the extra table and the mapping of its columns; of two of one key the last counts."""
    found: dict[str, Row] = {}
    for row in keyed_rows(EXTRAS, rows, SAMP_NAME, report):
        earlier = found.get(row.name)
        if earlier is not None:
            _tell_of_two(EXTRAS, earlier, row, report)
            report.tables[EXTRAS].skip("duplicate_row")
        found[row.name] = row
    mapped: dict[str, tuple[Row, Mapped]] = {}
    for row in keyed_rows(SLOT_MAPPING, mapping, _SUBJECT, report):
        if row.name in mapped:
            _tell_of_two(SLOT_MAPPING, mapped[row.name][0], row, report)
        object_id, unit = str(row.cells.get("object_id", "")), row.cells.get("subject_unit")
        slot = (
            object_id.replace(_SLOT_PREFIX, "") if object_id.startswith(_SLOT_PREFIX) else row.name
        )
        mapped[row.name] = (row, Mapped(slot, None if unit is None else str(unit)))
        report.tables[SLOT_MAPPING].use()
    return Extras(found, {name: what for name, (_, what) in mapped.items()})


def keyed_rows(table: str, records: Records, key: str, report: TranslationReport) -> Iterator[Row]:
    """Go through the rows of a table that have a key; it is not among their cells.

    That none has it is an error: a misspelt header would lose all of the table.
    """
    held = list(records)
    use = report.read(table, len(held))
    if held and all(clean(record.get(key)) is None for record in held):
        report.problems.add(
            "missing_columns",
            f"table {table} has no column {key}, or nothing in it; none of its rows can be used",
            table=table,
            column=key,
        )
        use.skip("missing_columns", len(held))
        return
    for number, record in enumerate(held, start=1):
        cells = {
            str(column): value
            for column, cell in record.items()
            if column is not None and (value := clean(cell)) is not None
        }
        name = cells.pop(key, None)
        if name is None:
            report.problems.add(
                "missing_id",
                f"table {table}, row {number} has no {key}; it is left out",
                table=table,
                column=key,
                row=number,
            )
            use.skip("missing_id")
            continue
        yield Row(table, number, str(name), cells)


def _tell_of_two(table: str, earlier: Row, row: Row, report: TranslationReport) -> None:
    report.problems.add(
        "duplicate_row",
        f"table {table}, row {row.number} is about {quoted(row.name)}, as row {earlier.number} is; "
        "the later one counts",
        table=table,
        natural_id=row.name,
        value=row.name,
        row=row.number,
    )

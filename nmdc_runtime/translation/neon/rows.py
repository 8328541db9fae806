"""Rows of one natural id: which value they have in a column, said once for all translators."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TableUse, TranslationReport
from nmdc_runtime.translation.tables import Cell, Kind, Row, Table, typed
from nmdc_runtime.translation.values import to_metres

REPLICATE: Final = "analyticalRepNumber"
#: Columns whose values are not passed through as they are.
CONVERSIONS: Final[Mapping[str, Callable[[Any], Cell]]] = {
    "horizon": lambda value: f"{value} horizon",
    "qaqcStatus": lambda value: str(value).lower(),
    "extrQaqcStatus": lambda value: str(value).lower(),
    "sampleTopDepth": to_metres,
    "sampleBottomDepth": to_metres,
}


def taken(
    table: Table,
    columns: Mapping[str, Kind],
    report: TranslationReport,
    *,
    optional: Collection[str] = (),
    id_column: str,
) -> tuple[Table, TableUse]:
    """Return the table with declared types, and the counter of its rows in the report."""
    clean = typed(table, columns, report.problems, optional=optional, id_column=id_column)
    return clean, report.read(table.name, len(table.rows))


def once(
    table: Table, use: TableUse, problems: Problems, *, id_column: str
) -> Iterator[tuple[int, Row]]:
    """Yield the rows with their numbers, but for those that repeat an earlier one: a problem."""
    seen: set[tuple[Cell, ...]] = set()
    for number, row in enumerate(table.rows, start=1):
        cells = tuple(row.values())
        if cells not in seen:
            seen.add(cells)
            yield number, row
            continue
        natural_id = row[id_column]
        use.skip("duplicate_row")
        problems.add(
            "duplicate_row",
            f"table {table.name}, row {number} repeats an earlier one of {id_column} {natural_id}",
            table=table.name,
            natural_id=None if natural_id is None else str(natural_id),
            column=id_column,
            row=number,
        )


def grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """Return the rows by the text in a column, in order of first appearance; without, left out."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        key = row.get(column)
        if key is not None:
            groups.setdefault(str(key), []).append(row)
    return groups


def chosen(
    rows: Sequence[Row], column: str, problems: Problems, *, table: str, natural_id: str
) -> Cell:
    """Return the value that the rows of one thing have in a column; None if none has any.

    If they differ, the one of the lowest replicate, then of the first row; and that is reported.
    """
    if len(rows) == 1:
        return rows[0].get(column)
    values = [value for row in rows if (value := row.get(column)) is not None]
    if not values or len(set(values)) == 1:
        return values[0] if values else None
    value = min((row for row in rows if row.get(column) is not None), key=_replicate)[column]
    problems.add(
        "conflicting_values",
        f"table {table}: {natural_id} has {len(set(values))} values of {column}; "
        f"{value!r} is taken",
        table=table,
        natural_id=natural_id,
        column=column,
        value=", ".join(map(str, dict.fromkeys(values))),
    )
    return value


def group_value(rows: Sequence[Row], column: str) -> Cell:
    """Return the first value of a column, converted where NEON's form is not NMDC's.

    Depths are given in cm and returned in m, exactly.
    """
    value = next((row[column] for row in rows if row.get(column) is not None), None)
    convert = CONVERSIONS.get(column)
    return value if value is None or convert is None else convert(value)


def _replicate(row: Row) -> float:
    number = row.get(REPLICATE)
    return float(number) if isinstance(number, int | float) else float("inf")

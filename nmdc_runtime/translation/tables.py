"""Tables of a source: delimited text in, rows with the declared types of their columns out.

Types are declared and never inferred: an id that looks like a number stays a text, and a site that
is called ``NA`` is not missing.
"""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.quantities import NUMBER

Cell = str | int | float | None
Row = dict[str, Cell]

#: What else than an empty cell says that a value is missing (not in a column of ids or codes).
MISSING_WORDS: Final = frozenset(
    (
        *("NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "#N/A N/A", "NULL", "null", "None"),
        *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)
_NUMBER: Final = re.compile(NUMBER)
_DATE: Final = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[T ]([01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)


class Kind(StrEnum):
    """What the cells of a column are."""

    CODE = "code"  # an id or a code: a text of which only nothing is missing
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"  # ISO 8601, kept as it is written


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, its columns in order, its rows by column; a missing value is None."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, content: Any) -> "Table":  # noqa: ANN401 (a table of any library)
        """Return a table of what holds one: a `Table`, records, or a pandas DataFrame."""
        if isinstance(content, Table):
            return content
        if hasattr(content, "to_dict") and hasattr(content, "columns"):
            columns = tuple(str(column) for column in content.columns)
            return cls(name, columns, [_plain(row) for row in content.to_dict("records")])
        rows = [_plain(row) for row in content]
        return cls(name, tuple(dict.fromkeys(column for row in rows for column in row)), rows)


@dataclass(frozen=True, slots=True)
class ReadTable(Table):
    """A table, and what is wrong with rows of its file: a matter of the translation's report."""

    problems: Problems = field(default_factory=Problems)


def read_table(source: bytes | str | Path, *, name: str, separator: str = ",") -> ReadTable:
    """Read delimited text as `read_csv` does; rows of a wrong length are told and stop nothing.

    Raises
    ------
    ValueError
        It is no table.
    """
    problems = Problems()
    table = read_csv(source, name=name, separator=separator, problems=problems)
    for problem in problems:
        if problem.code != "bad_row":
            raise ValueError(problem.message)
    return ReadTable(table.name, table.columns, table.rows, problems)


def read_csv(
    source: bytes | str | Path,
    *,
    name: str,
    separator: str = ",",
    columns: Collection[str] | None = None,
    problems: Problems | None = None,
) -> Table:
    """Read delimited text with a header line; every cell is a text, an empty one is missing.

    Parameters
    ----------
    source
        The bytes or the text itself, or the path of a file (UTF-8).
    columns
        Which columns to keep, to spare memory; by default all.
    problems
        Gets ``bad_row`` for a row with more cells than columns, or with fewer (the file may have
        been cut off there; what is not there is missing), and ``unreadable_table`` for text that is
        no table, which then has no columns. Without it too many cells, and no table, raise
        `ValueError`.
    """
    found = problems if problems is not None else Problems()
    try:
        table = _read(
            _text(source), name, separator, columns, found, is_short_told=problems is not None
        )
    except (csv.Error, UnicodeDecodeError) as error:
        found.add("unreadable_table", f"table {name} cannot be read: {error}", table=name)
        table = Table(name, ())
    if problems is None and found.listed:
        raise ValueError(found.listed[0].message)
    return table


def concatenated(name: str, tables: Iterable[Table]) -> Table:
    """Return one table with the rows of all, and each column that any of them has."""
    columns: dict[str, None] = {}
    rows: list[Row] = []
    for table in tables:
        columns.update(dict.fromkeys(table.columns))
        rows.extend(table.rows)
    return Table(name, tuple(columns), rows)


def filled_rows(table: Table) -> list[dict[str, str]]:
    """Return the rows as texts by column, each without its empty cells, none without any."""
    rows = ({key: str(cell) for key, cell in row.items() if cell is not None} for row in table.rows)
    return [row for row in rows if row]


def typed(
    table: Table,
    columns: Mapping[str, Kind],
    problems: Problems,
    *,
    optional: Collection[str] = (),
    id_column: str | None = None,
) -> Table:
    """Return the table with only the declared columns, their cells of the declared kinds.

    Parameters
    ----------
    problems
        Gets ``missing_columns`` for those that are declared and not there, and ``bad_number`` or
        ``bad_date`` for a cell that is none; its value is dropped.
    optional
        Declared columns that need not be there.
    id_column
        Which column tells a row's natural id, for problems.
    """
    there = set(table.columns)
    absent = [column for column in columns if column not in there and column not in optional]
    if absent:
        problems.add(
            "missing_columns",
            f"table {table.name} lacks the columns {', '.join(absent)}"
            + ("" if there else " (it has no columns at all)"),
            table=table.name,
            column=absent[0] if len(absent) == 1 else None,
        )
    kept = [(column, kind, _READ[kind]) for column, kind in columns.items() if column in there]
    seen: dict[tuple[Kind, str], Cell] = {}  # cells repeat a lot
    nothing: Row = dict.fromkeys(columns)
    rows: list[Row] = []
    for number, row in enumerate(table.rows, start=1):
        clean = nothing.copy()
        rows.append(clean)
        for column, kind, read in kept:
            cell = row.get(column)
            if cell is None or cell == "":
                continue
            if type(cell) is str and (kind, cell) in seen:
                clean[column] = seen[kind, cell]
                continue
            try:
                clean[column] = read(cell)
            except ValueError:
                problems.add(
                    f"bad_{kind}",
                    f"table {table.name}, row {number}, column {column}: {cell!r} is no {kind}",
                    table=table.name,
                    natural_id=None if id_column is None else _known(row.get(id_column)),
                    column=column,
                    value=cell,
                    row=number,
                )
            else:
                if type(cell) is str:
                    seen[kind, cell] = clean[column]
    return Table(table.name, tuple(columns), rows)


def _read(
    text: str,
    name: str,
    separator: str,
    wanted: Collection[str] | None,
    problems: Problems,
    *,
    is_short_told: bool,
) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header = next(reader, [])
    keep = [at for at, column in enumerate(header) if wanted is None or column in wanted]
    keep = [at for at in keep if header.index(header[at]) == at]  # of two of a name the first
    columns = tuple(header[at] for at in keep)
    same: dict[str, str | None] = {"": None}  # cells repeat a lot: dates, sites, laboratories
    rows: list[Row] = []
    for cells in reader:
        if not cells:
            continue
        if len(cells) > len(header) or (is_short_told and len(cells) < len(header)):
            rest = "ignored" if len(cells) > len(header) else "missing"
            problems.add(
                "bad_row",
                f"table {name}, row {len(rows) + 1} has {len(cells)} cells for {len(header)} "
                f"columns; the last ones are {rest}",
                table=name,
                row=len(rows) + 1,
            )
        if len(cells) < len(header):
            cells.extend([""] * (len(header) - len(cells)))
        rows.append(
            {
                column: same.setdefault(cells[at], cells[at])
                for column, at in zip(columns, keep, strict=True)
            }
        )
    return Table(name, columns, rows)


def _text(source: bytes | str | Path) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    content = source.read_bytes() if isinstance(source, Path) else source
    return content.decode("utf-8-sig")


def _plain(row: Mapping[Any, Any]) -> Row:
    """Return a row of another library with None for what it has as NaN."""
    return {str(column): None if _is_nothing(cell) else cell for column, cell in row.items()}


def _is_nothing(cell: object) -> bool:
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or type(cell).__name__ in {"NAType", "NaTType"}  # pandas' own nothings


def _as_code(cell: object) -> str:
    # 21.0 in a column of codes was a text 21 that some library read as a number.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _as_text(cell: object) -> str | None:
    text = _as_code(cell)
    return None if text in MISSING_WORDS else text


def _as_number(cell: object) -> float | None:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        number = float(cell)
    else:
        text = str(cell).strip()
        if text in MISSING_WORDS or not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        number = float(text)
    if not math.isfinite(number):
        raise ValueError(str(cell))
    return number


def _as_date(cell: object) -> str | None:
    text = str(cell)
    if text in MISSING_WORDS:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = match.group(1), match.group(2) or "01", match.group(3) or "01"
    date(int(year), int(month), int(day))
    return text


def _known(cell: object) -> str | None:
    return None if cell is None or cell == "" else str(cell)


_READ: Final = {
    Kind.CODE: _as_code,
    Kind.TEXT: _as_text,
    Kind.NUMBER: _as_number,
    Kind.DATE: _as_date,
}

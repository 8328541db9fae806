"""From the bytes of a file to the rows of a sheet: TSV and CSV as RFC 4180 quotes them.

Cells are read as they stand: ``NA`` and ``null`` are texts.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nmdc_runtime.changesheets.errors import (
    CONTENT_TYPES,
    ContentTypeRefused,
    SheetRefused,
    SheetTooLong,
)
from nmdc_runtime.changesheets.problems import CellProblem

CSV, TSV = CONTENT_TYPES
SEPARATORS: Final = {CSV: ",", TSV: "\t"}
SUFFIXES: Final = {".csv": CSV, ".tsv": TSV}
COLUMNS: Final = ("id", "action", "attribute", "value")
MOST_ROWS: Final = 100_000
#: What upstream says of the absence of each column.
_LACKS: Final = {
    **{name: f"change sheet lacks '{name}' column." for name in ("id", "action", "attribute")},
    "value": "\"['value'] not in index\"",
}
#: Follows the last line: if it comes back as a part of a cell, a quotation was not ended.
_END: Final = "\ufdd0"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; its cells without blanks around them, except the value's."""

    line: int
    id: str
    action: str
    attribute: str
    value: str


@dataclass(slots=True)
class Sheet:
    """The rows of a file, and what is wrong with those lines that are no rows."""

    rows: list[Row] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)


def content_type_of(name: str, declared: str | None) -> str:
    """Return which kind of table a file is; the suffix counts more than what was declared.

    Raise `ContentTypeRefused` if it is none.
    """
    for suffix, content_type in SUFFIXES.items():
        if name.endswith(suffix):
            return content_type
    essence = (declared or "").partition(";")[0].strip().lower()
    if essence not in SEPARATORS:
        raise ContentTypeRefused(name, declared or "")
    return essence


def read_sheet(content: bytes, *, content_type: str, most_rows: int = MOST_ROWS) -> Sheet:
    """Read a sheet.

    Parameters
    ----------
    content_type
        One of `errors.CONTENT_TYPES`: decides on the separator.

    Raises
    ------
    SheetRefused
        It is no UTF-8, or has no header with the columns that are needed.
    SheetTooLong
        It has more than ``most_rows`` rows.
    """
    records = _records(_decoded(content), SEPARATORS[content_type])
    header = next(records, None)
    if header is None or isinstance(header, CellProblem):
        raise SheetRefused([header or _EMPTY])
    places = _places(header[1])
    sheet = Sheet()
    width = len(header[1])
    for record in records:
        if isinstance(record, CellProblem):
            sheet.problems.append(record)
            continue
        line, cells = record
        if len(sheet.rows) >= most_rows:
            raise SheetTooLong(most_rows=most_rows)
        if len(cells) > width:
            sheet.problems.append(_too_many(line, cells, width))
            continue
        cells += [""] * (width - len(cells))
        id_, action, attribute, value = (cells[place] for place in places)
        sheet.rows.append(Row(line, id_.strip(), action.strip(), attribute.strip(), value))
    return sheet


_EMPTY = CellProblem(
    line=1,
    column="",
    text="",
    problem="the file is empty",
    hint=f"the first line names the columns: {', '.join(COLUMNS)}",
    published="No columns to parse from file",
)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        bad = content[error.start : error.end]
        raise SheetRefused(
            [
                CellProblem(
                    line=line,
                    column="",
                    text=repr(bad)[2:-1],
                    problem=f"the byte {bad[:1].hex()} at position {error.start} is not UTF-8",
                    hint="save the sheet as UTF-8 text",
                )
            ]
        ) from None


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]] | CellProblem]:
    """Yield the number of the first line and the cells of each record that is not blank."""
    lines = _with_end(text)
    reader = csv.reader(lines, delimiter=separator)
    first = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a cell of more than 128 KiB
            yield CellProblem(
                line=first,
                column="",
                text="",
                problem=f"the line cannot be read: {error}",
                hint="is a quotation mark missing?",
            )
            return
        if cells and _END in cells[-1]:
            if cells != [_END]:
                yield _unended(first, cells)
            return
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield first, cells
        first = reader.line_num + 1


def _with_end(text: str) -> Iterator[str]:
    yield from io.StringIO(text, newline="")
    yield _END


def _unended(line: int, cells: list[str]) -> CellProblem:
    return CellProblem(
        line=line,
        column="",
        text=cells[-1].replace(_END, "").partition("\n")[0],
        problem="a quotation that begins in this line is never ended",
        hint='a cell that begins with " ends with one; inside it, " is written ""',
    )


def _places(header: list[str]) -> tuple[int, ...]:
    names = [name.strip() for name in header]
    problems = [
        CellProblem(
            line=1,
            column=column,
            text="\t".join(header),
            problem=f"there is no column {column!r}",
            hint=f"the first line names the columns: {', '.join(COLUMNS)}",
            published=_LACKS[column],
        )
        for column in COLUMNS
        if column not in names
    ] + [
        CellProblem(
            line=1,
            column=column,
            text="\t".join(header),
            problem=f"there is more than one column {column!r}",
        )
        for column in COLUMNS
        if names.count(column) > 1
    ]
    if problems:
        raise SheetRefused(problems)
    return tuple(names.index(column) for column in COLUMNS)


def _too_many(line: int, cells: list[str], width: int) -> CellProblem:
    return CellProblem(
        line=line,
        column="",
        text=cells[width],
        problem=f"the line has {len(cells)} cells, the header has {width}",
        hint="a cell that holds the separator must be quoted",
        published=(
            f"Error tokenizing data. C error: Expected {width} fields in line {line}, saw "
            f"{len(cells)}\n"
        ),
    )

"""The rows of a study as a file: CSV, an Excel workbook, or Parquet; in parts of little memory.

Cells are data: a text that begins with ``=`` stays as it is. In a workbook it is a text and no
formula; who opens CSV with a spreadsheet should import the columns as text.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, Final

from nmdc_runtime.exports.study_errors import WorkbookTooSmall
from nmdc_runtime.exports.study_rows import StudyColumn, StudyRows
from nmdc_runtime.metadata.tables import Kind, as_text

#: What a sheet of a workbook can hold at most.
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
MOST_CHARACTERS: Final = 32_767
#: Bytes of a file that are read at a time.
PART: Final = 1 << 18


class StudyFormat(StrEnum):
    """What a study's biosamples can be had in; the value is how names of files end."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    StudyFormat.CSV: "text/csv; charset=utf-8; header=present",
    StudyFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    StudyFormat.PARQUET: "application/vnd.apache.parquet",
}


def file_name(study_id: str, format_: StudyFormat) -> str:
    """Return the published name of the file, e.g. ``study_nmdc_sty-11-abc_biosamples.csv``."""
    return f"study_{re.sub(r'[^A-Za-z0-9._-]', '_', study_id)}_biosamples.{format_}"


def parts_of(rows: StudyRows, format_: StudyFormat) -> Iterator[bytes]:
    """Return an iterator over the bytes of the file.

    The first part of CSV is its header. The other formats are complete, on disk, before their first
    part: they begin with what is known at the end.

    Raises
    ------
    WorkbookTooSmall
        At once, and not on the way.
    """
    if format_ is StudyFormat.CSV:
        return _csv_parts(rows)
    if format_ is StudyFormat.PARQUET:
        return _written(rows, _write_parquet)
    _check_fits(rows)
    return _written(rows, _write_workbook)


def _csv_parts(rows: StudyRows) -> Iterator[bytes]:
    columns = rows.columns
    names = [each.name for each in columns]
    # The module `csv` would write True as Python does.
    flags = [place for place, each in enumerate(columns) if each.kind is not Kind.REAL]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for batch in rows.batches():
        yield _taken(text)
        for row in batch:
            cells: list[Any] = [row.get(name) for name in names]
            for place in flags:
                if isinstance(cells[place], bool):
                    cells[place] = as_text(cells[place])
            writer.writerow(cells)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _written(rows: StudyRows, write: Callable[[StudyRows, IO[bytes]], None]) -> Iterator[bytes]:
    with TemporaryFile() as file:
        write(rows, file)
        file.seek(0)
        while part := file.read(PART):
            yield part


def _write_parquet(rows: StudyRows, file: IO[bytes]) -> None:
    import pyarrow  # noqa: PLC0415 (large, and most processes never export)
    from pyarrow import parquet  # noqa: PLC0415

    types = {Kind.REAL: pyarrow.float64(), Kind.FLAG: pyarrow.bool_()}
    columns = rows.columns
    schema = pyarrow.schema(
        [(each.name, types.get(each.kind, pyarrow.string())) for each in columns]
    )
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in rows.batches():
            arrays = [
                pyarrow.array([_parquet_value(row.get(each.name), each) for row in batch], type_)
                for each, type_ in zip(columns, schema.types, strict=True)
            ]
            writer.write_table(
                pyarrow.Table.from_arrays(arrays, schema=schema), row_group_size=len(batch)
            )


def _parquet_value(value: Any, column: StudyColumn) -> Any:  # noqa: ANN401 (any JSON value)
    if value is None or type(value) is str or column.kind is not Kind.TEXT:
        return value
    return as_text(value)


def _check_fits(rows: StudyRows) -> None:
    if rows.count >= MOST_ROWS:  # the header is a row, too
        reason = f"there are {rows.count:,} of them, and room for {MOST_ROWS - 1:,}"
    elif len(rows.columns) > MOST_COLUMNS:
        reason = f"they have {len(rows.columns):,} columns, and there is room for {MOST_COLUMNS:,}"
    elif rows.longest > MOST_CHARACTERS:
        reason = f"a text has {rows.longest:,} characters, and a cell takes {MOST_CHARACTERS:,}"
    else:
        return
    raise WorkbookTooSmall(rows.study_id, reason)


def _write_workbook(rows: StudyRows, file: IO[bytes]) -> None:
    import xlsxwriter  # noqa: PLC0415 (most processes never make one)

    # Rows go to files of a name until the workbook is complete: here they never stay behind.
    with TemporaryDirectory(prefix="study-workbook-") as folder:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
        book.use_zip64()
        sheet = book.add_worksheet("biosamples")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        places = {each.name: place for place, each in enumerate(rows.columns)}
        for name, place in places.items():
            sheet.write_string(0, place, name, bold)
        height = 1
        for batch in rows.batches():
            for row in batch:
                for name, value in row.items():
                    _write_cell(sheet, height, places[name], value)
                height += 1
        book.close()


def _write_cell(sheet: Any, height: int, place: int, value: Any) -> None:  # noqa: ANN401 (any JSON value)
    if type(value) is str:
        sheet.write_string(height, place, value)
    elif isinstance(value, bool):
        sheet.write_boolean(height, place, value)
    elif value is not None and float(value) == value:
        sheet.write_number(height, place, value)
    elif value is not None:
        sheet.write_string(height, place, as_text(value))

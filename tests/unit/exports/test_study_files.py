import csv
import gc
import io
import weakref
import zipfile
from datetime import UTC, datetime

import pytest
from bson import Int64, ObjectId
from openpyxl import load_workbook
from pyarrow import parquet

from nmdc_runtime.exports.study_errors import WorkbookTooSmall
from nmdc_runtime.exports.study_files import StudyFormat, file_name, parts_of
from nmdc_runtime.exports.study_rows import BATCH, IN_MEMORY, StudyRows
from nmdc_runtime.metadata.tables import Kind

CSV, XLSX, PARQUET = StudyFormat.CSV, StudyFormat.XLSX, StudyFormat.PARQUET
LARGE = 2**53 + 1


def rows_of(*rows):
    gathered = StudyRows("nmdc:sty-11-a")
    gathered.add(rows)
    return gathered


def file_of(rows, format_):
    return io.BytesIO(b"".join(parts_of(rows, format_)))


def csv_of(rows):
    content = file_of(rows, CSV).getvalue().decode()
    return list(csv.reader(io.StringIO(content, newline="")))


def sheet_of(rows):
    (sheet,) = load_workbook(file_of(rows, XLSX)).worksheets
    return sheet


def test_the_header_has_all_names_sorted_and_rows_stay_in_their_order():
    rows = rows_of({"b": "1", "a.10": "2"}, {"a.2": "3", "c": None}, {})

    assert csv_of(rows) == [
        ["a.10", "a.2", "b", "c"],
        ["2", "", "1", ""],
        ["", "3", "", ""],
        [""] * 4,
    ]
    assert [each.name for each in rows.columns] == ["a.10", "a.2", "b", "c"]
    assert rows.count == 3


def test_csv_is_as_rfc_4180_has_it_and_the_same_rows_give_the_same_bytes():
    row = {
        "a": 'say "x", y',
        "b": "two\nlines",
        "c": True,
        "d": 1.5,
        "e": -3,
        "f": "é",
        "g": "=1+1",
    }
    rows = rows_of(row, {"c": "text"})

    content = file_of(rows, CSV).getvalue()

    assert content == (
        b'a,b,c,d,e,f,g\r\n"say ""x"", y","two\nlines",true,1.5,-3,\xc3\xa9,=1+1\r\n,,text,,,,\r\n'
    )
    assert content == file_of(rows_of(row, {"c": "text"}), CSV).getvalue()


def test_what_json_has_no_type_for_becomes_text():
    at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    rows = rows_of({"at": at, "key": ObjectId("0" * 24), "nan": float("nan"), "long": Int64(5)})

    assert csv_of(rows)[1] == ["2026-11-23T12:00:00Z", "0" * 24, "5", ""]


def test_a_column_has_a_type_if_all_of_its_values_have():
    rows = rows_of(
        {"n": 1, "flag": True, "mixed": 1, "nothing": None, "large": LARGE, "text": "x"},
        {"n": 1.5, "flag": None, "mixed": False, "large": 1},
        {"mixed": "x"},
    )

    kinds = {each.name: each.kind for each in rows.columns}
    assert kinds == {
        "flag": Kind.FLAG,
        "large": Kind.TEXT,
        "mixed": Kind.TEXT,
        "n": Kind.REAL,
        "nothing": Kind.TEXT,
        "text": Kind.TEXT,
    }
    table = parquet.read_table(file_of(rows, PARQUET))
    assert {each.name: str(each.type) for each in table.schema} == {
        "flag": "bool",
        "large": "string",
        "mixed": "string",
        "n": "double",
        "nothing": "string",
        "text": "string",
    }
    assert table.to_pydict() == {
        "flag": [True, None, None],
        "large": [str(LARGE), "1", None],
        "mixed": ["1", "false", "x"],
        "n": [1.0, 1.5, None],
        "nothing": [None, None, None],
        "text": ["x", None, None],
    }


def test_a_workbook_has_numbers_as_numbers_and_texts_that_are_never_formulas():
    odd = "\x0b \x00 _x0041_ <&> é"
    row = {
        "a": "=1+1",
        "b": "http://example.org",
        "c": 1.5,
        "d": True,
        "e": LARGE,
        "f": "  odd\n",
        "g": odd,
        "h": None,
        "i": "007",
        "j": "",
    }
    sheet = sheet_of(rows_of(row))

    header, values = sheet.iter_rows()
    assert [cell.value for cell in header] == list(row)
    by_name = dict(zip(row, values, strict=True))
    assert (by_name["a"].data_type, by_name["a"].value) == ("s", "=1+1")
    assert by_name["b"].value == "http://example.org"
    assert by_name["b"].hyperlink is None
    assert (by_name["c"].value, by_name["d"].value) == (1.5, True)
    assert by_name["e"].value == str(LARGE)
    assert by_name["f"].value == "  odd\n"
    assert by_name["i"].value == "007"
    assert by_name["h"].value is None
    # Characters that XML does not have are written as Excel writes them.
    assert by_name["g"].value.endswith(" <&> é")
    assert sheet.title == "biosamples"
    assert sheet.freeze_panes == "A2"


def test_what_a_workbook_cannot_hold_is_refused_before_its_first_byte():
    too_long = rows_of({"a": "x" * 32_768})
    too_wide = rows_of({f"a{n}": n for n in range(16_385)})
    too_high = rows_of({"a": 1})
    too_high.count = 1_048_576  # the header takes a row, too

    for rows, said in (
        (too_long, "a text has 32,768 characters, and a cell takes 32,767"),
        (too_wide, "16,385 columns, and there is room for 16,384"),
        (too_high, "there are 1,048,576 of them, and room for 1,048,575"),
    ):
        with pytest.raises(WorkbookTooSmall, match=said):
            parts_of(rows, XLSX)
        assert csv_of(rows)
    just_right = "x" * 32_767
    assert sheet_of(rows_of({"a": just_right})).cell(2, 1).value == just_right


def test_rows_beyond_memory_and_of_several_batches_are_all_there_and_can_be_read_again():
    rows = StudyRows("nmdc:sty-11-a")
    text = "x" * (IN_MEMORY // BATCH)
    for first in range(0, 2 * BATCH + 1, BATCH):
        rows.add({"n": n, "text": text} for n in range(first, min(first + BATCH, 2 * BATCH + 1)))

    numbers = [str(n) for n in range(2 * BATCH + 1)]
    assert [row[0] for row in csv_of(rows)[1:]] == numbers
    assert [str(n) for n in parquet.read_table(file_of(rows, PARQUET))["n"].to_pylist()] == [
        f"{n}.0" for n in numbers
    ]
    sheet = load_workbook(file_of(rows, XLSX), read_only=True).worksheets[0]
    assert [str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True)] == numbers
    assert len(list(parts_of(rows, CSV))) == 4  # the header by itself, then batch by batch


def test_the_file_of_the_rows_is_gone_when_nobody_needs_it():
    rows = rows_of({"a": "x" * (2 * IN_MEMORY)})
    file = rows._file
    parts = parts_of(rows, CSV)
    next(parts)
    gone = weakref.ref(rows)

    del rows, parts
    gc.collect()

    assert gone() is None
    assert file.closed


def test_a_file_is_named_after_its_study_without_what_file_systems_refuse():
    assert file_name("nmdc:sty-11-a", CSV) == "study_nmdc_sty-11-a_biosamples.csv"
    assert file_name('a"b/../c\r\n', XLSX) == "study_a_b_.._c___biosamples.xlsx"


def test_a_workbook_is_one_that_other_programs_can_open():
    with zipfile.ZipFile(file_of(rows_of({"a": 1}), XLSX)) as archive:
        assert archive.testzip() is None

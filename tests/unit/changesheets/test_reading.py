"""From bytes to rows: separators, quotations, empty lines, and what is no sheet."""

import pytest

from nmdc_runtime.changesheets.errors import ContentTypeRefused, SheetRefused, SheetTooLong
from nmdc_runtime.changesheets.reading import CSV, TSV, Row, content_type_of, read_sheet

HEADER = "id\taction\tattribute\tvalue\n"


def rows_of(text: str, *, content_type: str = TSV) -> list[Row]:
    sheet = read_sheet(text.encode(), content_type=content_type)
    assert sheet.problems == []
    return sheet.rows


def test_the_suffix_counts_more_than_the_declared_type() -> None:
    assert content_type_of("sheet.csv", "application/json") == CSV
    assert content_type_of("sheet.tsv", None) == TSV
    assert content_type_of("sheet", "text/csv; charset=utf-8") == CSV
    with pytest.raises(ContentTypeRefused, match=r"file sheet.TSV has content type 'text/plain'"):
        content_type_of("sheet.TSV", "text/plain")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_of_any_kind_are_read(
    ends: str, last: str, bom: str
) -> None:
    text = ends.join(["id\taction\tattribute\tvalue", "n:1\tset\tname\tN"])

    (row,) = rows_of(bom + text + (ends if last else ""))

    assert row == Row(2, "n:1", "set", "name", "N")


def test_columns_stand_in_any_order_and_others_are_passed_over() -> None:
    (row,) = rows_of("note,value, attribute ,id,action\nhi,V,name,n:1,set\n", content_type=CSV)

    assert row == Row(2, "n:1", "set", "name", "V")


def test_quoted_cells_hold_separators_quotes_and_lines_and_lines_are_counted() -> None:
    text = 'id,action,attribute,value\nn:1,set,name,"a, ""b""\nc"\n\nn:2,set,name,d "e" f\n'

    first, second = rows_of(text, content_type=CSV)

    assert (first.line, first.value) == (2, 'a, "b"\nc')
    assert (second.line, second.value) == (5, 'd "e" f')


def test_words_for_missing_values_are_texts() -> None:
    words = ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "<NA>", "#N/A"]

    rows = rows_of(HEADER + "".join(f"n:1\tset\tname\t{word}\n" for word in words))

    assert [row.value for row in rows] == words


def test_short_rows_are_filled_up_and_blank_lines_passed_over_but_not_lines_of_tabs() -> None:
    rows = rows_of(HEADER + "\n   \nn:1\tremove\tname\n\t\t\t\n")

    assert rows == [Row(4, "n:1", "remove", "name", ""), Row(5, "", "", "", "")]


def test_a_header_alone_is_a_sheet_without_rows() -> None:
    assert rows_of(HEADER) == []


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(SheetRefused, match="No columns to parse from file"):
        read_sheet(content, content_type=TSV)


@pytest.mark.parametrize(
    ("header", "published"),
    [
        ("action\tattribute\tvalue", "change sheet lacks 'id' column."),
        ("id\tattribute\tvalue", "change sheet lacks 'action' column."),
        ("id\taction\tvalue", "change sheet lacks 'attribute' column."),
        ("id\taction\tattribute", "\"['value'] not in index\""),
        ("id,action,attribute,value", "change sheet lacks 'id' column."),
    ],
)
def test_a_missing_column_is_refused_in_the_published_words(header: str, published: str) -> None:
    with pytest.raises(SheetRefused) as refusal:
        read_sheet(header.encode(), content_type=TSV)

    assert str(refusal.value) == published
    assert refusal.value.facts["problems"][0]["line"] == 1


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(SheetRefused, match="more than one column 'value'"):
        read_sheet(b"id\taction\tattribute\tvalue\tvalue\n", content_type=TSV)


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(SheetRefused, match="line 2: the byte e9 at position 42") as refusal:
        read_sheet(HEADER.encode() + b"n:1\tset\tname\tcaf\xe9\n", content_type=TSV)

    (problem,) = refusal.value.facts["problems"]
    assert (problem["line"], problem["text"]) == (2, "\\xe9")


def test_lines_with_too_many_cells_are_told_all_of_them() -> None:
    text = HEADER + "n:1\tset\tname\ta\tb\nn:1\tset\tname\ta\nn:1\tset\tname\ta\tb\tc\n"

    sheet = read_sheet(text.encode(), content_type=TSV)

    assert [(each.line, each.text) for each in sheet.problems] == [(2, "b"), (4, "b")]
    assert sheet.problems[0].published == (
        "Error tokenizing data. C error: Expected 4 fields in line 2, saw 5\n"
    )
    assert [row.line for row in sheet.rows] == [3]


def test_a_quotation_without_an_end_is_told_with_the_line_where_it_begins() -> None:
    text = HEADER + 'n:1\tset\tname\ta\nn:1\tset\ttitle\t"b\nn:1\tset\tdescription\tc\n'

    sheet = read_sheet(text.encode(), content_type=TSV)

    assert [(each.line, each.text) for each in sheet.problems] == [(3, "b")]
    assert [row.line for row in sheet.rows] == [2]


def test_a_cell_that_is_far_too_long_is_told() -> None:
    text = HEADER + f"n:1\tset\tname\t{'x' * 200_000}\n"

    sheet = read_sheet(text.encode(), content_type=TSV)

    assert [each.line for each in sheet.problems] == [2]


def test_a_sheet_with_more_rows_than_allowed_is_too_long() -> None:
    text = HEADER + "n:1\tset\tname\ta\n" * 3

    assert len(read_sheet(text.encode(), content_type=TSV, most_rows=3).rows) == 3
    with pytest.raises(SheetTooLong, match="more than 2 rows"):
        read_sheet(text.encode(), content_type=TSV, most_rows=2)

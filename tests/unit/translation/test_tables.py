"""Delimited text and the declared types of its columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Kind, Table, concatenated, read_csv, typed

COLUMNS = {"id": Kind.CODE, "word": Kind.TEXT, "mass": Kind.NUMBER, "day": Kind.DATE}


def one_row(**cells) -> tuple[dict, Problems]:
    problems = Problems()
    table = Table("t", tuple(COLUMNS), [{"id": "a"} | cells])
    return typed(table, COLUMNS, problems, id_column="id").rows[0], problems


def test_a_text_is_read_as_it_stands_and_an_empty_cell_is_missing(tmp_path) -> None:
    content = '\ufeffid,word,mass\n007,"a, b",21.0\n\nx,,\n'
    file = tmp_path / "t.csv"
    file.write_text(content, encoding="utf-8")

    table = read_csv(file, name="t")

    assert table.columns == ("id", "word", "mass")
    assert table.rows == [
        {"id": "007", "word": "a, b", "mass": "21.0"},
        {"id": "x", "word": None, "mass": None},
    ]
    assert read_csv(content, name="t") == read_csv(content.encode(), name="t") == table
    assert read_csv("a\tb\n1\t2", name="t", separator="\t", columns={"b"}).rows == [{"b": "2"}]


def test_rows_of_another_length_are_told() -> None:
    problems = Problems()
    table = read_csv("a,b\n1\n1,2,3\n", name="t", problems=problems)
    assert table.rows == [{"a": "1", "b": None}, {"a": "1", "b": "2"}]
    assert [(each.code, each.table, each.row, each.message) for each in problems] == [
        ("bad_row", "t", 1, "table t, row 1 has 1 cells for 2 columns; the last ones are missing"),
        ("bad_row", "t", 2, "table t, row 2 has 3 cells for 2 columns; the last ones are ignored"),
    ]
    # Who keeps no report gets what is there, but loses nothing that is there.
    assert read_csv("a,b\n1\n", name="t").rows == [{"a": "1", "b": None}]
    with pytest.raises(ValueError, match="row 1 has 3 cells"):
        read_csv("a,b\n1,2,3\n", name="t")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'a,b\n"1,2\n'])
def test_what_is_no_text_is_no_table(content) -> None:
    problems = Problems()
    table = read_csv(content, name="t", problems=problems)
    assert problems.codes() == {"unreadable_table"}
    assert table == Table("t", ())
    with pytest.raises(ValueError, match="table t cannot be read"):
        read_csv(content, name="t")


def test_of_two_columns_of_one_name_the_first_counts() -> None:
    assert read_csv("a,a\n1,2\n", name="t").rows == [{"a": "1"}]


def test_an_id_stays_a_text_and_is_missing_only_if_it_is_empty() -> None:
    assert one_row(id="007")[0]["id"] == "007"
    assert one_row(id="NA")[0]["id"] == "NA"
    assert one_row(id="")[0]["id"] is None
    assert one_row(id=21.0)[0]["id"] == "21"


@pytest.mark.parametrize("word", ["NA", "NaN", "null", "N/A", "", None])
def test_a_word_for_nothing_is_nothing_in_other_columns(word) -> None:
    row, problems = one_row(word=word, mass=word, day=word)
    assert (row["word"], row["mass"], row["day"]) == (None, None, None)
    assert problems.listed == []


@pytest.mark.parametrize("cell", ["<0.1", "1,5", "1_000", "warm", "1e999", "0x10", "٣", "1 2"])
def test_a_bad_number_is_dropped_and_named_with_table_row_and_column(cell) -> None:
    row, problems = one_row(mass=cell)
    assert row["mass"] is None
    (problem,) = problems
    assert problem.to_dict() == {
        "code": "bad_number",
        "severity": "warning",
        "table": "t",
        "row": 1,
        "natural_id": "a",
        "column": "mass",
        "value": cell,
        "message": f"table t, row 1, column mass: {cell!r} is no number",
    }


@pytest.mark.parametrize(
    "cell", ["2020", "2020-07", "2020-07-13", "2020-07-13T14Z", "2020-07-13T14:34Z"]
)
def test_a_date_is_kept_as_it_is_written(cell) -> None:
    assert one_row(day=cell)[0]["day"] == cell


@pytest.mark.parametrize("cell", ["2020-02-30", "13.07.2020", "2020-13", "yesterday", "2020-1-1"])
def test_a_bad_date_is_dropped_and_named(cell) -> None:
    row, problems = one_row(day=cell)
    assert row["day"] is None
    assert [(each.code, each.value) for each in problems] == [("bad_date", cell)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back_as_it_was_printed(number) -> None:
    assert one_row(mass=repr(number))[0]["mass"] == number
    assert one_row(mass=number)[0]["mass"] == number


@given(st.text(), st.text(), st.text())
def test_no_cell_makes_reading_stop(word, mass, day) -> None:
    row, _ = one_row(word=word, mass=mass, day=day)
    assert row["mass"] is None or isinstance(row["mass"], float)


def test_missing_columns_are_told_all_at_once_and_optional_ones_may_be_missing() -> None:
    problems = Problems()
    typed(Table("t", ("id",)), COLUMNS, problems, optional=("word",))
    (problem,) = problems
    assert (problem.code, problem.table) == ("missing_columns", "t")
    assert "mass, day" in problem.message
    assert "word" not in problem.message
    typed(Table("e", ()), {"id": Kind.CODE}, problems)
    assert "has no columns at all" in problems.listed[1].message


def test_tables_are_put_together_with_all_columns_of_any() -> None:
    first = Table("x", ("a",), [{"a": "1"}])
    second = Table("y", ("a", "b"), [{"a": "2", "b": "3"}])
    assert concatenated("t", [first, second]) == Table("t", ("a", "b"), first.rows + second.rows)


class Frame:
    """What a pandas DataFrame offers, as far as it is used."""

    columns = ("a", "b")

    def to_dict(self, orient: str) -> list[dict]:
        assert orient == "records"
        return [{"a": float("nan"), "b": 2.0}]


def test_a_table_of_another_library_is_a_table_too() -> None:
    assert Table.of("t", Frame()) == Table("t", ("a", "b"), [{"a": None, "b": 2.0}])
    assert Table.of("t", [{"a": "1"}, {"b": None}]).columns == ("a", "b")
    table = Table("t", ("a",))
    assert Table.of("t", table) is table

"""Documents as rows: one rule for CSV, TSV and Parquet."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as reader

from nmdc_runtime.metadata.parquet import ParquetFile, parquet_parts
from nmdc_runtime.metadata.tables import (
    Column,
    Delimited,
    Kind,
    Table,
    named_columns,
    schema_columns,
)
from nmdc_runtime.schema.load import load_json_schema, load_registry

DEFINITIONS = {
    "A": {
        "properties": {
            "name": {"type": ["string", "null"]},
            "type": {"type": "string"},
            "count": {"type": "integer"},
            "size": {"type": ["number", "null"]},
            "is_public": {"type": ["boolean", "null"]},
            "depth": {"anyOf": [{"$ref": "#/$defs/Q"}, {"type": "null"}]},
            "part_of": {"type": "array"},
            "status": {"$ref": "#/$defs/StatusEnum"},
        }
    },
    "B": {"properties": {"id": {"type": "string"}, "size": {"type": "string"}}},
    "Q": {"type": "object"},
    "StatusEnum": {"type": "string"},
}
ALL = Table(schema_columns(DEFINITIONS, ["A"]))


async def batches_of(*batches: list[dict[str, Any]]) -> AsyncIterator[list[dict[str, Any]]]:
    for batch in batches:
        yield batch


async def written(table: Table, *documents: dict[str, Any], delimiter: str = ",") -> str:
    parts = Delimited(table, delimiter=delimiter).parts(batches_of(list(documents)))
    return b"".join([part async for part in parts]).decode()


async def read_back(table: Table, *batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    data = b"".join([part async for part in parquet_parts(table, batches_of(*batches))])
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in reader.read_table(io.BytesIO(data)).to_pylist()
    ]


def test_the_columns_are_the_slots_of_all_classes_with_id_and_type_first():
    columns = schema_columns(DEFINITIONS, ["A", "B"])
    assert [(each.name, each.kind) for each in columns] == [
        ("id", Kind.TEXT),
        ("type", Kind.TEXT),
        ("count", Kind.WHOLE),
        ("depth", Kind.ANY),
        ("is_public", Kind.FLAG),
        ("name", Kind.TEXT),
        ("part_of", Kind.ANY),
        ("size", Kind.ANY),  # the classes do not agree
        ("status", Kind.TEXT),
    ]


def test_every_collection_of_the_schema_has_columns():
    definitions = load_json_schema()["$defs"]
    for collection in load_registry().collections.values():
        columns = schema_columns(definitions, collection.class_names)
        assert (columns[0].name == "id") == collection.has_id
        assert {each.kind for each in columns} - {Kind.ANY}


async def test_a_text_is_as_it_is_and_all_else_is_json():
    document = {
        "type": "nmdc:A",
        "name": 'say "a",\r\nb',
        "count": 3,
        "size": 0.5,
        "is_public": True,
        "depth": {"has_numeric_value": 1, "at": datetime(2026, 11, 23, tzinfo=UTC)},
        "part_of": ["x", "ü"],
        "status": "",
        "unknown": {"a": 1},
        "absent": None,
    }
    text = await written(ALL, document, {"type": "=1+1", "size": float("nan")})
    assert text == (
        "type,count,depth,is_public,name,part_of,size,status,_other\r\n"
        'nmdc:A,3,"{""has_numeric_value"":1,""at"":""2026-11-23T00:00:00Z""}",true,'
        '"say ""a"",\r\nb","[""x"",""ü""]",0.5,"","{""unknown"":{""a"":1}}"\r\n'
        "=1+1,,,,,,,,\r\n"
    )


async def test_dates_and_objectids_are_text():
    key = ObjectId("65f0a1b2c3d4e5f6a7b8c9d0")
    table = Table((Column("a"), Column("b")), is_closed=True)
    text = await written(table, {"a": key, "b": datetime(2026, 11, 23, tzinfo=UTC)})
    assert text == "a,b\r\n65f0a1b2c3d4e5f6a7b8c9d0,2026-11-23T00:00:00Z\r\n"


async def test_named_attributes_are_the_columns_and_there_are_no_others():
    table = Table(named_columns(["id", "depth.value", "who.name"], ALL.columns), is_closed=True)
    text = await written(
        table,
        {"id": "a", "depth": {"value": 5}, "who": [{"name": "x"}, {"name": "y"}, {}]},
        {"id": "b", "depth": "none", "who": [{}]},
    )
    assert text == 'id,depth.value,who.name\r\na,5,"[""x"",""y"",null]"\r\nb,,\r\n'


async def test_a_row_of_one_empty_cell_is_still_a_row():
    table = Table((Column("count", Kind.WHOLE),), is_closed=True)
    assert await written(table, {"count": 0}, {}) == 'count\r\n0\r\n""\r\n'


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize("delimiter", [",", "\t"])
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
async def test_any_text_can_be_read_back(delimiter, rows):
    table = Table((Column("a"), Column("b")), is_closed=True)
    documents = [{"a": a, "b": b} for a, b in rows]
    text = await written(table, *documents, delimiter=delimiter)
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert read == [["a", "b"], *([a, b] for a, b in rows)]


async def test_parquet_has_types_where_the_schema_has_them():
    document = {"type": "t", "count": Int64(2**62), "size": 2, "is_public": False, "part_of": ["x"]}
    (row,) = await read_back(ALL, [document])
    assert row == {**document, "size": 2.0, "part_of": '["x"]'}
    assert type(row["size"]) is float


async def test_parquet_loses_nothing_that_does_not_fit():
    unfit = {"count": "many", "size": 2**60 + 1, "is_public": 1, "unknown": None, "more": [1]}
    (row,) = await read_back(ALL, [{"type": "t", **unfit}])
    assert row.keys() == {"type", "_other"}
    expected = {"count": "many", "size": 2**60 + 1, "is_public": 1, "more": [1]}
    assert json.loads(row["_other"]) == expected


async def test_a_parquet_file_without_rows_has_its_columns():
    assert await read_back(ALL) == []


def test_parquet_is_written_in_row_groups_while_rows_come_in():
    table = Table((Column("id"), Column("count", Kind.WHOLE)), is_closed=True)
    file = ParquetFile(table)
    sent, batch = [], [{"id": "x", "count": 1}] * 50_000
    for _ in range(10):
        sent.append(file.add(batch))
    sent.append(file.end())
    groups = reader.ParquetFile(io.BytesIO(b"".join(sent))).metadata
    assert groups.num_rows == 500_000
    assert groups.num_row_groups > 2
    assert sum(len(part) > 4 for part in sent[:-1]) > 1  # long before the end

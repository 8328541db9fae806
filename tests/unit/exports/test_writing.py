import gzip
import hashlib
import time
from datetime import UTC, datetime

import orjson
import pytest
from bson import Int64, ObjectId
from pyarrow import parquet

from nmdc_runtime.exports.writing import write_collection
from nmdc_runtime.metadata.tables import Column, Kind, Table

TABLE = Table((Column("id"), Column("type"), Column("depth", Kind.REAL), Column("tags")))
DOCUMENTS = [
    {"id": "a", "type": "nmdc:Study", "depth": 1.5, "tags": ["x", "ü"]},
    {"id": "b", "type": "nmdc:Study", "depth": float("nan"), "count": Int64(3)},
    {"id": "c", "when": datetime(2026, 1, 2, tzinfo=UTC), "key": ObjectId("0" * 24)},
]


def write(folder, batches, name="study_set"):
    return write_collection(
        batches, table=TABLE, lines=folder / f"{name}.jsonl.gz", parquet=folder / f"{name}.parquet"
    )


def test_lines_are_plain_json_in_order_and_the_parquet_file_has_the_same_rows(tmp_path):
    written = write(tmp_path, [DOCUMENTS[:2], DOCUMENTS[2:]])

    lines = gzip.decompress(written.lines.path.read_bytes()).splitlines()
    assert [orjson.loads(line) for line in lines] == [
        DOCUMENTS[0],
        {"id": "b", "type": "nmdc:Study", "depth": None, "count": 3},
        {"id": "c", "when": "2026-01-02T00:00:00Z", "key": "0" * 24},
    ]
    rows = parquet.read_table(written.parquet.path).to_pylist()
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["tags"] == '["x","ü"]'
    assert orjson.loads(rows[2]["_other"])["key"] == "0" * 24
    assert written.documents == 3


def test_what_is_told_of_a_file_is_true(tmp_path):
    written = write(tmp_path, [DOCUMENTS])

    for each in (written.lines, written.parquet):
        content = each.path.read_bytes()
        assert each.size_bytes == len(content)
        assert each.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_documents_give_the_same_bytes_whenever_they_are_written(tmp_path):
    def slowly():
        yield DOCUMENTS[:2]
        time.sleep(1.1)  # gzip would note the second, Parquet would begin a row group
        yield DOCUMENTS[2:]

    first = write(tmp_path, [DOCUMENTS[:2], DOCUMENTS[2:]], "first")
    second = write(tmp_path, slowly(), "second")

    assert first.lines.sha256 == second.lines.sha256
    assert first.parquet.sha256 == second.parquet.sha256


def test_a_collection_that_was_emptied_meanwhile_gives_files_without_documents(tmp_path):
    written = write(tmp_path, [])

    assert written.documents == 0
    assert gzip.decompress(written.lines.path.read_bytes()) == b""
    assert parquet.read_table(written.parquet.path).num_rows == 0


def test_a_failure_on_the_way_is_told(tmp_path):
    def breaking():
        yield DOCUMENTS
        raise ConnectionResetError("the database is gone")

    with pytest.raises(ConnectionResetError):
        write(tmp_path, breaking())

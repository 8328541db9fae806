"""What commands answer: the same as PyMongo's own relaxed Extended JSON, and what is malformed."""

import json
import math
from datetime import UTC, datetime
from uuid import UUID

import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from bson.json_util import RELAXED_JSON_OPTIONS, dumps

from nmdc_runtime.config.sections import QuerySettings
from nmdc_runtime.queries.aggregating import batch_size
from nmdc_runtime.queries.answers import Batch, extended
from nmdc_runtime.queries.errors import CommandRefused
from nmdc_runtime.queries.malformed import as_malformed
from nmdc_runtime.web.problems import HIDDEN


@pytest.mark.parametrize(
    "value",
    [
        ObjectId("0123456789abcdef01234567"),
        datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        DatetimeMS(10**15),
        Int64(2**62),
        30.0,
        math.nan,
        [1.5, -math.inf, None],
        {"a": {"b": [math.inf, "null"]}},
        Decimal128("1.10"),
        Regex("^a", "i"),
        Code("x"),
        Binary(b"x", 5),
        Binary.from_uuid(UUID(int=5)),
        b"x",
        Timestamp(1, 2),
        MaxKey(),
        None,
        True,
        "\u00e9\u2028",
    ],
    ids=repr,
)
def test_a_document_is_written_as_pymongo_writes_it(value):
    document = {"_id": 1, "x": value}
    ours = json.loads(extended(document))
    theirs = json.loads(dumps(document, json_options=RELAXED_JSON_OPTIONS))
    assert ours == theirs


def test_a_batch_has_mongodbs_own_name_for_it_only_if_it_is_the_first():
    rows = [b'{"a":1}', b'{"a":2}']
    first, later = (json.loads(Batch(rows, "x", is_first=each).to_json()) for each in (True, False))
    assert first == {
        "ok": 1,
        "cursor": {"batch": [{"a": 1}, {"a": 2}], "id": "x"} | {"firstBatch": [{"a": 1}, {"a": 2}]},
    }
    assert later == {"ok": 1, "cursor": {"batch": [{"a": 1}, {"a": 2}], "id": "x"}}


def test_the_size_of_a_batch_is_the_clients_or_mongodbs():
    assert [batch_size(each) for each in (None, {}, {"batchSize": 7}, {"batchSize": 0})] == [
        *(101, 101, 7, 0)
    ]
    for wrong in (-1, "7", 1.5, True):
        with pytest.raises(CommandRefused):
            batch_size({"batchSize": wrong})


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"a": math.nan}, {"a": None}),
        ({"password": "secret"}, {"password": HIDDEN}),
        (deep(20), deep(20)),
        (deep(900), HIDDEN),
        ("half \ud800", HIDDEN),
        (10**30, HIDDEN),
        ("x" * 200_000, HIDDEN),
    ],
    ids=range(7),
)
def test_what_was_sent_is_quoted_only_as_far_as_an_answer_can_hold_it(sent, shown):
    problem = {"type": "missing", "loc": ("body", "FindCommand", "find"), "msg": "m", "input": sent}
    facts = as_malformed([problem], {"find": 1}).facts
    assert facts["detail"][0]["input"] == shown
    assert facts["command_errors"] == [{"type": "missing", "loc": ["body", "find"], "msg": "m"}]


@pytest.mark.parametrize(
    "name",
    ["users", "sites", "_runtime.api.allow", "minter.id_records", "ids_nmdc_sys0", "system.users"],
)
def test_no_setting_opens_collections_with_secrets(name):
    with pytest.raises(ValueError, match="secrets"):
        QuerySettings(operational_collections=("jobs", name))

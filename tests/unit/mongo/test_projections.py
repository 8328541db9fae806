"""Projections that clients write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.mongo.projections import (
    WHOLE,
    Projection,
    ProjectionRefused,
    parse_projection,
)


@pytest.mark.parametrize("text", [None, "", " ", "null", ",", " , ", "[]", "{}", '""'])
def test_nothing_named_is_no_projection(text):
    assert parse_projection(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "id,started_at_time",
        "id, started_at_time",
        " id , started_at_time,",
        "id,,started_at_time",
        '"id, started_at_time"',
        '["id", "started_at_time"]',
        '{"id": 1, "started_at_time": true}',
        '{"_id": 0, "id": 1, "started_at_time": 1.0}',
    ],
)
def test_every_way_in_which_clients_name_attributes_means_the_same(text):
    assert parse_projection(text) == Projection(("id", "started_at_time"))


def test_zeros_name_what_is_left_out():
    assert parse_projection('{"name": 0, "description": false}') == Projection(
        ("name", "description"), excludes=True
    )


@pytest.mark.parametrize(
    "text",
    [
        '["id"',
        '{"id": 1',
        "[1]",
        '["id", {"a": 1}]',
        '{"id": {"$function": {}}}',
        '{"id": "$x"}',
        '{"a": 1, "b": 0}',
        '["a\\u0000"]',
        '["\\ud800"]',
        "[" * 100_000,
    ],
)
def test_json_that_names_nothing_usable_is_refused(text):
    with pytest.raises(ProjectionRefused):
        parse_projection(text)


def test_a_list_always_shows_its_key_and_shows_the_objectid_only_as_the_key():
    assert Projection(("name",)).keyed("id") == {"name": 1, "id": 1, "_id": 0}
    assert Projection(("_id",)).keyed("id") == {"_id": 0, "id": 1}
    assert Projection(("count",)).keyed("_id") == {"count": 1, "_id": 1}
    assert Projection(("id", "name"), excludes=True).keyed("id") == {"name": 0, "_id": 0}
    assert Projection(("name",), excludes=True).keyed("_id") == {"name": 0}
    assert WHOLE.keyed("id") == {"_id": 0}
    assert WHOLE.keyed("_id") == {}


def test_a_list_leaves_out_paths_below_a_named_one():
    assert Projection(("a.b", "a", "a.b.c", "ab")).keyed("id") == {
        "a": 1,
        "ab": 1,
        "id": 1,
        "_id": 0,
    }


@given(text=st.text())
def test_any_text_is_either_a_projection_or_refused(text):
    try:
        projection = parse_projection(text)
    except ProjectionRefused:
        return
    if projection is not None:
        assert parse_projection(projection.text) == projection

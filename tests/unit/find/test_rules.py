"""The short languages of ``filter`` and ``sort``."""

import math

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.find.errors import FindFilterMalformed, FindSortMalformed
from nmdc_runtime.find.rules import parse_filter, parse_sort, total


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (None, {}),
        ("", {}),
        ("  ", {}),
        ("a:b", {"a": "b"}),
        (" a:b , c.d:e ", {"a": "b", "c.d": "e"}),
        ("a: b", {"a": " b"}),
        ("a:", {"a": ""}),
        ("a:b:c", {"a": "b:c"}),
        ("a.search:x(y", {"a": {"$regex": "x(y"}}),
        ("a:<5", {"a": {"$lt": 5.0}}),
        ("a:<=5", {"a": {"$lte": 5.0}}),
        ("a:>=5", {"a": {"$gte": 5.0}}),
        ("a:>5", {"a": {"$gt": 5.0}}),
        ("a:>1_0", {"a": {"$gt": 10.0}}),
        ("a:<inf", {"a": {"$lt": math.inf}}),
        ("a:>=2021-01-01", {"a": {"$gte": "2021-01-01"}}),
        ("a:>=1,a:<2", {"a": {"$gte": 1.0, "$lt": 2.0}}),
        ("a:>=1,a.search:x", {"a": {"$gte": 1.0, "$regex": "x"}}),
        ("a:>1,a:>2", {"a": {"$gt": 2.0}}),
        ("a:b,a:c", {"a": "c"}),
        ("a:>1,a:c", {"a": "c"}),
        ("a:5,a:>1", {"a": {"$gt": 1.0}}),
        ("a:5", {"a": {"$in": ["5", 5]}}),
        ("a:-2.5e3", {"a": {"$in": ["-2.5e3", -2500.0]}}),
        ("a:true", {"a": {"$in": ["true", True]}}),
        ("a:False", {"a": {"$in": ["False", False]}}),
        ("a:null", {"a": {"$in": ["null", None]}}),
        ("a:007", {"a": "007"}),
        ("a:nan", {"a": "nan"}),
        ("a:99999999999999999999", {"a": "99999999999999999999"}),
        ("a:9999999999999999999", {"a": "9999999999999999999"}),
        ("a:" + "9" * 5_000, {"a": "9" * 5_000}),
    ],
)
def test_a_filter_means(text, condition):
    assert parse_filter(text) == condition


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "attribute:spec"),
        ("a:b,", "attribute:spec"),
        ("a:b,,c:d", "attribute:spec"),
        ("$where:1", "may begin with"),
        ("a.$where:1", "may begin with"),
        ("$expr.search:1", "may begin with"),
        ("a\0b:1", "null character"),
        ("\ud800:1", "characters"),
        ("a:\ud800", "characters"),
        ("a:>\ud800", "characters"),
        ("a.search:\ud800", "characters"),
        ("a.search:" + "x" * 4_097, "longer than"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(text, said):
    with pytest.raises(FindFilterMalformed, match=said):
        parse_filter(text)


@given(text=st.text(max_size=40) | st.text("a.$:,<>=1-e", max_size=20))
def test_no_text_becomes_an_operator_of_the_clients_or_what_mongodb_cannot_take(text):
    try:
        condition = parse_filter(text)
    except FindFilterMalformed:
        return
    bson.encode(condition)
    for attribute, test in condition.items():
        assert not any(part.startswith("$") for part in attribute.split("."))
        if isinstance(test, dict):
            assert set(test) <= {"$lt", "$lte", "$gt", "$gte", "$regex", "$in"}


@pytest.mark.parametrize(
    ("text", "sort", "made_total"),
    [
        (None, (), (("id", 1),)),
        (" ", (), (("id", 1),)),
        ("a", (("a", 1),), (("a", 1), ("id", 1))),
        ("a:,b:asc , c.d:desc", (("a", 1), ("b", 1), ("c.d", -1)), None),
        ("a,a:desc", (("a", -1),), (("a", -1), ("id", 1))),
        ("id:desc", (("id", -1),), (("id", -1),)),
        ("a,id,b", (("a", 1), ("id", 1), ("b", 1)), (("a", 1), ("id", 1))),
    ],
)
def test_a_sort_means(text, sort, made_total):
    assert parse_sort(text) == sort
    assert total(sort) == (made_total or (*sort, ("id", 1)))


@pytest.mark.parametrize(
    "text", ["a:up", "a:asc:desc", "a,", ",a", ":asc", "$a", "a.$b", "a..b", "a\0", "a:1"]
)
def test_a_sort_that_cannot_be_is_refused_by_a_list_of_one_sentence(text):
    with pytest.raises(FindSortMalformed) as refusal:
        parse_sort(text)
    assert refusal.value.facts["detail"] == [str(refusal.value)]

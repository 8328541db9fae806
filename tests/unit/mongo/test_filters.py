"""Filters that clients write."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from bson import Binary, Decimal128, MinKey, ObjectId, Regex
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.mongo.filters import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_REGEX_LENGTH,
    NOT_AN_OBJECT,
    FilterRefused,
    parse_filter,
)

KEYS = """
    $and $or $expr $where $regex $options $in $not $elemMatch $oid $date id $numberLong $binary
    $jsonSchema $literal $function $geoWithin $all
"""
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=3)
    ),
    max_leaves=6,
)


def document(text: str) -> dict:
    parsed = parse_filter(text)
    assert parsed is not None
    return parsed.document


@pytest.mark.parametrize("text", [None, "", "  ", "null", " null "])
def test_no_text_blanks_and_null_are_no_filter(text):
    assert parse_filter(text) is None


def test_an_empty_object_is_a_filter_that_matches_everything():
    assert parse_filter(" { } ") == EVERYTHING


def test_blanks_around_the_object_are_ignored_and_blanks_within_change_nothing():
    assert parse_filter('  {"a" : 1} ') == parse_filter('{"a":1}')


def test_filters_in_another_order_are_other_filters():
    # In a value that is an object MongoDB cares for the order of attributes.
    assert parse_filter('{"a": 1, "b": 2}') != parse_filter('{"b": 2, "a": 1}')


@pytest.mark.parametrize("text", ["[]", "id:x", '"a"', "1", '{"a": 1', '"a": 1}'])
def test_text_that_is_no_object_is_refused_in_the_published_words(text):
    with pytest.raises(FilterRefused) as refusal:
        parse_filter(text)
    assert str(refusal.value) == NOT_AN_OBJECT


def test_broken_json_is_refused_in_the_published_words_with_the_parsers_message():
    with pytest.raises(FilterRefused) as refusal:
        parse_filter("{'a': 1}")
    assert str(refusal.value) == (
        "Given `filter` is not valid JSON: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )


def test_an_integer_with_more_digits_than_python_reads_is_refused():
    with pytest.raises(FilterRefused, match="not valid JSON"):
        parse_filter('{"a": ' + "9" * 5000 + "}")


@pytest.mark.parametrize(
    "text", ['{"a": 9223372036854775808}', '{"a": "\\ud800"}', '{"a\\u0000": 1}']
)
def test_a_value_that_bson_cannot_hold_is_refused(text):
    with pytest.raises(FilterRefused, match="value MongoDB cannot take"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"$oid": "65f0a1b2c3d4e5f6a7b8c9d0"}', ObjectId("65f0a1b2c3d4e5f6a7b8c9d0")),
        ('{"$date": "2026-11-23T01:02:03Z"}', datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)),
        ('{"$date": {"$numberLong": "0"}}', datetime(1970, 1, 1, tzinfo=UTC)),
        ('{"$date": 0}', datetime(1970, 1, 1, tzinfo=UTC)),
        ('{"$numberLong": "7"}', 7),
        ('{"$numberInt": "7"}', 7),
        ('{"$numberDouble": "7.5"}', 7.5),
        ('{"$numberDecimal": "7.5"}', Decimal128("7.5")),
        ('{"$minKey": 1}', MinKey()),
        (
            '{"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}',
            Binary.from_uuid(uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")),
        ),
        ('{"$binary": {"base64": "AAE=", "subType": "00"}}', b"\x00\x01"),
        (
            '{"$regularExpression": {"pattern": "^a", "options": "i"}}',
            Regex("^a", "i"),
        ),
    ],
)
def test_extended_json_becomes_a_value_wherever_a_value_stands(text, value):
    read = document(f'{{"a": {text}, "b": {{"$in": [{text}]}}, "c": {{"d": {text}}}}}')
    assert [read["a"], read["b"]["$in"][0], read["c"]["d"]] == [value] * 3


def test_a_regular_expression_beside_another_operator_stays_an_operator():
    read = document('{"name": {"$regex": "^S0", "$ne": "S00"}}')
    assert read == {"name": {"$regex": "^S0", "$ne": "S00"}}


def test_a_regular_expression_in_a_list_of_values_becomes_one():
    read = document('{"name": {"$in": [{"$regex": "^a", "$options": "i"}, "b"]}}')
    assert read == {"name": {"$in": [Regex("^a", "i"), "b"]}}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"$oid": "zz"}}',
        '{"a": {"$oid": 1}}',
        '{"a": {"$date": "yesterday"}}',
        '{"a": {"$date": []}}',
        '{"a": {"$numberLong": "x"}}',
        '{"a": {"$numberDecimal": "x"}}',
        '{"a": {"$binary": 1}}',
        '{"a": {"$uuid": "x"}}',
        '{"a": {"$regularExpression": "x"}}',
        '{"a": {"$timestamp": {"t": -1, "i": 0}}}',
        '{"a": {"$minKey": 2}}',
    ],
)
def test_extended_json_without_a_good_value_is_refused_with_its_place(text):
    with pytest.raises(FilterRefused, match="at `a`"):
        parse_filter(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "x", "type": {"$ne": "nmdc:Study"}}',
        '{"$and": [{"a": 1}, {"$or": [{"b": {"$exists": true}}, {"$nor": [{"c": 1}]}]}]}',
        '{"has_input": {"$elemMatch": {"$regex": "^nmdc:", "$options": "i"}}}',
        '{"claims": {"$elemMatch": {"site_id": "x", "$or": [{"done": false}, {"done": null}]}}}',
        '{"a": {"$not": {"$size": 0}}, "b": {"$all": [{"$elemMatch": {"c": 1}}]}}',
        '{"a": {"$type": ["string", "int"]}, "b": {"$mod": [4, 0]}, "c": {"$bitsAllSet": 3}}',
        '{"lat_lon": {"$geoWithin": {"$box": [[0, 0], [1, 1]]}}}',
        '{"$expr": {"$gt": [{"$size": {"$ifNull": ["$has_output", []]}}, 1]}}',
        '{"$expr": {"$eq": [{"$literal": "$x"}, {"$let": {"vars": {"v": 1}, "in": "$$v"}}]}}',
        '{"$jsonSchema": {"required": ["id"]}, "$comment": "why"}',
        '{"a.b.0.c": {"d": {"e": 1}}, "": 1}',
    ],
)
def test_mongodbs_query_language_passes_unchanged(text):
    assert document(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "operator", "place"),
    [
        ('{"$where": "sleep(1)"}', "$where", "$where"),
        ('{"$and": [{"a": 1}, {"$where": "1"}]}', "$where", "$and.1.$where"),
        ('{"a": {"$elemMatch": {"$where": "1"}}}', "$where", "a.$elemMatch.$where"),
        ('{"a": {"$not": {"$where": "1"}}}', "$where", "a.$not.$where"),
        ('{"a": {"$eq": {"b": [{"$where": "1"}]}}}', "$where", "a.$eq.b.0.$where"),
        ('{"$expr": {"$function": {"body": "x"}}}', "$function", "$expr.$function"),
        (
            '{"$expr": {"$or": [{"$gt": [{"$accumulator": {}}, 1]}]}}',
            "$accumulator",
            "$expr.$or.0.$gt.0.$accumulator",
        ),
        ('{"$expr": {"$literal": {"$function": {}}}}', "$function", "$expr.$literal.$function"),
        ('{"$jsonSchema": {"$where": "1"}}', "$where", "$jsonSchema.$where"),
        ('{"a": {"$foo": 1}}', "$foo", "a.$foo"),
        ('{"$foo": 1}', "$foo", "$foo"),
        ('{"$text": {"$search": "x"}}', "$text", "$text"),
        ('{"a": {"b": 1, "$gt": 1}}', "$gt", "a.$gt"),
        ('{"a": {"$code": "x"}}', "$code", "a.$code"),
        ('{"a": {"$geoWithin": {"$foo": 1}}}', "$foo", "a.$geoWithin.$foo"),
    ],
)
def test_an_operator_that_is_not_allowed_is_refused_with_its_name_and_place(text, operator, place):
    with pytest.raises(FilterRefused) as refusal:
        parse_filter(text)
    assert f"operator `{operator}` cannot be used at `{place}`" in str(refusal.value)


def test_nesting_is_bounded():
    deepest = MAX_DEPTH // 2
    assert (
        document('{"$and": [' * deepest + '{"a": 1}' + "]}" * (deepest - 1) + "]}") if 0 else True
    )
    flat = '{"$and":[' * (MAX_DEPTH // 2 - 1) + '{"a":1}' + "]}" * (MAX_DEPTH // 2 - 1)
    assert document(flat)
    for levels in (MAX_DEPTH, 10_000, 200_000):
        with pytest.raises(FilterRefused, match="nested deeper"):
            parse_filter('{"$and":[' * levels + '{"a":1}' + "]}" * levels)


@pytest.mark.parametrize(
    "form",
    [
        '{{"a": {{"$regex": "{0}"}}}}',
        '{{"a": {{"$in": [{{"$regex": "{0}"}}]}}}}',
        '{{"a": {{"$regularExpression": {{"pattern": "{0}", "options": ""}}}}}}',
        '{{"$expr": {{"$regexMatch": {{"input": "$a", "regex": "{0}"}}}}}}',
    ],
)
def test_regular_expressions_are_bounded_in_every_form(form):
    assert parse_filter(form.format("a" * MAX_REGEX_LENGTH))
    with pytest.raises(FilterRefused, match="longer than"):
        parse_filter(form.format("a" * (MAX_REGEX_LENGTH + 1)))


@pytest.mark.parametrize(
    "text",
    [
        '{"clients.hashed_secret": {"$regex": "^a"}}',
        '{"clients.0.hashed_secret": "a"}',
        '{"clients.hashed_secret.x": {"$exists": true}}',
        '{"clients": {"$elemMatch": {"hashed_secret": "a"}}}',
        '{"clients": {"$not": {"$elemMatch": {"hashed_secret": "a"}}}}',
        '{"$or": [{"clients": {"$gt": {"hashed_secret": "a"}}}]}',
        '{"clients": {"id": "a", "hashed_secret": "b"}}',
        '{"clients": {"$all": [{"$elemMatch": {"hashed_secret": "a"}}]}}',
        '{"$expr": {"$gt": ["$clients", 1]}}',
        '{"$jsonSchema": {}}',
    ],
)
def test_a_filter_cannot_ask_about_what_the_list_hides(text):
    assert parse_filter(text)
    with pytest.raises(FilterRefused, match="cannot be used in a `filter` on this list"):
        parse_filter(text, hidden=frozenset({"clients.hashed_secret"}))


@pytest.mark.parametrize(
    "text",
    [
        '{"clients.id": "a"}',
        '{"clients": {"$elemMatch": {"id": "a"}}}',
        '{"clients": {"$exists": true}}',
        '{"clients_x": 1}',
    ],
)
def test_a_filter_can_ask_about_what_stands_beside_a_hidden_attribute(text):
    assert parse_filter(text, hidden=frozenset({"clients.hashed_secret"}))


@given(value=st.dictionaries(st.sampled_from([*KEYS.split(), "a"]), json_values, max_size=3))
def test_any_json_is_either_a_filter_without_javascript_or_refused(value):
    try:
        parsed = parse_filter(json.dumps(value))
    except FilterRefused:
        return
    if parsed is not None:
        assert not {"$where", "$function"} & keys_of(parsed.document)
        assert parse_filter(parsed.text) == parsed


@given(text=st.text())
def test_any_text_is_either_a_filter_or_refused(text):
    try:
        parse_filter("{" + text + "}")
    except FilterRefused:
        return


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()

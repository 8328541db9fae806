import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.mongo.storable import MAX_BYTES, MAX_DEPTH, check_storable

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text("abc.$"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc.$"), inner),
    max_leaves=20,
)


def nested(levels: int) -> dict:
    value: dict = {}
    for _ in range(levels - 1):
        value = {"x": value}
    return value


@given(value=st.dictionaries(st.text("abc.$"), JSON))
def test_an_ordinary_object_comes_back_as_it_is(value):
    assert check_storable(value) is value


@pytest.mark.parametrize(
    "value",
    [
        {"n": 2**63},
        {"a\0b": 1},
        {"s": "\ud800"},
        {"s": "x" * MAX_BYTES},
        nested(MAX_DEPTH + 1),
        nested(100_000),
    ],
    ids=["number", "key", "text", "size", "depth", "abyss"],
)
def test_what_mongodb_could_not_keep_is_refused(value):
    with pytest.raises(ValueError, match=r"stored|surrogates"):
        check_storable(value)


def test_the_deepest_object_that_is_allowed_is_taken():
    assert check_storable(nested(MAX_DEPTH))

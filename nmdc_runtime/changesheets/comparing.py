"""When MongoDB takes two values for equal, and when for the same bytes."""

from collections.abc import Hashable
from typing import Any, Final

_INT32: Final = range(-(2**31), 2**31)


def key_of(value: Any) -> Hashable:  # noqa: ANN401 (any value of a document)
    """Return what is equal for values that MongoDB's queries take for equal.

    Numbers of different types are equal; objects only with their members in the same order.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, dict):
        return ("object", tuple((name, key_of(each)) for name, each in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(key_of, value)))
    if isinstance(value, int | float):
        return ("number", value if value == value else "nan")  # noqa: PLR0124 (NaN is not itself)
    return (type(value).__name__, value)


def is_identical(one: Any, other: Any) -> bool:  # noqa: ANN401 (any values of documents)
    """Say whether two values are stored as the same bytes, so that writing one changes nothing."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(is_identical(value, other[name]) for name, value in one.items())
        )
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(map(is_identical, one, other))
        )
    return _kind(one) == _kind(other) and (repr(one) == repr(other) or one == other != 0)


def _kind(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return type(value).__name__
    # The driver reads 64 bits as its own class, and writes what fits into 32 bits with these.
    is_long = type(value) is not int or value not in _INT32
    return "long" if is_long else "int"

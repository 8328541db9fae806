"""Reading a body bit by bit gives what reading it at once gives, and refuses what that refuses."""

import json
from random import Random
from typing import Any

import orjson
import pytest

from nmdc_runtime.kernel.errors import ErrorKind
from nmdc_runtime.schema.reader import BATCH, MOST_TEXT, WINDOW, BodyUnreadable, read_batches


def _read(data: bytes) -> dict[str, Any]:
    """Put the parts of a body together again."""
    body: dict[str, Any] = {}
    for key, first, value in read_batches(data):
        if isinstance(value, list):
            assert first == len(body.get(key, []))
            body.setdefault(key, []).extend(value)
        else:
            body[key] = value
    return body


def _value(random: Random, depth: int = 0) -> Any:
    if depth < 3 and random.random() < 0.4:
        if random.random() < 0.5:
            return [_value(random, depth + 1) for _ in range(random.randint(0, 6))]
        return {f"k{key}": _value(random, depth + 1) for key in range(random.randint(0, 6))}
    texts = ['"', "\\", "ä€😀", "a" * random.randint(0, 300), "],[", "},{", "\n\t "]
    return random.choice([None, True, 0, -7, 2**70, 1.5, -2e-9, random.choice(texts)])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("style", [{}, {"indent": 3}, {"ensure_ascii": False}])
def test_parts_put_together_are_the_whole_body(seed: int, style: dict[str, Any]) -> None:
    random = Random(seed)
    body = {
        "lists": [_value(random) for _ in range(8000)],
        "empty": [],
        "big": ["x" * (2 * WINDOW), "€" * WINDOW, 12345],
        "none": None,
        'odd "key" ä': _value(random),
        "numbers": list(range(100_000)),
    }
    data = json.dumps(body, **style).encode()
    assert len(data) > 4 * WINDOW

    assert _read(data) == body


def test_lists_come_in_parts_that_know_where_they_begin() -> None:
    data = orjson.dumps({"a": list(range(BATCH + 1)), "b": [], "c": 5})

    assert [(key, first) for key, first, _ in read_batches(data)] == [
        ("a", 0),
        ("a", BATCH),
        ("b", 0),
        ("c", 0),
    ]


@pytest.mark.parametrize("data", [b"{}", b" \n{\t} \r", b'{"a":[]}', b'{ "a" : [ 1 , 2 ] }'])
def test_space_may_stand_anywhere(data: bytes) -> None:
    assert _read(data) == json.loads(data)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"[]", b"1", b"null", b'"a"', b"nonsense", b"\xef\xbb\xbf{}"),
        *(b"{", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{"a" 1}', b"{1:2}"),
        *(b'{"a":[', b'{"a":[1', b'{"a":[1,', b'{"a":[1,]}', b'{"a":[1 2]}', b'{"a":[]]}'),
        *(b"{} {}", b'{"a":1}x', b"{'a':1}", b'{"a":tru}', b'{"a":"\n"}', b'{"a":"\\x"}'),
        *(b'{"a":NaN}', b'{"a":[-Infinity]}', b'{"a":"\xff"}', b'{"a":"\xc3'),
        *(b'{"a":"\\ud800"}', b'{"a":[{"\\udfff":1}]}'),
        b'{"a":' + b"[" * 200_000,
        b'{"a":' + b'{"a":' * 200_000,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":["' + b"a" * (MOST_TEXT + 1) + b'"]}',
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_readable_json_object_is_refused_with_the_place(data: bytes) -> None:
    with pytest.raises(BodyUnreadable, match=r"\(at character \d+\)") as refusal:
        _read(data)

    assert refusal.value.kind is ErrorKind.INVALID
    assert refusal.value.facts["position"] >= 0


def test_a_broken_body_is_refused_where_it_breaks_off() -> None:
    data = orjson.dumps({"a": ["x" * 1000] * 1000})[:-500]

    with pytest.raises(BodyUnreadable) as refusal:
        _read(data)

    assert refusal.value.facts["position"] > 900_000


def test_whole_surrogate_pairs_are_characters() -> None:
    assert _read(b'{"a":["\\ud83d\\ude00"]}') == {"a": ["😀"]}

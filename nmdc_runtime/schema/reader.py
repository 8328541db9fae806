"""Read a large JSON body of documents bit by bit: little memory, and other threads stay responsive.

To build 45 MB of documents at once takes a second or two in which no other thread may run, most of
it garbage collection. In bits that are forgotten as soon as they are looked at it takes less than
half of that, and no bit more than milliseconds.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, NoReturn

import orjson

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

WINDOW = 256 * 1024  # bytes that are decoded at a time, and about the text of a batch
BATCH = 200  # documents
MOST_TEXT = 32 * 1024 * 1024  # of one value; MongoDB stores documents of up to 16 MiB

_SPACES = " \t\n\r"
_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BodyUnreadable(NmdcError):
    """The body is not a JSON object, or not one that can be taken apart."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Body not readable"


class Repeat(NamedTuple):
    """A name that one object of a document has twice: all but its last value are lost."""

    key: str
    document: int  # index in the list of the entry
    path: tuple[str | int, ...]  # of the object in the document
    name: str


class Batch(NamedTuple):
    """A part of the body: an entry, or some documents of its list."""

    key: str
    first: int  # index of the first document; 0 begins an entry
    value: Any  # a list, or whatever else stands there


def read_batches(data: bytes, *, repeats: list[Repeat] | None = None) -> Iterator[Batch]:
    """Yield the entries of a JSON object, their lists in parts.

    Parameters
    ----------
    data
        The body.
    repeats
        Takes up the names that stand twice in one object of a document, before its batch comes.

    Raises
    ------
    BodyUnreadable
        The bytes are not JSON, or not an object, or nested too deeply for anybody's documents.
    """
    text = _Text(data)
    if text.peek() != "{":
        text.refuse("the body must be a JSON object")
    text.skip()
    if text.peek() == "}":
        text.skip()
    else:
        while True:
            if text.peek() != '"':
                text.refuse("expecting a property name in double quotes")
            key = text.value()
            text.expect(":")
            if text.peek() == "[":
                yield from _list(text, key, repeats)
            else:
                yield Batch(key, 0, text.value())
            if text.expect(",}") == "}":
                break
    if text.peek():
        text.refuse("there is more text after the JSON object")


class LineDecoder:
    """Reads lines one after another; to make what reads one takes longer than to read it."""

    def __init__(self) -> None:
        self._text = _Text(b"")

    def read(self, line: bytes) -> tuple[Any, list[tuple[tuple[str | int, ...], str]]]:
        """Return the JSON value that is the line, and where in it which names stand twice.

        Raise `BodyUnreadable` if the line is anything else.
        """
        text = self._text
        text.begin(line)
        value = text.value()
        if text.peek():
            text.refuse("there is more text after the JSON value")
        return value, text.repeated_in(value)


def _list(text: "_Text", key: str, repeats: list[Repeat] | None) -> Iterator[Batch]:
    text.skip()
    first = 0
    batch: list[Any] = []
    began = text.offset
    if text.peek() == "]":
        text.skip()
    else:
        while True:
            batch.append(text.value())
            if repeats is not None and isinstance(batch[-1], dict):
                at = first + len(batch) - 1
                found = text.repeated_in(batch[-1])
                repeats += [Repeat(key, at, path, name) for path, name in found]
            if text.expect(",]") == "]":
                break
            if len(batch) >= BATCH or text.offset - began >= WINDOW:
                yield Batch(key, first, batch)
                first, batch, began = first + len(batch), [], text.offset
    if batch or not first:
        yield Batch(key, first, batch)


class _Text:
    """A window that moves over the body: decoded text, and how far it has been read."""

    def __init__(self, data: bytes) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._scan = json.JSONDecoder(
            parse_constant=self._no_constant, object_pairs_hook=self._object
        ).raw_decode
        self._repeated: list[tuple[dict[str, Any], str]] = []  # in the value read last
        self.begin(data)

    def begin(self, data: bytes) -> None:
        """Read other bytes from now on."""
        self._data = data
        self._decoder.reset()
        self._taken = 0  # bytes that have been decoded
        self._text = ""
        self._at = 0
        self._before = 0  # characters that the window has left behind
        self._surrogates = False

    @property
    def offset(self) -> int:
        """How many characters have been read."""
        return self._before + self._at

    def peek(self) -> str:
        """Return the next character that is not space, or nothing at the end."""
        next_one = self._text[self._at : self._at + 1]
        while next_one in _SPACES:  # which an empty text is, too
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at >= len(self._text) and not self._grow():
                return ""
            next_one = self._text[self._at : self._at + 1]
        return next_one

    def skip(self) -> None:
        """Step over the character that `peek` has shown."""
        self._at += 1

    def expect(self, characters: str) -> str:
        """Step over the next character, which must be one of these, and return it."""
        found = self.peek()
        if not found or found not in characters:
            self.refuse(f"expecting {' or '.join(repr(each) for each in characters)}")
        self.skip()
        return found

    def value(self) -> Any:  # noqa: ANN401 (any JSON value)
        """Return the next JSON value."""
        self.peek()
        while True:
            self._repeated.clear()
            try:
                value, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._grow():
                    self._at = error.pos
                    self.refuse(error.msg)
            except RecursionError:
                self.refuse("the body is nested too deeply")
            except ValueError as error:  # a number with thousands of digits
                self.refuse(str(error))
            else:
                # What ends with the window may go on after it: a number, or a word.
                if end < len(self._text) or not self._grow():
                    self._check(value, end - self._at)
                    self._at = end
                    return value

    def repeated_in(self, value: object) -> list[tuple[tuple[str | int, ...], str]]:
        """Return which names stand twice in the value read last: path of the object, and name."""
        if not self._repeated:
            return []
        names: dict[int, list[str]] = {}
        for holder, name in self._repeated:
            names.setdefault(id(holder), []).append(name)
        found = []
        todo: list[tuple[tuple[str | int, ...], object]] = [((), value)]
        while todo:
            path, node = todo.pop()
            if isinstance(node, dict):
                found += [(path, name) for name in names.get(id(node), ())]
                todo += [((*path, key), each) for key, each in reversed(node.items())]
            elif isinstance(node, list):
                todo += [((*path, at), node[at]) for at in reversed(range(len(node)))]
        return found

    def refuse(self, reason: str) -> NoReturn:
        """Say that the body cannot be read, and where."""
        raise BodyUnreadable(f"{reason} (at character {self.offset})", position=self.offset)

    def _grow(self) -> bool:
        """Decode more, as much again as one value has taken so far; say whether there was more."""
        if self._taken >= len(self._data):
            return False
        rest = self._text[self._at :]
        self._check(None, len(rest))
        size = max(WINDOW, len(rest))
        part = self._data[self._taken : self._taken + size]
        self._taken += len(part)
        try:
            more = self._decoder.decode(part, final=self._taken >= len(self._data))
        except UnicodeDecodeError:
            self.refuse("the body is not UTF-8")
        self._before += self._at
        self._at = 0
        self._text = rest + more
        self._surrogates = _SURROGATE.search(self._text) is not None
        return True

    def _check(self, value: object, length: int) -> None:
        """Refuse what nobody can keep: a huge value, or one with half a character.

        An unpaired surrogate is something that JSON can write and UTF-8, and so BSON, cannot.
        """
        if length > MOST_TEXT:
            self.refuse(f"one value has more than {MOST_TEXT} characters")
        if self._surrogates:
            try:
                orjson.dumps(value)
            except orjson.JSONEncodeError as error:
                if "surrogates" in str(error):
                    self.refuse("the body has half of a surrogate pair")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    self._repeated.append((made, name))
                seen.add(name)
        return made

    def _no_constant(self, name: str) -> NoReturn:
        self.refuse(f"{name} is not JSON")

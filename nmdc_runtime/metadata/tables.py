"""Documents as rows of a table, by one rule that loses nothing.

- There is a column for each slot of the collection's classes, ``id`` and ``type`` first, the others
  by name; or, where a projection names attributes, a column for each name. They are known before
  the first row. A dotted name such as ``depth.has_numeric_value`` is a column of what lies there.
- A text is written as it is, anything else as JSON: numbers, ``true``, ``false``, and objects and
  lists in full. What is absent, null or not a number is nothing at all; an empty text is ``""``.
- Where all slots are columns, the last column, ``_other``, has the attributes that the schema does
  not know, as one JSON object, and is empty for documents that satisfy the schema.

CSV is as RFC 4180 has it: UTF-8, a header, CRLF, quotes where they are needed and doubled inside;
TSV is the same with tabs. Cells are data: one that begins with ``=`` stays so, and who opens an
export in a spreadsheet should import the columns as text.
"""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from nmdc_runtime.mongo.documents import Document, to_json

OTHER: Final = "_other"
_FIRST: Final = {"id": 0, "type": 1}
_NEEDS_QUOTES: Final = re.compile(r'[",\t\r\n]|^\s|\s$')


class Kind(Enum):
    """What the schema says of the values of a column."""

    TEXT = "string"
    WHOLE = "integer"
    REAL = "number"
    FLAG = "boolean"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, which is where its values lie in a document, and their kind."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of an export; ``is_closed``: they were named, so there is nothing but them."""

    columns: tuple[Column, ...]
    is_closed: bool = False


def schema_columns(
    definitions: Mapping[str, Any], class_names: Iterable[str]
) -> tuple[Column, ...]:
    """Return a column for each slot of the classes, from the ``$defs`` of the JSON Schema."""
    kinds: dict[str, set[Kind]] = {}
    for class_name in class_names:
        for slot, spec in definitions[class_name]["properties"].items():
            kinds.setdefault(slot, set()).add(_kind(spec, definitions))
    ordered = sorted(kinds, key=lambda slot: (_FIRST.get(slot, len(_FIRST)), slot))
    return tuple(
        Column(slot, kinds[slot].pop() if len(kinds[slot]) == 1 else Kind.ANY) for slot in ordered
    )


def _kind(spec: Mapping[str, Any], definitions: Mapping[str, Any]) -> Kind:
    if "$ref" in spec:
        return _kind(definitions[spec["$ref"].rsplit("/", 1)[1]], definitions)
    named = spec.get("type", [])
    types = {named} if isinstance(named, str) else set(named)
    types.discard("null")
    known = {each.value: each for each in Kind}
    return known.get(types.pop(), Kind.ANY) if len(types) == 1 else Kind.ANY


def named_columns(names: Iterable[str], known: Iterable[Column]) -> tuple[Column, ...]:
    """Return a column for each attribute that a client named."""
    kinds = {each.name: each.kind for each in known}
    return tuple(Column(name, kinds.get(name, Kind.ANY)) for name in names)


class Rows:
    """Takes documents apart into the values of their columns."""

    def __init__(self, table: Table) -> None:
        self._places = {
            each.name: place for place, each in enumerate(table.columns) if "." not in each.name
        }
        self._paths = [
            (place, each.name.split("."))
            for place, each in enumerate(table.columns)
            if "." in each.name
        ]
        self._is_closed = table.is_closed

    def values(self, document: Document) -> tuple[dict[int, Any], Document]:
        """Return the values that are there, by their column's place, and what has no column."""
        values: dict[int, Any] = {}
        others: Document = {}
        for key, value in document.items():
            if value is None:
                continue
            place = self._places.get(key)
            if place is not None:
                values[place] = value
            elif not self._is_closed:
                others[key] = value
        for place, path in self._paths:
            value = _at(document, path)
            if value is not None:
                values[place] = value
        return values, others


def _at(node: object, path: list[str]) -> object:
    """Return what lies at a path; below a list, the list of what lies there in its elements."""
    if not path:
        return node
    if isinstance(node, list):
        found = [_at(each, path) for each in node]
        return found if any(each is not None for each in found) else None
    return _at(node.get(path[0]), path[1:]) if isinstance(node, dict) else None


def as_text(value: Any) -> str:  # noqa: ANN401 (whatever a document holds)
    """Return a value as the text of a cell: texts as they are, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    written = to_json(value, zoned=True).decode()
    if isinstance(value, dict | list | bool | int | float):
        return written
    return written[1:-1]  # a date or an ObjectId: a text


class Delimited:
    """Writes rows between delimiters."""

    def __init__(self, table: Table, *, delimiter: str) -> None:
        self._rows = Rows(table)
        self._names = [each.name for each in table.columns]
        self._is_closed = table.is_closed
        self._delimiter = delimiter

    async def parts(self, batches: AsyncIterator[list[Document]]) -> AsyncGenerator[bytes, None]:
        """Yield the header, and then the rows of each batch."""
        header = self._names if self._is_closed else [*self._names, OTHER]
        yield self._line(map(_cell, header)).encode()
        async for batch in batches:
            yield await asyncio.to_thread(self._lines, batch)

    def _lines(self, batch: list[Document]) -> bytes:
        return "".join(map(self._row, batch)).encode()

    def _row(self, document: Document) -> str:
        values, others = self._rows.values(document)
        cells = [""] * len(self._names)
        for place, value in values.items():
            cells[place] = _cell(value)
        if not self._is_closed:
            cells.append(_cell(others) if others else "")
        return self._line(cells)

    def _line(self, cells: Iterable[str]) -> str:
        # An empty line is no row to most readers: of one column, nothing is written as "".
        return (self._delimiter.join(cells) or '""') + "\r\n"


def _cell(value: Any) -> str:  # noqa: ANN401 (whatever a document holds)
    if type(value) is int:
        return str(value)
    text = as_text(value)
    if value != "" and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'

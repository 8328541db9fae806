"""Documents as Apache Parquet, a row group at a time, so that any number needs little memory.

The columns are those of `nmdc_runtime.metadata.tables`. Numbers and booleans are such where the
schema says so; all other columns are text, with objects and lists as JSON. ``_other``, always the
last column, also has values that are not of their column's type, so that old data loses nothing.
"""

import asyncio
import io
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from bson import Int64

from nmdc_runtime.metadata.tables import OTHER, Kind, Rows, Table, as_text
from nmdc_runtime.mongo.documents import Document, to_json

#: Values in a row group at most, about; their number and not that of rows is what takes memory.
GROUP_VALUES: Final = 400_000
#: A row group is written after this long, however small it is, so that bytes keep flowing.
GROUP_S: Final = 3.0


class _Sink(io.RawIOBase):
    """A file that is only written, and from which what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any, /) -> int:  # noqa: ANN401 (any buffer)
        piece = bytes(data)
        self._pieces.append(piece)
        self._written += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class ParquetFile:
    """Writes documents into a file that is sent while it grows; pyarrow never seeks in it.

    Its methods take milliseconds and more: call them in a thread.

    Parameters
    ----------
    group_s
        How long a row group may wait to be full, in s. With ``math.inf`` the bytes depend on the
        documents alone.
    """

    def __init__(self, table: Table, *, group_s: float = GROUP_S) -> None:
        import pyarrow  # noqa: PLC0415 (large, and most processes never export)
        from pyarrow import parquet  # noqa: PLC0415

        types = {
            Kind.WHOLE: pyarrow.int64(),
            Kind.REAL: pyarrow.float64(),
            Kind.FLAG: pyarrow.bool_(),
        }
        self._pyarrow = pyarrow
        self._group_s = group_s
        self._rows = Rows(table)
        self._names = [each.name for each in table.columns]
        self._kinds = [each.kind for each in table.columns]
        self._texts = {
            place
            for place, kind in enumerate(self._kinds)
            if kind not in {Kind.WHOLE, Kind.REAL, Kind.FLAG}
        }
        self._schema = pyarrow.schema(
            [
                *((each.name, types.get(each.kind, pyarrow.string())) for each in table.columns),
                (OTHER, pyarrow.string()),
            ]
        )
        self._sink = _Sink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._clear()

    def _clear(self) -> None:
        self._height = 0
        self._size = 0
        self._began = time.monotonic()
        self._columns: dict[int, list[Any]] = {}  # a column that no row needs takes no memory

    def add(self, documents: list[Document]) -> bytes:
        """Add documents and return what can be sent, which often is nothing yet."""
        for document in documents:
            self._add(document)
        is_due = self._size >= GROUP_VALUES or time.monotonic() - self._began >= self._group_s
        return self._write_group() if is_due else self._sink.take()

    def end(self) -> bytes:
        """Return the rest of the file."""
        last = self._write_group() if self._height else b""
        self._writer.close()
        return last + self._sink.take()

    def _add(self, document: Document) -> None:
        values, others = self._rows.values(document)
        for place, value in values.items():
            if type(value) is str and place in self._texts:  # most are: spare them two calls
                self._put(place, value)
                continue
            fits, written = _fitting(value, self._kinds[place])
            if fits:
                self._put(place, written)
            else:
                others[self._names[place]] = value
        if others:
            self._put(len(self._names), to_json(others, zoned=True).decode())
        self._height += 1
        self._size += len(values) + 1

    def _put(self, place: int, value: object) -> None:
        column = self._columns.get(place)
        if column is None:
            column = self._columns[place] = []
        if len(column) < self._height:
            column.extend([None] * (self._height - len(column)))
        column.append(value)

    def _write_group(self) -> bytes:
        arrays = []
        for place, field in enumerate(self._schema):
            column = self._columns.pop(place, None)
            if column is None:
                arrays.append(self._pyarrow.nulls(self._height, field.type))
                continue
            column.extend([None] * (self._height - len(column)))
            arrays.append(self._pyarrow.array(column, field.type))
        self._writer.write_table(
            self._pyarrow.Table.from_arrays(arrays, schema=self._schema),
            row_group_size=self._height,
        )
        self._clear()
        return self._sink.take()


def _fitting(value: Any, kind: Kind) -> tuple[bool, Any]:  # noqa: ANN401 (a document's value)
    """Say whether a value is of its column's type, and return it as the column has it."""
    if kind is Kind.WHOLE:
        return type(value) in {int, Int64}, value
    if kind is Kind.REAL:
        is_number = type(value) in {int, Int64, float}
        return is_number and (value != value or float(value) == value), value  # noqa: PLR0124 (NaN)
    if kind is Kind.FLAG:
        return isinstance(value, bool), value
    return True, as_text(value)


async def parquet_parts(
    table: Table, batches: AsyncIterator[list[Document]]
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of the file."""
    file = await asyncio.to_thread(ParquetFile, table)
    async for batch in batches:
        part = await asyncio.to_thread(file.add, batch)
        if part:
            yield part
    yield await asyncio.to_thread(file.end)

"""Rows that wait on disk: read from the database once, then written to a file of any format.

The names of all columns are known only when the last document was read, and they come first in a
file. Reading twice instead would need both readings to be of the same state, also for a client that
takes its time.
"""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import orjson

from nmdc_runtime.metadata.tables import Kind
from nmdc_runtime.mongo.documents import to_json

#: Rows in memory at a time.
BATCH: Final = 1_000
#: Rows that take no more than this, in bytes, never go to the disk.
IN_MEMORY: Final = 1 << 21
#: Up to here a floating-point number of 64 bits is every whole number.
EXACT: Final = 1 << 53

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StudyColumn:
    """A column: its dotted name, and what all of its values are."""

    name: str
    kind: Kind


class StudyRows:
    """The rows of a study's biosamples, and what is to be known of all of them.

    One reader at a time. The file is gone with this object, or with the process.
    """

    def __init__(self, study_id: str) -> None:
        self.study_id = study_id
        self.count = 0
        #: Characters of the longest text.
        self.longest = 0
        self._types: dict[str, set[type]] = {}
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._finalizer = weakref.finalize(self, self._file.close)

    @property
    def columns(self) -> tuple[StudyColumn, ...]:
        """The columns, sorted by name as texts are: ``a.10`` comes before ``a.2``."""
        return tuple(StudyColumn(name, _kind(self._types[name])) for name in sorted(self._types))

    def add(self, rows: Iterable[Row]) -> None:
        """Append rows; what JSON has no type for, such as dates, becomes text."""
        lines = [to_json(row, zoned=True) for row in rows]
        for line in lines:
            for name, value in orjson.loads(line).items():
                types = self._types.get(name)
                if types is None:
                    types = self._types[name] = set()
                types.add(type(value))
                if type(value) is str:
                    self.longest = max(self.longest, len(value))
                elif type(value) is int and abs(value) > EXACT:
                    types.add(str)  # as a number it would become another one
        self._file.write(b"".join([line + b"\n" for line in lines]))
        self.count += len(lines)

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows from the first, in the order in which they were added."""
        self._file.seek(0)
        while lines := list(islice(self._file, BATCH)):
            yield [orjson.loads(line) for line in lines]

    def close(self) -> None:
        """Let go of the file; the rows are gone."""
        self._finalizer()


def _kind(types: set[type]) -> Kind:
    known = types - {type(None)}
    if known and known <= {int, float}:
        return Kind.REAL
    return Kind.FLAG if known == {bool} else Kind.TEXT

"""What a dump says of itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel

#: Version of the layout: a dump of another one is not read.
FORMAT: Final = 1


class DumpedCollection(BaseModel):
    """A collection in a dump.

    ``sha256`` is that of the file as it lies there, ``content_sha256`` that of the documents' BSON
    in the order of their keys: what is restored has the same. ``about`` tells the collection's
    options and indexes, as mongodump writes them.
    """

    name: str
    file: str
    documents: int
    size_bytes: int
    sha256: str
    content_sha256: str
    about: str


class Manifest(BaseModel):
    """What a dump holds; it is written last, so that what has one is whole."""

    format: int = FORMAT
    id: str
    database: str
    schema_version: str
    began_at: datetime
    ended_at: datetime
    is_snapshot: bool  # whether all collections are as they were at one moment
    collections: list[DumpedCollection]
    views: list[str]  # as Extended JSON
    left_out: list[str]

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(each.documents for each in self.collections)

    @property
    def size_bytes(self) -> int:
        """How much is stored."""
        return sum(each.size_bytes for each in self.collections)


@dataclass(frozen=True, slots=True)
class Dump:
    """Something that lies in the place of a dump.

    Without a manifest it is none: it broke off, or, if it has one that cannot be relied upon
    (``is_strange``), a person should look at it.
    """

    id: str
    manifest: Manifest | None = None
    is_strange: bool = False

"""What an export has made."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionToExport:
    """A collection that holds documents, and the day of the export that it is for."""

    name: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A file of a collection, as everybody can fetch it."""

    name: str
    object_id: str
    size_bytes: int
    sha256: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCollection:
    """A collection with its files; ``seconds`` is how long reading and writing took."""

    name: str
    day: date
    documents: int
    files: tuple[PublishedFile, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBundle:
    """All files of an export as one DRS bundle; ``is_new``: there was none of the same bytes."""

    name: str
    object_id: str
    size_bytes: int
    sha256: str
    link: str
    files: int
    documents: int
    is_new: bool

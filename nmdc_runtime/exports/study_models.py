"""What the export of a study has made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStudy:
    """A study's biosamples as an object; ``is_new``: there was none of the same bytes."""

    name: str
    object_id: str
    size_bytes: int
    sha256: str
    link: str
    is_new: bool

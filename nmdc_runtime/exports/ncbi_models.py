"""What the export of a study to NCBI has made."""

from dataclasses import dataclass
from typing import Any

from nmdc_runtime.translation.ncbi.remarks import Remarks


class Pooled(dict[str, dict[str, Any]]):
    """What each biosample is pooled into, with what was noted when that was found out."""

    def __init__(self, info: dict[str, dict[str, Any]], remarks: Remarks) -> None:
        super().__init__(info)
        self.remarks = remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class NcbiExport:
    """A submission as XML, and what is to be known of it.

    ``report`` has ``study_id``, ``counts`` and the lists ``left_out`` and ``warnings``, each of
    ``kind``, ``id`` and ``reason``.
    """

    study_id: str
    xml: str
    report: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNcbiFile:
    """A stored file of an export; ``is_new``: no object had the same bytes."""

    name: str
    object_id: str
    size_bytes: int
    sha256: str
    link: str
    is_new: bool

"""What is handed on to be submitted, or to be looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.report import TranslationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """What is new of a translation.

    Parameters
    ----------
    database
        The new documents, with ids; collections without any are left out.
    stored
        How many of each collection were planned, and are stored already.
    is_dry_run
        Whether new ids are placeholders.
    """

    database: Database
    report: TranslationReport
    stored: Mapping[str, int]
    is_dry_run: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON, with what became of the planned documents."""
        return {
            **self.report.to_dict(),
            "new_ids_are": "placeholders" if self.is_dry_run else "permanent",
            "handed_on": {name: len(held) for name, held in self.database.items()},
            "stored_already": dict(self.stored),
        }

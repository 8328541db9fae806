"""Work that a sensor asks one run for: asked for once, and again if nothing came of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from nmdc_runtime.kernel.clock import as_text

#: How long a run may take before the same work is asked for again.
PATIENCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for last, and when."""

    batch: str
    at: datetime

    @property
    def run_key(self) -> str:
        """What tells Dagster this request from others: of two with one key it runs the first."""
        return f"{self.batch}/{as_text(self.at)}"

    def to_json(self) -> dict[str, str]:
        """Return what a cursor keeps."""
        return {"batch": self.batch, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, kept: dict[str, str]) -> Self:
        """Return what a cursor kept."""
        return cls(kept["batch"], datetime.fromisoformat(kept["at"]))


def ask_for(items: Sequence[Sequence[str]], before: Asked | None, *, now: datetime) -> Asked:
    """Return the request for these items, which is the one before if they are still the same.

    Then it is the same request for a while: its run has not come to them yet, or Dagster never
    got it. To ask twice does no harm, but never to ask again would.
    """
    text = json.dumps(sorted(list(item) for item in items))
    batch = hashlib.sha256(text.encode()).hexdigest()
    if before is not None and before.batch == batch and now - before.at < PATIENCE:
        return before
    return Asked(batch, now)

"""Work that a sensor asks one run for: asked for once, and again if nothing came of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

#: How long a run may take before the same work is asked for again.
PATIENCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for last, when, and the how manieth time."""

    batch: str
    at: datetime
    attempt: int = 1

    @property
    def run_key(self) -> str:
        """What tells Dagster this request from others: of two with one key it runs the first."""
        return f"{self.batch}/{self.attempt}"

    def to_json(self) -> dict[str, Any]:
        """Return what a cursor keeps."""
        return {"batch": self.batch, "at": self.at.isoformat(), "attempt": self.attempt}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Return what a cursor kept."""
        return cls(kept["batch"], datetime.fromisoformat(kept["at"]), kept["attempt"])


def ask_for(items: Sequence[Sequence[str]], before: Asked | None, *, now: datetime) -> Asked:
    """Return the request for these items, which is the one before if they are still the same.

    Then it is the same request for a while: its run has not come to them yet, or Dagster never
    got it.
    """
    text = json.dumps(sorted(list(item) for item in items))
    batch = hashlib.sha256(text.encode()).hexdigest()
    if before is None or before.batch != batch:
        return Asked(batch, now)
    if now - before.at < PATIENCE:
        return before
    return Asked(batch, now, before.attempt + 1)

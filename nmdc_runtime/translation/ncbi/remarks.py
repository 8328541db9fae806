"""What a submission leaves out, and what somebody should look at, each with its reason."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Remark:
    """One record, or one row of the mapping.

    ``kind`` is for programs, e.g. ``sequenced_at_jgi``; ``reason`` is a sentence for people.
    """

    kind: str
    id: str
    reason: str


@dataclass(slots=True)
class Remarks:
    """The list of each; nothing is dropped in silence, and nothing said twice."""

    left_out: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    _said: set[Remark] = field(default_factory=set)

    def leave_out(self, kind: str, id_: str, reason: str) -> None:
        """Note a record that is not submitted."""
        self._add(self.left_out, Remark(kind, id_, reason))

    def warn(self, kind: str, id_: str, reason: str) -> None:
        """Note what is submitted, but should be looked at."""
        self._add(self.warnings, Remark(kind, id_, reason))

    def _add(self, to: list[Remark], remark: Remark) -> None:
        if remark not in self._said:
            self._said.add(remark)
            to.append(remark)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many there are of each kind."""
        return {
            "left_out": dict(sorted(Counter(each.kind for each in self.left_out).items())),
            "warnings": dict(sorted(Counter(each.kind for each in self.warnings).items())),
        }

    def as_document(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {
            "counts": self.counts(),
            "left_out": [asdict(each) for each in self.left_out],
            "warnings": [asdict(each) for each in self.warnings],
        }

"""From a biosample to the sample that is sequenced: the last one that was made of it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

#: What grows from a biosample is another organism's sample, and no part of the one that GOLD means.
_BRANCHES_OFF: Final = frozenset({"nmdc:Isolation", "nmdc:Culturing"})
_SEQUENCING: Final = "nmdc:NucleotideSequencing"
_MEASURES: Final = frozenset({"nmdc:MassSpectrometry"})


class SampleGraph:
    """Walks downstream from samples, by the inputs and outputs of processes."""

    def __init__(self, linked: Iterable[Mapping[str, Any]]) -> None:
        self._made_of: dict[str, list[str]] = {}
        self._measured: set[str] = set()
        for document in linked:
            type_ = document.get("type")
            inputs = document.get("has_input") or ()
            if type_ in _MEASURES:
                self._measured.update(inputs)
            elif type_ != _SEQUENCING and type_ not in _BRANCHES_OFF:
                for sample in inputs:
                    self._made_of.setdefault(sample, []).extend(document.get("has_output") or ())

    def last_samples(self, biosample_id: str) -> list[str]:
        """Return the last samples before sequencing, in the order of the walk, each once.

        One of which nothing was made, unless it went to another kind of measurement: then the one
        that it was made of. A biosample without processes is its own last sample.
        """
        found = self._last(biosample_id, frozenset())
        return list(dict.fromkeys(found)) or [biosample_id]

    def _last(self, sample: str, before: frozenset[str]) -> list[str]:
        before |= {sample}
        further = [
            last
            for made in dict.fromkeys(self._made_of.get(sample, ()))
            if made not in before  # a circle in the data ends here
            for last in self._last(made, before)
        ]
        if further:
            return further
        return [] if sample in self._measured else [sample]

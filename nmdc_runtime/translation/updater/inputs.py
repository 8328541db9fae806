"""From a biosample to the sample that is sequenced: the last one that was made of it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from nmdc_runtime.schema.load import load_registry

#: What grows from a biosample is another organism's sample, and no part of the one that GOLD means.
_BRANCHES_OFF: Final = frozenset({"nmdc:Isolation", "nmdc:Culturing"})
_SEQUENCING: Final = "nmdc:NucleotideSequencing"


class SampleGraph:
    """Walks downstream from samples, by the inputs and outputs of processes."""

    def __init__(self, linked: Iterable[Mapping[str, Any]]) -> None:
        self._made_of: dict[str, list[str]] = {}
        self._measured: set[str] = set()
        self._found: dict[str, list[str]] = {}
        self._walked: set[str] = set()
        measures = {f"nmdc:{each}" for each in load_registry().descendants("DataGeneration")}
        for document in linked:
            type_ = document.get("type")
            inputs = document.get("has_input") or ()
            if type_ in measures:
                self._measured.update(inputs if type_ != _SEQUENCING else ())
            elif type_ not in _BRANCHES_OFF:
                for sample in inputs:
                    self._made_of.setdefault(sample, []).extend(document.get("has_output") or ())

    def last_samples(self, biosample_id: str) -> list[str]:
        """Return the last samples before sequencing, in the order of the walk, each once.

        One of which nothing was made, unless it went to another kind of measurement: then the one
        that it was made of. A biosample without processes is its own last sample.
        """
        waiting = [biosample_id]
        while waiting:
            sample = waiting[-1]
            made = self._made_of.get(sample, ())
            if sample not in self._found:
                self._found[sample] = []  # a circle in the data ends here
                waiting += [each for each in reversed(made) if each not in self._found]
                continue
            waiting.pop()
            if sample not in self._walked:
                self._walked.add(sample)
                self._found[sample] = self._last(sample, made)
        return self._found[biosample_id] or [biosample_id]

    def _last(self, sample: str, made: Iterable[str]) -> list[str]:
        further = dict.fromkeys(last for each in made for last in self._found[each])
        if further:
            return list(further)
        return [] if sample in self._measured else [sample]

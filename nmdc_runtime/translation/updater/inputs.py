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
        return self._last(biosample_id) or [biosample_id]

    def _last(self, sample: str) -> list[str]:
        if sample not in self._found:
            self._found[sample] = []  # a circle in the data ends here
            further = dict.fromkeys(
                last for made in self._made_of.get(sample, ()) for last in self._last(made)
            )
            if further:
                self._found[sample] = list(further)
            elif sample not in self._measured:
                self._found[sample] = [sample]
        return self._found[sample]

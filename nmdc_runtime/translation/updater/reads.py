"""What the updater reads of NMDC and of GOLD, in a few large requests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import bare
from nmdc_runtime.translation.problems import Problems

Document = dict[str, Any]

BIOSAMPLES_IN_NMDC: Final = "nmdc_biosamples"
GOLD_IDS: Final = "gold_biosample_identifiers"
#: Of how many biosamples the linked records are asked for at once: their ids stand in an address.
AT_ONCE: Final = 100
LINKED_TYPES: Final = ("nmdc:DataGeneration", "nmdc:MaterialProcessing")


class NmdcReads(Protocol):
    """What is asked of NMDC; lists are whole, however many pages they take."""

    def get_study(self, study_id: str) -> list[Document]:
        """Find a study: a list of one, or of none."""
        ...

    def get_biosamples_for_study(self, study_id: str) -> list[Document]:
        """Fetch the biosamples of a study."""
        ...

    def get_data_generation_records_for_study(self, study_id: str) -> list[Document]:
        """Fetch the data generations of a study."""
        ...

    def get_linked_instances(self, ids: Sequence[str], types: Sequence[str]) -> list[Document]:
        """Fetch whole documents of some types, upstream and downstream of any of the ids."""
        ...


class GoldReads(Protocol):
    """What is asked of GOLD; ids may have the prefix ``gold:``."""

    def fetch_biosamples_by_study(self, study_id: str) -> list[Document]:
        """Fetch the biosamples of a study, each with its ``projects``."""
        ...

    def fetch_projects_by_study(self, study_id: str) -> list[Document]:
        """Fetch the sequencing projects of a study."""
        ...

    def fetch_analysis_projects_by_study(self, study_id: str) -> list[Document]:
        """Fetch the analysis projects of a study."""
        ...

    def fetch_biosamples_by_biosample_ids(
        self, biosample_ids: Iterable[str]
    ) -> Mapping[str, list[Document]]:
        """Fetch many biosamples; the list of one that is unknown is empty."""
        ...

    def fetch_projects_by_biosamples(
        self, biosample_ids: Iterable[str]
    ) -> Mapping[str, list[Document]]:
        """Fetch the sequencing projects of many biosamples."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NmdcStudy:
    """What NMDC has of a study.

    Parameters
    ----------
    linked
        Processes and data generations before and after the biosamples, in any order.
    """

    study_id: str
    study: Document | None = None
    biosamples: Sequence[Document] = ()
    data_generations: Sequence[Document] = ()
    linked: Sequence[Document] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldAnswers:
    """What GOLD said of biosamples, by the ids that it was asked for, without prefix."""

    biosamples: Mapping[str, Sequence[Document]] = field(default_factory=dict)
    projects: Mapping[str, Sequence[Document]] = field(default_factory=dict)


def gold_ids_of(biosample: Mapping[str, Any], problems: Problems | None = None) -> list[str]:
    """Return GOLD's ids of a biosample in NMDC, without prefix, each once."""
    found = Reading(
        biosample,
        Problems() if problems is None else problems,
        table=BIOSAMPLES_IN_NMDC,
        natural_id=str(biosample.get("id")),
    )
    curies = (
        found.curie(GOLD_IDS, text, prefix="gold", owner=("Biosample", GOLD_IDS))
        for text in found.texts(GOLD_IDS)
    )
    return list(dict.fromkeys(bare(each) for each in curies if each is not None))


def all_gold_ids(biosamples: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return GOLD's ids of all biosamples, each once, as GOLD is asked for them."""
    ids = dict.fromkeys(id_ for biosample in biosamples for id_ in gold_ids_of(biosample))
    return [f"gold:{id_}" for id_ in ids]


def fetch_linked(nmdc: NmdcReads, biosamples: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Fetch processes and data generations around biosamples, each once."""
    ids = [str(each["id"]) for each in biosamples if gold_ids_of(each)]
    found: dict[str, Document] = {}
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        found.update({each["id"]: each for each in nmdc.get_linked_instances(some, LINKED_TYPES)})
    return list(found.values())


def fetch_projects(gold: GoldReads, gold_ids: Sequence[str]) -> dict[str, Sequence[Document]]:
    """Fetch the sequencing projects of biosamples."""
    return dict(_by_bare_id(gold.fetch_projects_by_biosamples(gold_ids)))


def fetch_answers(gold: GoldReads, gold_ids: Sequence[str]) -> GoldAnswers:
    """Fetch biosamples with their sequencing projects."""
    return GoldAnswers(
        biosamples=dict(_by_bare_id(gold.fetch_biosamples_by_biosample_ids(gold_ids))),
        projects=fetch_projects(gold, gold_ids),
    )


def _by_bare_id(
    answers: Mapping[str, Sequence[Document]],
) -> Iterator[tuple[str, Sequence[Document]]]:
    for id_, documents in answers.items():
        yield bare(id_), documents

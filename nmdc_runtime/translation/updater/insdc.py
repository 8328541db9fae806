"""Identifiers of INSDC that GOLD knows and NMDC lacks, as commands for ``/queries:run``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.translation.gold.options import SOURCE
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import PROJECTS, bare, id_of
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.updater.data_generations import PROJECT_IDS
from nmdc_runtime.translation.updater.reads import BIOSAMPLES_IN_NMDC, NmdcStudy, gold_ids_of

DATA_GENERATIONS_IN_NMDC: Final = "nmdc_data_generations"
BIOSAMPLE_SLOT: Final = "insdc_biosample_identifiers"
PROJECT_SLOT: Final = "insdc_bioproject_identifiers"

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InsdcUpdates:
    """The updates, none of them executed."""

    biosamples: list[dict[str, Any]]
    data_generations: list[dict[str, Any]]

    @property
    def commands(self) -> list[Command]:
        """The commands to run, one by one; none if nothing is to be changed."""
        return [each for each in self._both() if each["updates"]]

    @property
    def published(self) -> Command | list[Command]:
        """The form of earlier releases: both commands, or that of the biosamples alone."""
        both = self._both()
        return both if self.data_generations else both[0]

    def _both(self) -> list[Command]:
        return [
            {"update": "biosample_set", "updates": self.biosamples},
            {"update": "data_generation_set", "updates": self.data_generations},
        ]


def plan_insdc_updates(
    nmdc: NmdcStudy, projects: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[InsdcUpdates, TranslationReport]:
    """Return an update of each record that lacks an accession which GOLD knows.

    An update adds to what the record has at the time when it is run, so that nothing written in
    between is lost.

    Parameters
    ----------
    projects
        Sequencing projects by the biosample of GOLD's that they were asked for, without prefix.
    """
    report = TranslationReport(SOURCE)
    accessions = _Accessions(projects, report.problems)
    biosamples = _updates(
        nmdc.biosamples,
        BIOSAMPLE_SLOT,
        lambda each: accessions.of_samples(gold_ids_of(each, report.problems)),
        report,
        table=BIOSAMPLES_IN_NMDC,
    )
    data_generations = _updates(
        nmdc.data_generations,
        PROJECT_SLOT,
        lambda each: accessions.of_projects(each.get(PROJECT_IDS) or ()),
        report,
        table=DATA_GENERATIONS_IN_NMDC,
    )
    return InsdcUpdates(biosamples, data_generations), report


class _Accessions:
    """Accessions of GOLD's projects, as the schema wants them; bad ones are reported once."""

    def __init__(
        self, projects: Mapping[str, Sequence[Mapping[str, Any]]], problems: Problems
    ) -> None:
        self._samples: dict[str, set[str]] = {}
        self._projects: dict[str, str] = {}
        for gold_id, found in projects.items():
            for project in found:
                project_id = id_of(project, PROJECTS)
                reading = Reading(
                    project, problems, table=PROJECTS, natural_id=project_id or "without id"
                )
                sample = reading.identifier(
                    "ncbiBioSampleAccession",
                    prefix="biosample",
                    owner=("Biosample", BIOSAMPLE_SLOT),
                )
                bioproject = reading.identifier(
                    "ncbiBioProjectAccession",
                    prefix="bioproject",
                    owner=("NucleotideSequencing", PROJECT_SLOT),
                )
                if sample is not None:
                    self._samples.setdefault(gold_id, set()).add(sample)
                if bioproject is not None and project_id is not None:
                    self._projects[project_id] = bioproject

    def of_samples(self, gold_ids: Iterable[str]) -> set[str]:
        """Return the accessions of biosamples of GOLD's."""
        return {found for each in gold_ids for found in self._samples.get(each, ())}

    def of_projects(self, gold_ids: Iterable[str]) -> set[str]:
        """Return the accessions of projects; none of a project of no biosample of the study."""
        bare_ids = (bare(str(each).strip()) for each in gold_ids)
        return {self._projects[each] for each in bare_ids if each in self._projects}


def _updates(
    documents: Sequence[Mapping[str, Any]],
    slot: str,
    known: Callable[[Mapping[str, Any]], set[str]],
    report: TranslationReport,
    *,
    table: str,
) -> list[dict[str, Any]]:
    use = report.read(table, len(documents))
    updates: list[dict[str, Any]] = []
    for document in documents:
        has = document.get(slot)
        there = set(has) if isinstance(has, list) else set()
        wanted = there | known(document)
        if wanted == there:
            use.skip("nothing_new")
            continue
        # A list is added to; what is null cannot be.
        change = (
            {"$set": {slot: sorted(wanted)}}
            if slot in document and not isinstance(has, list)
            else {"$addToSet": {slot: {"$each": sorted(wanted)}}}
        )
        updates.append({"q": {"id": document["id"]}, "u": change})
        use.use()
    return updates

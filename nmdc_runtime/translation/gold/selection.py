"""Which of GOLD's records are translated, and how they belong together."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.reading import Reading, matches, with_prefix
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport

Record = Mapping[str, Any]

BIOSAMPLES: Final = "biosamples"
PROJECTS: Final = "projects"
ANALYSIS_PROJECTS: Final = "analysis_projects"
STUDY: Final = "study"

STRATEGIES: Final = frozenset({"Metagenome", "Metatranscriptome"})
FINISHED: Final = frozenset({"Permanent Draft", "Complete and Published"})
JGI: Final = "JGI"
#: In this order: a text that names several is the first one's.
CENTERS: Final = (
    (re.compile("University of California,? San Diego", re.IGNORECASE), "UCSD"),
    (re.compile("Environmental Molecular Sciences Laboratory", re.IGNORECASE), "EMSL"),
    (re.compile("Joint Genome Institute", re.IGNORECASE), JGI),
)
#: Field with GOLD's id of a record, and the class and slot whose pattern it meets.
IDS: Final[Mapping[str, tuple[str, tuple[str, str]]]] = {
    STUDY: ("studyGoldId", ("Study", "gold_study_identifiers")),
    BIOSAMPLES: ("biosampleGoldId", ("Biosample", "gold_biosample_identifiers")),
    PROJECTS: (
        "projectGoldId",
        ("NucleotideSequencing", "gold_sequencing_project_identifiers"),
    ),
}
OTHER_STRATEGY: Final = "other_strategy"
NO_GOOD_PROJECT: Final = "no_project_to_translate"
OTHER_PROJECTS: Final = "project_not_translated"


@dataclass(slots=True)
class Selection:
    """The records to translate, by GOLD's ids without prefix."""

    biosamples: dict[str, Record] = field(default_factory=dict)
    projects: dict[str, Record] = field(default_factory=dict)
    analysis_projects: list[Record] = field(default_factory=list)

    def projects_by_biosample(self) -> dict[str, list[Record]]:
        """Return the kept projects by the biosample that they name."""
        grouped: dict[str, list[Record]] = {}
        for project in self.projects.values():
            biosample_id = id_of(project, BIOSAMPLES)
            if biosample_id is not None:
                grouped.setdefault(biosample_id, []).append(project)
        return grouped

    def analyses_by_project(self) -> dict[str, list[Record]]:
        """Return the kept analysis projects by their sequencing projects."""
        grouped: dict[str, list[Record]] = {}
        for analysis in self.analysis_projects:
            for project_id in dict.fromkeys(analysed(analysis)):
                grouped.setdefault(project_id, []).append(analysis)
        return grouped


def bare(gold_id: str) -> str:
    """Return GOLD's id without the prefix, which may be written in any case."""
    return with_prefix(gold_id, "gold").removeprefix("gold:")


def id_of(record: Record, table: str) -> str | None:
    """Return GOLD's id of a kind in a record, without prefix; None if it has none that is one."""
    name, owner = IDS[table]
    value = record.get(name)
    if not isinstance(value, str):
        return None
    found = bare(value.strip())
    return found if matches(f"gold:{found}", *owner) else None


def centers_of(project: Record) -> list[str]:
    """Return the names of the centers that sequence a project, be they a list or one text."""
    value = project.get("sequencingCenters")
    members = value if isinstance(value, list) else [value]
    return [each for each in members if isinstance(each, str)]


def processing_institution(project: Record) -> str | None:
    """Return the ``processing_institution`` of a project: the first center that is known."""
    for center in centers_of(project):
        for pattern, institution in CENTERS:
            if pattern.search(center):
                return institution
    return None


def is_valid(project: Record, *, compat: bool = False) -> bool:
    """Tell whether a project is translated: by its strategy; JGI's also by its status.

    Parameters
    ----------
    compat
        Look at the status only where the center is one text, which GOLD never sends.
    """
    return has_strategy(project) and not is_unfinished(project, compat=compat)


def has_strategy(project: Record) -> bool:
    """Tell whether a project was sequenced in a way that is translated."""
    return _text(project, "sequencingStrategy") in STRATEGIES


def is_unfinished(project: Record, *, compat: bool = False) -> bool:
    """Tell whether JGI is still at work on a project."""
    if _text(project, "projectStatus") in FINISHED:
        return False
    if compat:
        return project.get("sequencingCenters") == "DOE Joint Genome Institute (JGI)"
    jgi = next(pattern for pattern, institution in CENTERS if institution == JGI)
    return any(jgi.search(center) for center in centers_of(project))


def analysed(analysis: Record) -> list[str]:
    """Return the ids of the sequencing projects that an analysis project is about.

    What is no id names no project that is translated.
    """
    value = analysis.get("projects")
    members = value if isinstance(value, list) else [value]
    return [bare(str(each).strip()) for each in members if each is not None]


def select(
    biosamples: Sequence[Record],
    projects: Sequence[Record],
    analysis_projects: Sequence[Record],
    options: GoldOptions,
    report: TranslationReport,
) -> Selection:
    """Choose what is translated; what is not is counted in the report, with the reason."""
    found = Selection()
    found.biosamples = _biosamples(biosamples, options, report)
    found.projects = select_projects(projects, options, report)
    use = report.read(ANALYSIS_PROJECTS, len(analysis_projects))
    for analysis in analysis_projects:
        if all(each in found.projects for each in analysed(analysis)):
            found.analysis_projects.append(analysis)
            use.use()
        else:
            use.skip(OTHER_PROJECTS)
    return found


def select_projects(
    projects: Sequence[Record], options: GoldOptions, report: TranslationReport
) -> dict[str, Record]:
    """Return the projects to translate by id; used ones are counted when they are translated."""
    use = report.read(PROJECTS, len(projects))
    kept: dict[str, Record] = {}
    for project, id_ in _identified(projects, PROJECTS, report):
        if not has_strategy(project):
            use.skip(OTHER_STRATEGY)
        elif is_unfinished(project, compat=options.compat):
            _report_unfinished(project, id_, report.problems)
            use.skip("unfinished_project")
        elif id_ in kept:
            _report_duplicate(PROJECTS, id_, report)
        else:
            kept[id_] = project
    return kept


def _biosamples(
    biosamples: Sequence[Record], options: GoldOptions, report: TranslationReport
) -> dict[str, Record]:
    use = report.read(BIOSAMPLES, len(biosamples))
    kept: dict[str, Record] = {}
    for biosample, id_ in _identified(biosamples, BIOSAMPLES, report):
        if options.enable_biosample_filtering and not any(
            is_valid(each, compat=options.compat) for each in _embedded(biosample)
        ):
            use.skip(NO_GOOD_PROJECT)
        elif id_ in kept:
            _report_duplicate(BIOSAMPLES, id_, report)
        else:
            kept[id_] = biosample
    return kept


def _identified(
    records: Iterable[Record], table: str, report: TranslationReport
) -> Iterable[tuple[Record, str]]:
    for row, record in enumerate(records, start=1):
        id_ = id_of(record, table)
        if id_ is not None:
            yield record, id_
            continue
        name = IDS[table][0]
        value = record.get(name)
        report.problems.add(
            "missing_id",
            f"{table}: record {row} has no {name}" + ("" if value is None else f": {value!r}"),
            table=table,
            column=name,
            value=value,
            row=row,
        )
        report.tables[table].skip("missing_id")


def _text(record: Record, name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) else None


def _embedded(biosample: Record) -> Collection[Record]:
    projects = biosample.get("projects")
    if not isinstance(projects, list):
        return ()
    return [each for each in projects if isinstance(each, Mapping)]


def _report_unfinished(project: Record, id_: str, problems: Problems) -> None:
    status = project.get("projectStatus")
    Reading(project, problems, table=PROJECTS, natural_id=id_).report(
        "unfinished_project", "projectStatus", status, f"left out: at JGI its status is {status!r}"
    )


def _report_duplicate(table: str, id_: str, report: TranslationReport) -> None:
    report.problems.add(
        "duplicate_row",
        f"{table}: {id_} is there twice; the first is taken",
        table=table,
        natural_id=id_,
    )
    report.tables[table].skip("duplicate_row")

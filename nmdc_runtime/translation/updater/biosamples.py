"""Biosamples that GOLD has for a study, and NMDC has not."""

from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.translation.gold.biosamples import Biosamples, add_biosamples
from nmdc_runtime.translation.gold.options import SOURCE, GoldOptions
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import (
    BIOSAMPLES,
    PROJECTS,
    Record,
    bare,
    id_of,
    select,
)
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.updater.reads import GoldReads, NmdcStudy, gold_ids_of

STUDY_IDS: Final = "gold_study_identifiers"
TABLE: Final = "nmdc_study"
DEFAULTS: Final = GoldOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldStudy:
    """What GOLD has of a study, by its id there, without prefix."""

    gold_study_id: str
    biosamples: list[dict[str, Any]]
    projects: list[dict[str, Any]]
    analysis_projects: list[dict[str, Any]]


def gold_study_id(nmdc: NmdcStudy, report: TranslationReport) -> str:
    """Return the first of GOLD's ids of a study in NMDC, without prefix.

    Raises
    ------
    TranslationFailed
        NMDC has no such study, or it has no id of GOLD's.
    """
    report.read(TABLE, 0 if nmdc.study is None else 1)
    study = nmdc.study or {}
    reading = Reading(study, report.problems, table=TABLE, natural_id=nmdc.study_id)
    curies = (
        reading.curie(STUDY_IDS, text, prefix="gold", owner=("Study", STUDY_IDS))
        for text in reading.texts(STUDY_IDS)
    )
    found = list(dict.fromkeys(bare(each) for each in curies if each is not None))
    if not found:
        said = "is not in NMDC" if nmdc.study is None else f"has no {STUDY_IDS}"
        reading.report("missing_study", STUDY_IDS, study.get(STUDY_IDS), f"the study {said}")
        raise TranslationFailed(report)
    if len(found) > 1:
        reading.report(
            "conflicting_values",
            STUDY_IDS,
            ", ".join(found),
            f"it is several studies in GOLD; {found[0]} is taken",
        )
    report.tables[TABLE].use()
    return found[0]


def fetch_gold_study(gold: GoldReads, study_id: str) -> GoldStudy:
    """Fetch a study of GOLD's."""
    return GoldStudy(
        gold_study_id=study_id,
        biosamples=gold.fetch_biosamples_by_study(study_id),
        projects=gold.fetch_projects_by_study(study_id),
        analysis_projects=gold.fetch_analysis_projects_by_study(study_id),
    )


def plan_missing_biosamples(
    nmdc: NmdcStudy,
    gold: GoldStudy,
    options: GoldOptions = DEFAULTS,
    report: TranslationReport | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan each biosample that NMDC lacks, by the same rules as for a whole study.

    Parameters
    ----------
    report
        The one that `gold_study_id` wrote to, to go on with.

    Raises
    ------
    TranslationFailed
        ``strict`` is chosen and a biosample lacks what it must have.
    """
    report = report or TranslationReport(SOURCE)
    existing = {
        gold_id
        for biosample in nmdc.biosamples
        for gold_id in gold_ids_of(biosample, report.problems)
    }
    missing: list[Record] = [
        each for each in gold.biosamples if id_of(each, BIOSAMPLES) not in existing
    ]
    selection = select(missing, gold.projects, gold.analysis_projects, options, report)
    there = len(gold.biosamples) - len(missing)
    report.tables[BIOSAMPLES].read += there
    report.tables[BIOSAMPLES].skip("already_in_nmdc", there)
    # Projects are read for what they say of biosamples; no record of sequencing is made here.
    report.tables[PROJECTS].use(len(selection.projects))
    plan = Plan({nmdc.study_id, *options.site_ids.values()})
    maker = Biosamples(
        selection,
        options,
        report.problems,
        study_id=nmdc.study_id,
        site_key=gold.gold_study_id,
    )
    named = {each["name"]: each["id"] for each in nmdc.biosamples if each.get("name")}
    add_biosamples(plan, maker, selection, report, named=named)
    if report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    plan.check()
    report.add_result(plan)
    return plan, report

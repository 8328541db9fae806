"""Sequencing projects that GOLD has for the biosamples of a study, and NMDC has not."""

from collections.abc import Mapping
from typing import Any, Final

from nmdc_runtime.translation.gold.instruments import SequencingMethods
from nmdc_runtime.translation.gold.options import SOURCE, GoldOptions
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import (
    BIOSAMPLES,
    JGI,
    PROJECTS,
    Record,
    bare,
    id_of,
    processing_institution,
    select_projects,
)
from nmdc_runtime.translation.gold.sequencing import Sequencings
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.updater.inputs import SampleGraph
from nmdc_runtime.translation.updater.reads import (
    BIOSAMPLES_IN_NMDC,
    GOLD_IDS,
    GoldAnswers,
    NmdcStudy,
    gold_ids_of,
)

PROJECT_IDS: Final = "gold_sequencing_project_identifiers"
DEFAULTS: Final = GoldOptions()


def plan_missing_data_generations(
    nmdc: NmdcStudy,
    gold: GoldAnswers,
    instruments: Any = None,  # noqa: ANN401 (a table of any library)
    options: GoldOptions = DEFAULTS,
) -> tuple[Plan, TranslationReport]:
    """Plan a record for each project of JGI's that NMDC lacks; the same filters as for a study.

    Source
    ------
    nmdc-schema ``NucleotideSequencing``; its input is the last sample that was made of the
    biosample before sequencing.
    """
    report = TranslationReport(SOURCE)
    methods = SequencingMethods(
        instruments, report.problems, registered=options.registered_instruments
    )
    if report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    carriers = _carriers(nmdc, gold, report)
    projects = _projects(carriers, gold, options, report)
    existing = _existing(nmdc)
    inputs = _Inputs(nmdc, carriers, report)
    maker = Sequencings(methods, options, report.problems, study_id=nmdc.study_id)
    plan = Plan({nmdc.study_id, *methods.instrument_ids})
    use = report.tables[PROJECTS]
    for gold_id, project in projects.items():
        if gold_id in existing:
            use.skip("already_in_nmdc")
        elif processing_institution(project) != JGI:
            use.skip("not_of_jgi")
        else:
            input_id = inputs.of(id_of(project, BIOSAMPLES) or "")
            plan.external.add(input_id)
            plan.add("data_generation_set", maker.document(gold_id, project, input_id=input_id))
            use.use()
    plan.check()
    report.add_result(plan)
    return plan, report


def _carriers(
    nmdc: NmdcStudy, gold: GoldAnswers, report: TranslationReport
) -> dict[str, list[str]]:
    """Return the ids of the biosamples in NMDC that have an id of GOLD's which GOLD knows."""
    use = report.read(BIOSAMPLES_IN_NMDC, len(nmdc.biosamples))
    carriers: dict[str, list[str]] = {}
    for biosample in nmdc.biosamples:
        gold_ids = gold_ids_of(biosample, report.problems)
        known = [each for each in gold_ids if gold.biosamples.get(each)]
        for gold_id in gold_ids:
            if gold_id not in known:
                report.problems.add(
                    "missing_in_gold",
                    f"{biosample['id']}: GOLD has no biosample {gold_id}",
                    table=BIOSAMPLES_IN_NMDC,
                    natural_id=biosample["id"],
                    column=GOLD_IDS,
                    value=gold_id,
                )
        for gold_id in known:
            carriers.setdefault(gold_id, []).append(biosample["id"])
        if known:
            use.use()
        else:
            use.skip("missing_in_gold" if gold_ids else "no_gold_id")
    return carriers


def _projects(
    carriers: Mapping[str, list[str]],
    gold: GoldAnswers,
    options: GoldOptions,
    report: TranslationReport,
) -> dict[str, Record]:
    own: list[Record] = []
    foreign: list[tuple[str, Record]] = []
    for gold_id in carriers:
        for project in gold.projects.get(gold_id, ()):
            if id_of(project, BIOSAMPLES) == gold_id:
                own.append(project)
            elif project.get("biosampleGoldId") is None:  # it was found by this biosample's id
                own.append({**project, "biosampleGoldId": gold_id})
            else:
                foreign.append((gold_id, project))
    found = select_projects(own, options, report)
    use = report.tables[PROJECTS]
    use.read += len(foreign)
    use.skip("orphan_project", len(foreign))
    for asked, record in foreign:
        named = record.get("biosampleGoldId")
        Reading(
            record,
            report.problems,
            table=PROJECTS,
            natural_id=id_of(record, PROJECTS) or str(record.get("projectGoldId")),
        ).report(
            "orphan_project",
            "biosampleGoldId",
            named,
            f"left out: GOLD gave it for {asked}, and it says that it is of {named!r}",
        )
    return found


def _existing(nmdc: NmdcStudy) -> set[str]:
    """Return the projects that NMDC has a data generation of, in this study or in another."""
    return {
        bare(str(each).strip())
        for document in (*nmdc.data_generations, *nmdc.linked)
        for each in document.get(PROJECT_IDS) or ()
    }


class _Inputs:
    """Decides once for each biosample of GOLD's which sample its projects read."""

    def __init__(
        self, nmdc: NmdcStudy, carriers: Mapping[str, list[str]], report: TranslationReport
    ) -> None:
        self._graph = SampleGraph(nmdc.linked)
        self._carriers = carriers
        self._problems = report.problems
        self._chosen: dict[str, str] = {}

    def of(self, gold_id: str) -> str:
        """Return the id of the sample; if there are several the first, reported."""
        if gold_id not in self._chosen:
            samples = dict.fromkeys(
                sample
                for biosample_id in self._carriers[gold_id]
                for sample in self._graph.last_samples(biosample_id)
            )
            first, *others = samples
            self._chosen[gold_id] = first
            if others:
                self._problems.add(
                    "ambiguous_input",
                    f"{gold_id} may be any of the samples {', '.join(samples)}; {first} is taken",
                    table=BIOSAMPLES,
                    natural_id=gold_id,
                    column="has_input",
                    value=", ".join(samples),
                )
        return self._chosen[gold_id]

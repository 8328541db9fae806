"""The plan of a whole study: study, biosamples, sites and sequencing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.gold.biosamples import (
    Biosamples,
    add_biosamples,
    biosample_label,
)
from nmdc_runtime.translation.gold.instruments import SequencingMethods
from nmdc_runtime.translation.gold.options import SOURCE, GoldOptions
from nmdc_runtime.translation.gold.people import principal_investigator
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import (
    BIOSAMPLES,
    PROJECTS,
    STUDY,
    Record,
    Selection,
    id_of,
    select,
)
from nmdc_runtime.translation.gold.sequencing import Sequencings
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.values import without_empty

DEFAULTS: Final = GoldOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldRecords:
    """What GOLD knows of a study; biosamples have their ``projects`` if they are to be filtered."""

    study: Record | None
    biosamples: Sequence[Record] = ()
    projects: Sequence[Record] = ()
    analysis_projects: Sequence[Record] = ()
    instruments: Any = field(default=None, repr=False)  # the mapping file, as any kind of table


def plan_gold_study(
    records: GoldRecords, options: GoldOptions = DEFAULTS
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of a study; without anything to translate it is an empty plan.

    Raises
    ------
    TranslationFailed
        There is no study, the map of instruments is none, or ``strict`` is chosen and a record
        lacks what it must have. Nothing was minted.

    Source
    ------
    nmdc-schema ``Study``, ``Biosample``, ``FieldResearchSite`` and ``NucleotideSequencing``; GOLD's
    field of each slot in `fields`.
    """
    report = TranslationReport(SOURCE)
    methods = SequencingMethods(
        records.instruments, report.problems, registered=options.registered_instruments
    )
    study_key = _study_key(records.study, report)
    selection = select(
        records.biosamples, records.projects, records.analysis_projects, options, report
    )
    if records.study is None or study_key is None or report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    study_id = Label("nmdc:Study", study_key)
    plan = Plan({*methods.instrument_ids, *options.site_ids.values()})
    if selection.biosamples or selection.projects:
        plan.add("study_set", _study(study_id, records.study, options, report))
    else:
        report.tables[STUDY].skip("nothing_to_translate")
    maker = Biosamples(selection, options, report.problems, study_id=study_id, site_key=study_key)
    left_out = add_biosamples(plan, maker, selection, report)
    _add_sequencing(
        plan,
        Sequencings(methods, options, report.problems, study_id=study_id),
        selection,
        left_out,
        report,
    )
    if report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    plan.check()
    report.add_result(plan)
    return plan, report


def _study_key(study: Mapping[str, Any] | None, report: TranslationReport) -> str | None:
    report.read(STUDY, 0 if study is None else 1)
    key = None if study is None else id_of(study, STUDY)
    if key is None:
        said = "GOLD knows no such study" if study is None else "the study has no id of GOLD's"
        report.problems.add(
            "missing_study",
            f"{said}, so there is nothing to translate",
            table=STUDY,
            column="studyGoldId",
            value=None if study is None else study.get("studyGoldId"),
        )
    return key


def _study(
    study_id: Label, record: Record, options: GoldOptions, report: TranslationReport
) -> dict[str, Any]:
    report.tables[STUDY].use()
    reading = Reading(record, report.problems, table=STUDY, natural_id=study_id.key)
    name = reading.text("studyName")
    return without_empty(
        {
            "id": study_id,
            "type": "nmdc:Study",
            "name": name,
            "title": name,
            "description": reading.text("description"),
            "study_category": options.study_type,
            "gold_study_identifiers": [f"gold:{study_id.key}"],
            "principal_investigator": principal_investigator(reading),
            "provenance_metadata": options.provenance_copy(),
        }
    )


def _add_sequencing(
    plan: Plan,
    maker: Sequencings,
    selection: Selection,
    left_out: set[str],
    report: TranslationReport,
) -> None:
    use = report.tables[PROJECTS]
    for gold_id, project in selection.projects.items():
        biosample_id = id_of(project, BIOSAMPLES)
        if biosample_id is None or biosample_id not in selection.biosamples:
            Reading(project, report.problems, table=PROJECTS, natural_id=gold_id).report(
                "orphan_project",
                "biosampleGoldId",
                project.get("biosampleGoldId"),
                f"left out: its biosample {project.get('biosampleGoldId')!r} is not translated",
            )
            use.skip("orphan_project")
        elif biosample_id in left_out:  # of which there is a report
            use.skip("biosample_left_out")
        else:
            label = biosample_label(biosample_id)
            plan.add("data_generation_set", maker.document(gold_id, project, input_id=label))
            use.use()

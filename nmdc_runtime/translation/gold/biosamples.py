"""Biosamples of GOLD as ``nmdc:Biosample``, and the sites that they come from."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nmdc_runtime.translation.gold.fields import CLASS, biosample_fields
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import (
    ANALYSIS_PROJECTS,
    BIOSAMPLES,
    PROJECTS,
    Record,
    Selection,
    id_of,
)
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.values import without_empty

BIOSAMPLE = "nmdc:Biosample"
SITE = "nmdc:FieldResearchSite"


def biosample_label(gold_id: str) -> Label:
    """Return what stands for the id of a biosample."""
    return Label(BIOSAMPLE, gold_id)


class Biosamples:
    """Makes biosamples of one study.

    Parameters
    ----------
    study_id
        Of the study in NMDC, or what stands for it.
    site_key
        GOLD's id of the study: sites are told apart by it and their names.
    """

    def __init__(
        self,
        selection: Selection,
        options: GoldOptions,
        problems: Problems,
        *,
        study_id: Label | str,
        site_key: str,
    ) -> None:
        self._projects = selection.projects_by_biosample()
        self._analyses = selection.analyses_by_project()
        self._options = options
        self._problems = problems
        self._study_id = study_id
        self._site_key = site_key
        self._fields = biosample_fields(further=options.further_slots)

    def document(self, gold_id: str, record: Record) -> dict[str, Any] | None:
        """Return the ``nmdc:Biosample``; None, reported, if it lacks what it must have."""
        reading = Reading(record, self._problems, table=BIOSAMPLES, natural_id=gold_id)
        values = {each.slot: each.value(reading) for each in self._fields}
        missing = [each for each in self._fields if each.required and not values[each.slot]]
        for each in missing:
            reading.report(
                "missing_value",
                each.source,
                record.get(each.source),
                f"{each.slot} must be supplied, and {each.source} has none; it is left out",
            )
        if missing:
            return None
        return without_empty(
            {
                "id": biosample_label(gold_id),
                "type": BIOSAMPLE,
                "associated_studies": [self._study_id],
                "gold_biosample_identifiers": [f"gold:{gold_id}"],
                "img_identifiers": self._img_identifiers(gold_id),
                "insdc_biosample_identifiers": self._insdc_identifiers(gold_id),
                "collected_from": self._site(values["samp_name"]),
                "provenance_metadata": self._options.provenance_copy(),
                **values,
            }
        )

    def _site(self, samp_name: str | None) -> Label | str | None:
        if not self._options.include_field_site_info or samp_name is None:
            return None
        name = site_name_of(samp_name)
        return self._options.site_ids.get(name) or Label(SITE, f"{self._site_key}/{name}")

    def _img_identifiers(self, gold_id: str) -> list[str]:
        found: set[str] = set()
        for project in self._projects.get(gold_id, ()):
            for analysis in self._analyses.get(id_of(project, PROJECTS) or "", ()):
                reading = Reading(
                    analysis,
                    self._problems,
                    table=ANALYSIS_PROJECTS,
                    natural_id=str(analysis.get("apGoldId")),
                )
                oid = reading.text("imgTaxonOid")
                curie = reading.curie(
                    "imgTaxonOid",
                    None if oid == "0" else oid,
                    prefix="img.taxon",
                    owner=(CLASS, "img_identifiers"),
                )
                if curie is not None:
                    found.add(curie)
        return sorted(found)

    def _insdc_identifiers(self, gold_id: str) -> list[str]:
        """Return one for each project, in their order; an accession may come again."""
        curies = (
            Reading(
                project,
                self._problems,
                table=PROJECTS,
                natural_id=str(project["projectGoldId"]),
            ).identifier(
                "ncbiBioSampleAccession",
                prefix="biosample",
                owner=(CLASS, "insdc_biosample_identifiers"),
            )
            for project in self._projects.get(gold_id, ())
        )
        return [each for each in curies if each is not None]


def site_name_of(samp_name: str) -> str:
    """Return the name of a sample's site: the sample's name without its last word."""
    return samp_name.rpartition(" ")[0].rstrip() or samp_name


def sites_of(biosamples: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ``nmdc:FieldResearchSite`` of each site that is still to be made, by name."""
    names = {
        label: site_name_of(biosample["samp_name"])
        for biosample in biosamples
        if isinstance(label := biosample.get("collected_from"), Label)
    }
    return [
        {"id": label, "name": name, "type": SITE}
        for label, name in sorted(names.items(), key=lambda each: each[1])
    ]


def add_biosamples(
    plan: Plan,
    maker: Biosamples,
    selection: Selection,
    report: TranslationReport,
    *,
    named: Mapping[str, str] = MappingProxyType({}),
) -> set[str]:
    """Plan the biosamples and their sites; return the ids of those that are left out.

    Parameters
    ----------
    named
        Names of the study's samples in NMDC, and whose they are: a study holds one of a name.
    """
    documents: list[dict[str, Any]] = []
    left_out: set[str] = set()
    holders = dict(named)
    for gold_id, record in selection.biosamples.items():
        document = maker.document(gold_id, record)
        if document is None:
            left_out.add(gold_id)
            continue
        documents.append(document)
        holder = holders.setdefault(document["name"], gold_id)
        if holder != gold_id:
            Reading(record, report.problems, table=BIOSAMPLES, natural_id=gold_id).report(
                "repeated_name",
                "biosampleName",
                document["name"],
                f"it has the name of {holder}; a study in NMDC holds one sample of a name, and "
                "refuses a second one",
            )
    report.tables[BIOSAMPLES].use(len(documents))
    report.tables[BIOSAMPLES].skip("missing_value", len(left_out))
    plan.add("biosample_set", *documents)
    plan.add("field_research_site_set", *sites_of(documents))
    return left_out

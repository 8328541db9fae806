"""The published class: fetches, plans, and mints, unless it is only tried out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.gold.options import SOURCE, GoldOptions
from nmdc_runtime.translation.minting import Minter, mint_all, placeholder_minter
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.updater import biosamples, insdc
from nmdc_runtime.translation.updater.data_generations import plan_missing_data_generations
from nmdc_runtime.translation.updater.reads import (
    GoldReads,
    NmdcReads,
    NmdcStudy,
    all_gold_ids,
    fetch_answers,
    fetch_linked,
    fetch_projects,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """What an operation would make, and what is to be told of it."""

    plan: Plan
    report: TranslationReport

    def database(self, minter: Minter, known: Mapping[Label, str] | None = None) -> Database:
        """Return the documents, with ids: known ones, else those of the minter."""
        ids = mint_all(self.plan, minter, known)
        self.report.add_result(self.plan, known or {})
        return Database(self.plan.emit(ids))

    def preview(self) -> Database:
        """Return the documents with ids of a dry run; nothing is minted."""
        return self.database(placeholder_minter())


class DatabaseUpdater:
    """Compares a study in NMDC with GOLD.

    Parameters
    ----------
    nmdc, gold
        Whom to ask.
    nmdc_study_id
        The study in NMDC.
    gold_nmdc_instrument_map_df
        The mapping file, as a table, records or a DataFrame.
    include_field_site_info, enable_biosample_filtering
        As for a whole study; they matter to biosamples alone.
    options
        Further choices; the two above win over those in it.
    """

    def __init__(
        self,
        nmdc: NmdcReads,
        gold: GoldReads,
        nmdc_study_id: str,
        gold_nmdc_instrument_map_df: Any = None,  # noqa: ANN401 (a table of any library)
        *,
        include_field_site_info: bool = False,
        enable_biosample_filtering: bool = True,
        options: GoldOptions | None = None,
    ) -> None:
        self._nmdc = nmdc
        self._gold = gold
        self._study_id = nmdc_study_id
        self._instruments = gold_nmdc_instrument_map_df
        self._options = replace(
            options or GoldOptions(),
            include_field_site_info=include_field_site_info,
            enable_biosample_filtering=enable_biosample_filtering,
        )

    def plan_data_generations(self) -> Planned:
        """Plan records of the sequencing projects that NMDC lacks.

        Raises
        ------
        TranslationFailed
            The study is not in NMDC, or the map of instruments is none.
        """
        found = self._biosamples()
        nmdc = NmdcStudy(
            study_id=self._study_id,
            biosamples=found,
            data_generations=self._nmdc.get_data_generation_records_for_study(self._study_id),
            linked=fetch_linked(self._nmdc, found),
        )
        answers = fetch_answers(self._gold, all_gold_ids(found))
        return Planned(
            *plan_missing_data_generations(nmdc, answers, self._instruments, self._options)
        )

    def plan_biosamples(self) -> Planned:
        """Plan the biosamples that NMDC lacks.

        Raises
        ------
        TranslationFailed
            The study is not in NMDC or has no id of GOLD's, or records are bad and ``strict`` is
            chosen.
        """
        report = TranslationReport(SOURCE)
        nmdc = NmdcStudy(
            study_id=self._study_id,
            study=next(iter(self._nmdc.get_study(self._study_id)), None),
            biosamples=self._nmdc.get_biosamples_for_study(self._study_id),
        )
        study_id = biosamples.gold_study_id(nmdc, report)
        gold = biosamples.fetch_gold_study(self._gold, study_id)
        return Planned(*biosamples.plan_missing_biosamples(nmdc, gold, self._options, report))

    def plan_insdc_updates(self) -> tuple[insdc.InsdcUpdates, TranslationReport]:
        """Make the commands that add the identifiers of INSDC that NMDC lacks.

        Raise `TranslationFailed` if the study is not in NMDC.
        """
        nmdc = NmdcStudy(
            study_id=self._study_id,
            biosamples=self._biosamples(),
            data_generations=self._nmdc.get_data_generation_records_for_study(self._study_id),
        )
        projects = fetch_projects(self._gold, all_gold_ids(nmdc.biosamples))
        return insdc.plan_insdc_updates(nmdc, projects)

    def _biosamples(self) -> list[dict[str, Any]]:
        """Fetch the biosamples of the study; that it has none may be a slip in its id."""
        found = self._nmdc.get_biosamples_for_study(self._study_id)
        if not found and not self._nmdc.get_study(self._study_id):
            report = TranslationReport(SOURCE)
            report.problems.add(
                "missing_study",
                f"the study {self._study_id} is not in NMDC",
                table=biosamples.TABLE,
                natural_id=self._study_id,
            )
            raise TranslationFailed(report)
        return found

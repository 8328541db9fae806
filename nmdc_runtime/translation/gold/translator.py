"""The published class: records of GOLD in, `Database` out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.gold.options import SOURCE, GoldOptions
from nmdc_runtime.translation.gold.selection import Record, Selection, select
from nmdc_runtime.translation.gold.study import GoldRecords, plan_gold_study
from nmdc_runtime.translation.minting import Minter, mint_all
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationReport


class GoldStudyTranslator:
    """Translates a study of GOLD's once.

    Parameters
    ----------
    study, biosamples, projects, analysis_projects
        Records as GOLD's API gives them; they are not changed.
    study_type
        The ``study_category``; a `ValueError` if the schema does not have it.
    gold_nmdc_instrument_map_df
        The mapping file, as a table, records or a DataFrame.
    id_minter
        Asked once for each class, for as many ids as are needed.
    options
        Further choices; the three above win over those in it.
    known
        Ids that an earlier run minted for the same records.

    Attributes
    ----------
    biosamples, projects, analysis_projects
        What is translated of the given records.
    report
        What was read, used and left out, and why.
    """

    def __init__(  # noqa: PLR0917 (the published order)
        self,
        study: Record | None = None,
        study_type: str = "research_study",
        biosamples: Sequence[Record] | None = None,
        projects: Sequence[Record] | None = None,
        analysis_projects: Sequence[Record] | None = None,
        gold_nmdc_instrument_map_df: Any = None,  # noqa: ANN401 (a table of any library)
        include_field_site_info: bool = False,
        enable_biosample_filtering: bool = True,
        *,
        id_minter: Minter | None = None,
        options: GoldOptions | None = None,
        known: Mapping[Label, str] | None = None,
    ) -> None:
        self._options = replace(
            options or GoldOptions(),
            study_type=study_type,
            include_field_site_info=include_field_site_info,
            enable_biosample_filtering=enable_biosample_filtering,
        )
        self._records = GoldRecords(
            study=study,
            biosamples=biosamples or (),
            projects=projects or (),
            analysis_projects=analysis_projects or (),
            instruments=gold_nmdc_instrument_map_df,
        )
        self._minter = id_minter
        self._known = known or {}

    @property
    def biosamples(self) -> list[Record]:
        """The biosamples to translate."""
        return list(self._selection.biosamples.values())

    @property
    def projects(self) -> list[Record]:
        """The sequencing projects to translate."""
        return list(self._selection.projects.values())

    @property
    def analysis_projects(self) -> list[Record]:
        """The analysis projects of which there is something to say."""
        return self._selection.analysis_projects

    @property
    def plan(self) -> Plan:
        """The planned graph, before any id is minted."""
        return self._result[0]

    @property
    def report(self) -> TranslationReport:
        """What was read, used and skipped, and why."""
        return self._result[1]

    def get_database(self) -> Database:
        """Return the translated documents, with ids of the minter.

        Raises
        ------
        TranslationFailed
            Something must stop the run; nothing was minted.
        """
        if self._minter is None:
            raise ValueError("an id_minter is needed to make a database")
        ids = mint_all(self.plan, self._minter, self._known)
        self.report.add_result(self.plan, self._known)
        return Database(self.plan.emit(ids))

    @cached_property
    def _selection(self) -> Selection:
        records = self._records
        return select(
            records.biosamples,
            records.projects,
            records.analysis_projects,
            self._options,
            TranslationReport(SOURCE),
        )

    @cached_property
    def _result(self) -> tuple[Plan, TranslationReport]:
        return plan_gold_study(self._records, self._options)

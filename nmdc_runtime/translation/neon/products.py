"""The three translators by name, for those who are told which one to use."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from nmdc_runtime.translation.neon import benthic, soil, soil_tables, surface_water
from nmdc_runtime.translation.neon.constants import (
    BENTHIC,
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
    SITES_TABLE,
    SOIL,
    SURFACE_WATER,
)
from nmdc_runtime.translation.neon.mappings import (
    Source,
    read_envo_mapping,
    read_instrument_mapping,
    read_raw_file_mapping,
)
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Table


class Planner(Protocol):
    """Plans the documents of a product; see `soil.plan_soil`."""

    def __call__(
        self,
        tables: Mapping[str, Table],
        references: NeonReferences,
        options: NeonOptions,
        *,
        found: Problems | None,
    ) -> tuple[Plan, TranslationReport]:
        """Return the plan and the report, or raise `TranslationFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class NeonFlow:
    """A translator with all that it must be given.

    Parameters
    ----------
    source
        What reports call it, e.g. ``neon-soil``.
    mappings
        The mapping files that it reads, by the names of their tables.
    """

    source: str
    tables: tuple[str, ...]
    mappings: tuple[str, ...]
    planner: Planner

    def plan(
        self,
        tables: Mapping[str, Table],
        references: NeonReferences,
        options: NeonOptions,
        found: Problems,
    ) -> tuple[Plan, TranslationReport]:
        """Return the plan and the report, which begins with what was found on reading.

        Raises
        ------
        TranslationFailed
            Something must stop the run; its report has what was found too.
        """
        try:
            return self.planner(tables, references, options, found=found)
        except TranslationFailed as failed:
            report = failed.report
            if report.problems is found:
                raise
            # Of tables that are not there nothing else is said.
            found.extend(report.problems)
            report.problems = found
            raise TranslationFailed(report) from None


FLOWS: Final[Mapping[str, NeonFlow]] = MappingProxyType(
    {
        flow.source: flow
        for flow in (
            NeonFlow(
                SOIL.source,
                (*soil_tables.MMS_TABLES, *soil_tables.SLS_TABLES),
                (ENVO_TABLE, RAW_MAPPING_TABLE, INSTRUMENT_TABLE),
                soil.plan_soil,
            ),
            NeonFlow(BENTHIC.source, benthic.TABLES, (INSTRUMENT_TABLE,), benthic.plan_benthic),
            NeonFlow(
                SURFACE_WATER.source,
                surface_water.TABLES,
                (INSTRUMENT_TABLE,),
                surface_water.plan_surface_water,
            ),
        )
    }
)

_READERS: Final = {
    ENVO_TABLE: read_envo_mapping,
    RAW_MAPPING_TABLE: read_raw_file_mapping,
    INSTRUMENT_TABLE: read_instrument_mapping,
}


def read_references(
    flow: NeonFlow,
    sources: Mapping[str, Source],
    site_names: Mapping[str, str],
    problems: Problems,
) -> NeonReferences:
    """Return the helper tables of a translator, checked.

    Parameters
    ----------
    sources
        The mapping files by the names of their tables; others than those of the flow are not read,
        and one that is not there is a problem.
    site_names
        Without any, that is one problem, and not one of each sample.
    """
    if not site_names:
        problems.add("missing_table", "the names of NEON's sites were not given", table=SITES_TABLE)
    read = {}
    for name in flow.mappings:
        if name in sources:
            read[name] = _READERS[name](sources[name], problems)
        elif flow.source != SOIL.source:  # which says so itself
            problems.add("missing_table", f"the mapping {name} was not given", table=name)
    return NeonReferences(
        site_names=site_names,
        instruments=read.get(INSTRUMENT_TABLE),
        envo=read.get(ENVO_TABLE),
        raw_files=read.get(RAW_MAPPING_TABLE),
    )

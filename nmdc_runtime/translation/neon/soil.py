"""Soil: metagenomes of NEON's terrestrial sites (DP1.10107.001 with DP1.10086.001).

Cores are pooled, DNA is extracted from the pool, a library is made of it and sequenced. One
``Pooling`` for each pool of several cores, one ``Extraction`` and ``LibraryPreparation`` for each
DNA sample, one ``NucleotideSequencing`` for each run of its files.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from nmdc_runtime.translation.minting import Minter
from nmdc_runtime.translation.neon.constants import SOIL
from nmdc_runtime.translation.neon.lookups import InstrumentMap
from nmdc_runtime.translation.neon.options import NeonOptions, OnError
from nmdc_runtime.translation.neon.soil_biosamples import SoilBiosamples
from nmdc_runtime.translation.neon.soil_processes import SoilProcesses
from nmdc_runtime.translation.neon.soil_selection import (
    NOT_TRANSLATED,
    SoilData,
    SoilSample,
    read_soil,
    report_empty,
    select_samples,
)
from nmdc_runtime.translation.neon.soil_tables import (
    CORES,
    EXTRACTION,
    MEASURED,
    MMS_TABLES,
    MMS_WORDS,
    POOLS,
    SEQUENCING,
    SLS_TABLES,
    SLS_WORDS,
)
from nmdc_runtime.translation.neon.translator import (
    NeonReferences,
    NeonTranslator,
    check_tables,
    tables_of,
)
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Table

DEFAULTS: Final = NeonOptions()


def plan_soil(
    tables: Mapping[str, Table],
    references: NeonReferences,
    options: NeonOptions = DEFAULTS,
    *,
    found: Problems | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of NEON's soil samples.

    Parameters
    ----------
    tables
        The nine tables of `soil_tables.COLUMNS`, cells as read.
    references
        All four are needed.
    found
        What was wrong when tables and reference files were read; the report begins with it.

    Returns
    -------
    Plan, TranslationReport
        Biosamples, processes, processed samples, data objects and manifests with labels for ids;
        and what was read, used and skipped.

    Raises
    ------
    TranslationFailed
        Something must stop the run; with ``on_error: fail`` also any sample with an error.

    Source
    ------
    nmdc-schema ``Biosample``, ``Pooling``, ``Extraction``, ``LibraryPreparation``,
    ``NucleotideSequencing``; NEON's column of each slot in `soil_tables`.
    """
    absent = TranslationReport(SOIL.source)
    check_tables(tables, MMS_TABLES, absent, group=MMS_WORDS)
    check_tables(tables, SLS_TABLES, absent, group=SLS_WORDS)
    report = TranslationReport(SOIL.source, problems=found or Problems())
    data = read_soil(tables, references, options, report)
    samples = select_samples(data, report)
    if not samples:
        report_empty(report, options)
    biosamples = SoilBiosamples(data, references.site_names, options, report.problems)
    processes = SoilProcesses(data, InstrumentMap(references.instruments), options, report)
    sound = [
        sample
        for sample in samples
        # All lookups are made, so that all that is wrong is told at once.
        if all(
            [processes.look_up(sample.dna_id), *map(biosamples.look_up, sample.core_ids)],
        )
    ]
    if samples and not sound and options.on_error is OnError.SKIP:
        report_empty(report, options)

    plan = Plan({SOIL.study_id})
    processes.add_to(plan, sound, biosamples)
    _account(data, samples, sound, report)
    processes.account_files(sound, samples)
    if report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    plan.check()
    report.add_result(plan)
    return plan, report


class NeonSoilTranslator(NeonTranslator):
    """The published class: tables in, `Database` out.

    Parameters
    ----------
    mms_data, sls_data
        Tables by name, of the metagenome and of the periodic product; further ones are ignored.
        A table may be a `Table`, records or a DataFrame.
    envo, raw_mapping, instrument_mapping
        The mapping files, as tables.
    allowed_dna_sample_ids
        Translate only these; none, or an empty set, means all.
    """

    def __init__(  # noqa: PLR0917 (the published order)
        self,
        mms_data: Mapping[str, Any],
        sls_data: Mapping[str, Any],
        envo: Any,  # noqa: ANN401 (a table of any library)
        raw_mapping: Any,  # noqa: ANN401
        site_code_mapping: Mapping[str, str] | None = None,
        instrument_mapping: Any = None,  # noqa: ANN401
        allowed_dna_sample_ids: Collection[str] | None = None,
        id_minter: Minter | None = None,
        *,
        options: NeonOptions | None = None,
    ) -> None:
        super().__init__(id_minter)
        report = TranslationReport(SOIL.source)
        check_tables(mms_data, MMS_TABLES, report, group=MMS_WORDS)
        check_tables(sls_data, SLS_TABLES, report, group=SLS_WORDS)
        self._tables = tables_of(mms_data, MMS_TABLES) | tables_of(sls_data, SLS_TABLES)
        self._references = NeonReferences(
            site_names=site_code_mapping or {},
            instruments=_table("instruments", instrument_mapping),
            envo=_table("envo", envo),
            raw_files=_table("raw_files", raw_mapping),
        )
        self._options = options or NeonOptions(dna_sample_ids=allowed_dna_sample_ids or ())

    def _planned(self) -> tuple[Plan, TranslationReport]:
        return plan_soil(self._tables, self._references, self._options)


def _table(name: str, content: Any) -> Table | None:  # noqa: ANN401 (a table of any library)
    return None if content is None else Table.of(name, content)


def _account(
    data: SoilData,
    samples: list[SoilSample],
    sound: list[SoilSample],
    report: TranslationReport,
) -> None:
    for sample in samples:
        for table in (SEQUENCING, EXTRACTION):
            data.reasons.setdefault((table, sample.dna_id), NOT_TRANSLATED)
        data.reasons.setdefault((POOLS, sample.pool_id), NOT_TRANSLATED)
        for core_id in sample.core_ids:
            for table in (CORES, *MEASURED):
                data.reasons.setdefault((table, core_id), NOT_TRANSLATED)
    dna_ids = {sample.dna_id for sample in sound}
    core_ids = {core_id for sample in sound for core_id in sample.core_ids}
    for table in (SEQUENCING, EXTRACTION):
        data.account(table, dna_ids, report)
    data.account(POOLS, {sample.pool_id for sample in sound}, report)
    for table in (CORES, *MEASURED):
        data.account(table, core_ids, report)

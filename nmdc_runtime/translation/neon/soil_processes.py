"""From cores to reads: pooling, extraction, library, sequencing and files of soil samples."""

from collections.abc import Sequence
from typing import Any

from nmdc_runtime.translation.neon.constants import RAW_MAPPING_TABLE, SOIL
from nmdc_runtime.translation.neon.files import (
    SequencingRun,
    data_object,
    manifest,
    manifest_label,
    raw_files,
    sequencing_runs,
)
from nmdc_runtime.translation.neon.lookups import InstrumentMap, analysis_type, qc_status
from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.neon.origins import Origin
from nmdc_runtime.translation.neon.processes import (
    extraction,
    library_preparation,
    nucleotide_sequencing,
    pooling,
    processed_sample,
)
from nmdc_runtime.translation.neon.rows import chosen
from nmdc_runtime.translation.neon.soil_biosamples import SoilBiosamples
from nmdc_runtime.translation.neon.soil_selection import NOT_TRANSLATED, SoilData, SoilSample
from nmdc_runtime.translation.neon.soil_tables import (
    CORES,
    DECLARED_PROTOCOLS,
    DECLARED_PURITY,
    EXTRACTION,
    EXTRACTION_SLOTS,
    LIBRARY_SLOTS,
    SEQUENCING,
)
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Cell
from nmdc_runtime.translation.values import without_empty


class SoilProcesses:
    """Adds the processes of samples to a plan, each with what it makes."""

    def __init__(
        self,
        data: SoilData,
        instruments: InstrumentMap,
        options: NeonOptions,
        report: TranslationReport,
    ) -> None:
        self._data = data
        self._instruments = instruments
        self._options = options
        self._report = report
        self._problems = report.problems
        self._instrument_ids: dict[str, str | None] = {}
        self._owners: dict[str, str] = {}
        self._chosen: dict[tuple[str, str, str], Cell] = {}

    def look_up(self, dna_id: str) -> bool:
        """Tell whether the instrument of a sample is named; report what is wrong with it."""
        model = self._of_dna(SEQUENCING, dna_id, "instrument_model")
        found = self._instruments.find(model)
        self._instrument_ids[dna_id] = found.instrument_id
        if found.problem:
            self._problems.add(
                found.problem,
                f"instrument_model {model!r} of {dna_id} could not be found in the map of NEON's "
                "instruments",
                table=SEQUENCING,
                natural_id=dna_id,
                column="instrument_model",
                value=model,
            )
        return found.problem != "missing_instrument_model"

    def add_to(self, plan: Plan, samples: Sequence[SoilSample], biosamples: SoilBiosamples) -> None:
        """Add all documents of the samples, the biosamples of their cores first."""
        plan.external |= self._instruments.instrument_ids
        self._add_biosamples(plan, samples, biosamples)
        pools = {sample.pool_id: sample for sample in samples if sample.is_pooled}
        for pool_id in sorted(pools):
            self._add_pooling(plan, pools[pool_id], biosamples)
        for sample in sorted(samples, key=lambda each: each.dna_id):
            self._add_extraction(plan, sample, biosamples)
        for sample in samples:
            self._add_library(plan, sample)
        for sample in samples:
            self._add_sequencing(plan, sample)

    def account_files(self, sound: Sequence[SoilSample], samples: Sequence[SoilSample]) -> None:
        """Count the files that belong to no sample; those of translated ones are counted."""
        done = {sample.dna_id for sample in sound}
        known = {sample.dna_id for sample in samples}
        use = self._report.tables[RAW_MAPPING_TABLE]
        orphans: dict[str, int] = {}
        for dna_id, rows in self._data.rows[RAW_MAPPING_TABLE].items():
            if dna_id in done:
                continue
            if dna_id in known:
                use.skip(NOT_TRANSLATED, len(rows))
            else:
                orphans[dna_id] = len(rows)
        if orphans:
            total = sum(orphans.values())
            use.skip("orphan_raw_file", total)
            self._problems.add(
                "orphan_raw_file",
                f"table {RAW_MAPPING_TABLE}: {total} rows belong to {len(orphans)} DNA samples "
                f"that are not translated, first {next(iter(orphans))}",
                table=RAW_MAPPING_TABLE,
                natural_id=next(iter(orphans)),
                count=total,
            )

    def _add_biosamples(
        self, plan: Plan, samples: Sequence[SoilSample], biosamples: SoilBiosamples
    ) -> None:
        types = {sample.dna_id: self._analysis_type(sample.dna_id) for sample in samples}
        dna_of: dict[str, list[str]] = {}
        for sample in samples:
            for core_id in sample.core_ids:
                dna_of.setdefault(core_id, []).append(sample.dna_id)
        for core_id in self._data.rows[CORES]:
            if core_id not in dna_of:
                continue
            if biosamples.is_external(core_id):
                plan.external.add(str(biosamples.id_of(core_id)))
                continue
            found = biosamples.analysis_type(core_id, (types[dna] for dna in dna_of[core_id]))
            plan.add("biosample_set", biosamples.document(core_id, analysis_type=found))

    def _add_pooling(self, plan: Plan, sample: SoilSample, biosamples: SoilBiosamples) -> None:
        starts = self._of_cores(sample, "startDate")
        ends = self._of_cores(sample, "collectDate")
        spans = self._options.corrects(Correction.POOLING_DATES)
        pooled = _pooled(sample)
        plan.add(
            "material_processing_set",
            self._protocol("nmdc:Pooling", sample.pool_id)
            | pooling(
                Label("nmdc:Pooling", SOIL.key(sample.pool_id)),
                inputs=[biosamples.id_of(core_id) for core_id in sample.core_ids],
                output=pooled,
                start_date=min(starts) if spans and starts else _first(starts),
                end_date=max(ends) if spans and ends else _first(ends),
            ),
        )
        plan.add("processed_sample_set", processed_sample(pooled, sample.pool_id))

    def _add_extraction(self, plan: Plan, sample: SoilSample, biosamples: SoilBiosamples) -> None:
        dna_id = sample.dna_id
        extracted = _extracted(dna_id)
        source = _pooled(sample) if sample.is_pooled else biosamples.id_of(sample.core_ids[0])
        status = self._slot(EXTRACTION_SLOTS["qc_status"], sample)
        mass = self._slot(EXTRACTION_SLOTS["input_mass"], sample)
        plan.add(
            "material_processing_set",
            self._protocol("nmdc:Extraction", dna_id)
            | extraction(
                Label("nmdc:Extraction", SOIL.key(dna_id)),
                inputs=[source],
                output=extracted,
                start_date=self._slot(EXTRACTION_SLOTS["start_date"], sample),
                end_date=self._slot(EXTRACTION_SLOTS["end_date"], sample),
                laboratory_name=self._slot(EXTRACTION_SLOTS["processing_institution"], sample),
                qc_status=self._qc_status(dna_id, status),
                input_mass_g=None if mass is None else float(mass),
            ),
        )
        purity = self._declared_purity(dna_id)
        plan.add("processed_sample_set", processed_sample(extracted, dna_id) | purity)

    def _add_library(self, plan: Plan, sample: SoilSample) -> None:
        library = _library(sample.dna_id)
        plan.add(
            "material_processing_set",
            self._protocol("nmdc:LibraryPreparation", sample.dna_id)
            | library_preparation(
                Label("nmdc:LibraryPreparation", SOIL.key(sample.dna_id)),
                inputs=[_extracted(sample.dna_id)],
                output=library,
                start_date=self._slot(LIBRARY_SLOTS["start_date"], sample),
                end_date=self._slot(LIBRARY_SLOTS["end_date"], sample),
                laboratory_name=self._slot(LIBRARY_SLOTS["processing_institution"], sample),
            ),
        )
        plan.add("processed_sample_set", processed_sample(library, sample.dna_id))

    def _add_sequencing(self, plan: Plan, sample: SoilSample) -> None:
        dna_id = sample.dna_id
        override = self._options.library_sample_override.get(dna_id)
        if override:
            plan.external.add(override)
        runs = self._runs(dna_id)
        together = manifest_label(SOIL, dna_id) if len(runs) > 1 else None
        every: list[SequencingRun | None] = [*runs] or [None]  # without files it was sequenced too
        for run in every:
            files = run.by_read if run else []
            plan.add(
                "data_generation_set",
                nucleotide_sequencing(
                    Label(
                        "nmdc:NucleotideSequencing",
                        SOIL.key(dna_id, run.base) if run else SOIL.key(dna_id),
                    ),
                    product=SOIL,
                    sample_id=dna_id,
                    run_name=run.base if run and together else None,
                    inputs=[override or _library(dna_id)],
                    outputs=[file.label for file in files],
                    facility=self._of_dna(SEQUENCING, dna_id, "sequencingFacilityID"),
                    instrument_id=self._instrument_ids[dna_id],
                    ncbi_project=self._of_dna(SEQUENCING, dna_id, "ncbiProjectID"),
                ),
            )
            plan.add("data_object_set", *(data_object(file, manifest=together) for file in files))
        if together:
            plan.add("manifest_set", manifest(together))

    def _runs(self, dna_id: str) -> list[SequencingRun]:
        table = RAW_MAPPING_TABLE
        files = raw_files(
            self._data.of(table, dna_id),
            table=table,
            sample_id=dna_id,
            problems=self._problems,
            use=self._report.tables[table],
            has_checksums=True,
            owners=self._owners,
        )
        return sequencing_runs(files, table=table, sample_id=dna_id, problems=self._problems)

    def _protocol(self, class_uri: str, natural_id: str) -> dict[str, Any]:
        """Return the protocol of a process, where that slot is switched on."""
        if not self._options.corrects(Correction.DECLARED_SLOTS):
            return {}
        table, column = DECLARED_PROTOCOLS[class_uri]
        name = self._of_dna(table, natural_id, column)
        return {"protocol_link": {"type": "nmdc:Protocol", "name": name}} if name else {}

    def _declared_purity(self, dna_id: str) -> dict[str, Any]:
        if not self._options.corrects(Correction.DECLARED_SLOTS):
            return {}
        origin = DECLARED_PURITY
        return without_empty(
            {origin.slot: origin.value(self._of_dna(origin.table, dna_id, origin.column))}
        )

    def _qc_status(self, dna_id: str, status: Cell) -> str | None:
        if status is None:
            return None
        known = qc_status(status)
        if known is None:
            self._problems.add(
                "unknown_qc_status",
                f"{dna_id} has the status {status!r}, which the schema lacks",
                table=EXTRACTION,
                natural_id=dna_id,
                column="qaqcStatus",
                value=status,
            )
        return known

    def _analysis_type(self, dna_id: str) -> str | None:
        text = self._of_dna(EXTRACTION, dna_id, "sequenceAnalysisType")
        if text is None:
            return None
        known = analysis_type(text)
        if known is None:
            self._problems.add(
                "unknown_analysis_type",
                f"{dna_id} was analysed by {text!r}, which the schema lacks",
                table=EXTRACTION,
                natural_id=dna_id,
                column="sequenceAnalysisType",
                value=text,
            )
        return known

    def _slot(self, origin: Origin, sample: SoilSample) -> Cell:
        """Return the cell of a process's slot, from the table that options choose."""
        table, column = origin.place(self._options)
        if table == CORES:
            return _first(self._of_cores(sample, column))
        return self._of_dna(table, sample.dna_id, column)

    def _of_dna(self, table: str, dna_id: str, column: str) -> Cell:
        """Return the value of a DNA sample, or of a pool in the table of pools."""
        place = (table, dna_id, column)
        if place not in self._chosen:  # so that a conflict is told once
            rows = self._data.of(table, dna_id)
            self._chosen[place] = chosen(
                rows, column, self._problems, table=table, natural_id=dna_id
            )
        return self._chosen[place]

    def _of_cores(self, sample: SoilSample, column: str) -> list[Any]:
        """Return the values of the sample's cores, in the order of their table."""
        rows = (row for core_id in sample.core_ids for row in self._data.of(CORES, core_id))
        return [row[column] for row in rows if row[column] is not None]


def _first(values: Sequence[Cell]) -> Cell:
    return values[0] if values else None


def _pooled(sample: SoilSample) -> Label:
    return Label("nmdc:ProcessedSample", SOIL.key("pooled", sample.pool_id))


def _extracted(dna_id: str) -> Label:
    return Label("nmdc:ProcessedSample", SOIL.key("extracted", dna_id))


def _library(dna_id: str) -> Label:
    return Label("nmdc:ProcessedSample", SOIL.key("library", dna_id))

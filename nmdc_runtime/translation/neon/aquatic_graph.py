"""The graph of benthic and surface water samples, from the joined tables to a plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from nmdc_runtime.translation.neon import processes
from nmdc_runtime.translation.neon.aquatic import (
    AquaticProduct,
    AquaticTables,
    DnaSample,
    FieldSample,
    Values,
)
from nmdc_runtime.translation.neon.aquatic_biosamples import AquaticBiosamples
from nmdc_runtime.translation.neon.files import (
    SequencingRun,
    data_object,
    manifest,
    manifest_label,
    raw_files,
    sequencing_runs,
)
from nmdc_runtime.translation.neon.lookups import InstrumentMap, qc_status
from nmdc_runtime.translation.neon.mappings import Environments, default_environments
from nmdc_runtime.translation.neon.options import Correction, NeonOptions, OnError
from nmdc_runtime.translation.neon.origins import Origin
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.problems import Problems, Severity
from nmdc_runtime.translation.report import TableUse, TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Cell, Row, Table
from nmdc_runtime.translation.values import JsonObject

#: A sample with more raw files than this, so with more than one run, gets a manifest.
FILES_OF_A_RUN: Final = 2


def plan_aquatic(
    spec: AquaticProduct,
    tables: Mapping[str, Table],
    references: NeonReferences,
    options: NeonOptions,
    *,
    environments: Environments | None = None,
    found: Problems | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of a product.

    Parameters
    ----------
    environments
        Which terms stand for NEON's words; by default those of this package.
    found
        What was wrong when tables and reference files were read; the report begins with it.

    Raises
    ------
    TranslationFailed
        Something must stop the run: it carries the report with everything that was found.
    """
    report = TranslationReport(spec.product.source, problems=found or Problems())
    joined = AquaticTables(spec, tables, options, report)
    planner = _Planner(joined, references, options, environments or default_environments())
    kept = [sample for sample in joined.samples if planner.add(sample)]
    joined.finish(kept)
    if not joined.samples or (not kept and options.on_error is OnError.SKIP):
        use = report.tables[spec.sequencing_table]
        why = ", ".join(f"{reason}: {count}" for reason, count in sorted(use.skipped.items()))
        report.problems.add(
            "empty_selection",
            f"none of the {use.read} rows of {spec.sequencing_table} leads to a sample that can be "
            f"translated ({why or 'it is empty'})",
            table=spec.sequencing_table,
        )
    if report.fails(on_error=options.on_error):
        raise TranslationFailed(report)
    plan = planner.plan()
    plan.check()
    report.add_result(plan)
    return plan, report


class _Planner:
    """Adds one field sample after the other to a plan."""

    def __init__(
        self,
        joined: AquaticTables,
        references: NeonReferences,
        options: NeonOptions,
        environments: Environments,
    ) -> None:
        self._joined = joined
        self._spec = joined.spec
        self._options = options
        self._make_biosample = AquaticBiosamples(
            self._spec, references.site_names, options, environments, joined.problems
        )
        self._instruments = InstrumentMap(references.instruments)
        self._problems: Problems = joined.problems
        self._files_of: dict[str, str] = {}
        self._external = {self._spec.product.study_id}
        # By step, so that all extractions stand before all libraries, whatever sample they are of.
        self._biosamples: list[JsonObject] = []
        self._extractions: list[JsonObject] = []
        self._libraries: list[JsonObject] = []
        self._extracted: list[JsonObject] = []
        self._prepared: list[JsonObject] = []
        self._generations: list[JsonObject] = []
        self._data_objects: list[JsonObject] = []
        self._manifests: list[JsonObject] = []

    def plan(self) -> Plan:
        """Return the plan of all samples that were added."""
        plan = Plan(self._external)
        plan.add("biosample_set", *self._biosamples)
        plan.add("material_processing_set", *self._extractions, *self._libraries)
        plan.add("processed_sample_set", *self._extracted, *self._prepared)
        plan.add("data_generation_set", *self._generations)
        plan.add("data_object_set", *self._data_objects)
        plan.add("manifest_set", *self._manifests)
        return plan

    def add(self, sample: FieldSample) -> bool:
        """Plan all documents of a sample; False, and none is planned, if one cannot be made."""
        errors = self._problems.count(Severity.ERROR)
        values = self._joined.values_of_sample(sample)
        existing = self._options.existing_biosample_ids.get(sample.sample_id)
        biosample = None if existing else self._make_biosample(sample.sample_id, values)
        known = [self._known(dna, values) for dna in sample.dna]
        if self._problems.count(Severity.ERROR) > errors:
            return False
        counted = self._joined.uses[self._spec.raw_table]
        for dna in known:
            counted.used += dna.raw_use.used
            counted.skipped += dna.raw_use.skipped
        if biosample is not None:
            self._biosamples.append(biosample)
        elif existing:
            self._external.add(existing)
        input_ = existing or self._label("nmdc:Biosample", sample.sample_id)
        override = self._options.library_sample_override.get(sample.sample_id)
        if override:
            self._external.add(override)
        for dna in known:
            library = self._processes(dna, input_)
            self._sequencing(dna, override or library)
        return True

    def _label(self, class_uri: str, *parts: str) -> Label:
        return Label(class_uri, self._spec.product.key(*parts))

    def _known(self, dna: DnaSample, of_sample: Values) -> "_Known":
        """Look up what a DNA sample needs, before anything is planned."""
        spec = self._spec
        values = self._joined.values_of_dna(dna, of_sample)
        use = TableUse()  # the rows of a sample that turns out to have an error are not used
        files, runs = self._runs(dna, use)
        if not runs:  # without files there is no sequencing, and no instrument is asked for
            return _Known(dna, values, use, files, runs, None)
        model = values.of(spec.sequencing_table, "instrument_model")
        instrument = self._instruments.find(model)
        if instrument.problem is not None:
            said = "has no instrument_model" if model is None else f"names the model {model!r}"
            self._problems.add(
                instrument.problem,
                f"table {spec.sequencing_table}: {dna.dna_id} {said}, for which the mapping of "
                "instruments has no single one",
                table=spec.sequencing_table,
                natural_id=dna.dna_id,
                column="instrument_model",
                value=model,
            )
        return _Known(dna, values, use, files, runs, instrument.instrument_id)

    def _runs(self, dna: DnaSample, use: TableUse) -> tuple[int, list[SequencingRun]]:
        """Return how many files a DNA sample has, and its runs; a file belongs to one sample."""
        spec = self._spec
        own: list[Row] = []
        for row in self._joined.raw_by_dna.get(dna.dna_id, ()):
            url = str(row.get("rawDataFilePath"))
            owner = self._files_of.setdefault(url, dna.dna_id)
            if owner == dna.dna_id:
                own.append(row)
                continue
            use.skip("conflicting_values")
            self._problems.add(
                "conflicting_values",
                f"table {spec.raw_table} lists {url} for {dna.dna_id} and for {owner}, which keeps "
                "it",
                table=spec.raw_table,
                natural_id=dna.dna_id,
                column="rawDataFilePath",
                value=url,
            )
        files = raw_files(
            own,
            table=spec.raw_table,
            sample_id=dna.dna_id,
            problems=self._problems,
            use=use,
            has_checksums=False,
        )
        runs = sequencing_runs(
            files, table=spec.raw_table, sample_id=dna.dna_id, problems=self._problems
        )
        return len(files), _by_run_id(runs) if spec.runs_by_id else runs

    def _processes(self, known: "_Known", input_: Label | str) -> Label:
        """Plan extraction and library; return the sample that the library is."""
        spec, dna_id = self._spec, known.dna.dna_id
        extracted = self._label("nmdc:ProcessedSample", "extracted", dna_id)
        library = self._label("nmdc:ProcessedSample", "library", dna_id)

        def of(origins: Mapping[str, Origin], slot: str) -> Cell:
            return known.values.from_(origins[slot], self._options)

        mass_g = of(spec.extraction, "input_mass")
        self._extractions.append(
            processes.extraction(
                self._label("nmdc:Extraction", dna_id),
                inputs=[input_],
                output=extracted,
                start_date=of(spec.extraction, "start_date"),
                end_date=of(spec.extraction, "end_date"),
                laboratory_name=of(spec.extraction, "processing_institution"),
                qc_status=self._qc_status(known),
                input_mass_g=mass_g if isinstance(mass_g, float) else None,
            )
        )
        self._libraries.append(
            processes.library_preparation(
                self._label("nmdc:LibraryPreparation", dna_id),
                inputs=[extracted],
                output=library,
                start_date=of(spec.library, "start_date"),
                end_date=of(spec.library, "end_date"),
                laboratory_name=of(spec.library, "processing_institution"),
            )
        )
        genomics_id = known.dna.genomics_id
        self._extracted.append(
            processes.processed_sample(extracted, f"Extracted DNA from {genomics_id}")
        )
        self._prepared.append(
            processes.processed_sample(library, f"Library preparation for {dna_id}")
        )
        return library

    def _qc_status(self, known: "_Known") -> str | None:
        origin = self._spec.extraction["qc_status"]
        table, column = origin.place(self._options)
        said = known.values.of(table, column)
        status = None if said is None else qc_status(said)
        if status is None:
            self._problems.add(
                "unknown_qc_status",
                f"table {table}: the {column} of {known.dna.dna_id} is {said!r}, which is no "
                "status of the schema",
                table=table,
                natural_id=known.dna.dna_id,
                column=column,
                value=said,
            )
        return status

    def _sequencing(self, known: "_Known", input_: Label | str) -> None:
        """Plan one sequencing a run, with its files; files of several runs share a manifest."""
        spec, dna_id, values = self._spec, known.dna.dna_id, known.values
        together = manifest_label(spec.product, dna_id) if known.files > FILES_OF_A_RUN else None
        is_tagged = len(known.runs) > 1 and (
            spec.tagged_runs or self._options.corrects(Correction.RUN_NAMES)
        )
        for run in known.runs:
            self._generations.append(
                processes.nucleotide_sequencing(
                    self._label("nmdc:NucleotideSequencing", dna_id, run.base),
                    product=spec.product,
                    sample_id=dna_id,
                    run_name=run.base if is_tagged else None,
                    inputs=[input_],
                    outputs=[file.label for file in run.files],
                    facility=values.of(spec.sequencing_table, "sequencingFacilityID"),
                    instrument_id=known.instrument_id,
                    ncbi_project=values.of(spec.sequencing_table, "ncbiProjectID"),
                )
            )
            self._data_objects += [data_object(file, manifest=together) for file in run.files]
        if known.instrument_id:
            self._external.add(known.instrument_id)
        if together:
            self._manifests.append(manifest(together))


@dataclass(frozen=True, slots=True)
class _Known:
    """A DNA sample with all that was looked up for it; ``files`` says how many it has."""

    dna: DnaSample
    values: Values
    raw_use: TableUse
    files: int
    runs: list[SequencingRun]
    instrument_id: str | None


def _by_run_id(runs: Iterable[SequencingRun]) -> list[SequencingRun]:
    """Return the runs that NEON names, in text order; files that name none stay by their base."""
    merged: dict[str, SequencingRun] = {}
    for run in runs:
        run_id = next((file.run_id for file in run.files if file.run_id), run.base)
        merged.setdefault(run_id, SequencingRun(run.base)).files.extend(run.files)
    return [merged[run_id] for run_id in sorted(merged)]

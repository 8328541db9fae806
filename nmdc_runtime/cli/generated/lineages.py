"""What is made of a biosample: processed samples, data generations, workflow executions, files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.cli.generated.drafts import Drafts

#: One of so many metagenomes was annotated twice: the first annotation is superseded.
SUPERSEDED_EVERY: Final = 16
#: One of so many lineages failed; a prime, so that each way of treating a sample has some.
FAILED_EVERY: Final = 37
_GIT: Final = "https://github.com/microbiomedata/"
_FILES: Final = "https://data.microbiomedata.org/data/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """What all lineages of a database share, and the executions that annotated something."""

    sequencer: str
    spectrometer: str
    spectrometry: str
    chromatography: str
    calibration: str
    annotations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Makes what descends from one biosample."""

    drafts: Drafts
    laboratory: Laboratory
    number: int
    study_id: str
    biosample_id: str

    @property
    def when(self) -> str:
        """When things were done to this one."""
        return f"{2015 + self.number % 9}-{1 + self.number // 5 % 12:02d}-15T08:30:00Z"

    @property
    def failure(self) -> dict[str, str]:
        """What processes say whose quality was bad; most say nothing."""
        return {"qc_status": "fail"} if self.number % FAILED_EVERY == FAILED_EVERY - 1 else {}

    def process(self, class_name: str, *inputs: str, **fields: Any) -> str:  # noqa: ANN401
        """Process samples; return the processed sample that came out."""
        made = self.drafts.add("ProcessedSample", name=f"{class_name} of sample {self.number}")
        self.drafts.add(
            class_name,
            name=f"{class_name} {self.number}",
            has_input=list(inputs),
            has_output=[made],
            start_date=self.when[:10],
            **fields,
        )
        return made

    def file(self, made_by: str, kind: str, category: str, **fields: Any) -> str:  # noqa: ANN401
        """Add a data object of a kind; return its id."""
        drafts, name = self.drafts, kind.lower().replace(" ", "_")
        return drafts.add(
            "DataObject",
            name=f"{self.number}_{name}",
            description=f"{kind} for {made_by}",
            data_category=category,
            data_object_type=kind,
            file_size_bytes=drafts.random.getrandbits(33),
            md5_checksum=f"{drafts.random.getrandbits(128):032x}",
            url=f"{_FILES}{made_by}/{self.number}_{name}",
            was_generated_by=made_by,
            **fields,
        )

    def generate(
        self,
        class_name: str,
        sample: str,
        kind: str,
        *,
        manifests: Sequence[str] = (),
        **fields: Any,  # noqa: ANN401
    ) -> tuple[str, list[str]]:
        """Sequence or measure a sample; return the ids of the data generation and of its files."""
        id_ = self.drafts.new_id(class_name)
        together = {"in_manifest": list(manifests)} if manifests else {}
        files = [self.file(id_, kind, "instrument_data", **together)]
        self.drafts.add(
            class_name,
            id=id_,
            name=f"{class_name} {self.number}",
            has_input=[sample],
            has_output=files,
            associated_studies=[self.study_id],
            processing_institution="JGI" if class_name == "NucleotideSequencing" else "EMSL",
            start_date=self.when[:10],
            **self.failure,
            **fields,
        )
        return id_, files

    def execute(
        self,
        class_name: str,
        informed_by: str,
        inputs: Sequence[str],
        kinds: Sequence[str],
        *,
        id: str | None = None,
        superseded_by: str | None = None,
        **fields: Any,  # noqa: ANN401
    ) -> list[str]:
        """Run a workflow; return the ids of the files that came out."""
        id_ = id or self.drafts.new_id(class_name)
        superseded = {"superseded_by": superseded_by} if superseded_by else {}
        files = [self.file(id_, kind, "processed_data", **superseded) for kind in kinds]
        self.drafts.add(
            class_name,
            id=id_,
            name=f"{class_name} {self.number}",
            git_url=f"{_GIT}{class_name}",
            version="v1.0.2",
            started_at_time=self.when,
            ended_at_time=self.when,
            was_informed_by=[informed_by],
            has_input=list(inputs),
            has_output=files,
            execution_resource="NERSC-Perlmutter",
            processing_institution="NMDC",
            **superseded,
            **self.failure,
            **fields,
        )
        return files


def _reads(lineage: Lineage, analyte: str) -> tuple[str, list[str]]:
    """Extract, prepare, sequence; return the data generation and its files."""
    nucleic = "DNA" if analyte == "metagenome" else "RNA"
    extract = lineage.process(
        "Extraction", lineage.biosample_id, extraction_targets=[nucleic], **lineage.failure
    )
    library = lineage.process("LibraryPreparation", extract, library_type=nucleic)
    return lineage.generate(
        "NucleotideSequencing",
        library,
        "Metagenome Raw Reads" if nucleic == "DNA" else "Metatranscriptome Raw Reads",
        analyte_category=analyte,
        instrument_used=[lineage.laboratory.sequencer],
        gold_sequencing_project_identifiers=[f"gold:Gp{lineage.number:07d}"],
    )


def _spectra(
    lineage: Lineage, sample: str, analyte: str, kind: str, *, manifests: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """Measure a sample with a mass spectrometer."""
    laboratory = lineage.laboratory
    return lineage.generate(
        "MassSpectrometry",
        sample,
        kind,
        manifests=manifests,
        analyte_category=analyte,
        eluent_introduction_category="liquid_chromatography",
        has_mass_spectrometry_configuration=laboratory.spectrometry,
        has_chromatography_configuration=laboratory.chromatography,
        instrument_used=[laboratory.spectrometer],
    )


def sequenced_only(lineage: Lineage) -> None:
    """Sequence a metagenome that no workflow has seen yet."""
    _reads(lineage, "metagenome")


def metagenome(lineage: Lineage) -> None:
    """Sequence, filter, classify, assemble, annotate, bin."""
    made, raw = _reads(lineage, "metagenome")
    clean = lineage.execute(
        "ReadQcAnalysis", made, raw, ["Filtered Sequencing Reads", "QC Statistics"]
    )[:1]
    lineage.execute(
        "ReadBasedTaxonomyAnalysis",
        made,
        clean,
        ["GOTTCHA2 Classification Report", "Kraken2 Classification Report"],
    )
    contigs = lineage.execute(
        "MetagenomeAssembly", made, clean, ["Assembly Contigs", "Assembly Info File"]
    )[:1]
    annotation = lineage.drafts.new_id("MetagenomeAnnotation")
    kinds = ["Functional Annotation GFF", "Annotation Statistics"]
    if lineage.number % SUPERSEDED_EVERY == 0:
        lineage.execute("MetagenomeAnnotation", made, contigs, kinds, superseded_by=annotation)
    genes = lineage.execute("MetagenomeAnnotation", made, contigs, kinds, id=annotation)
    lineage.laboratory.annotations.append(annotation)
    bins = ["Metagenome HQMQ Bins Compression File"]
    lineage.execute("MagsAnalysis", made, [*contigs, *genes[:1]], bins)


def metatranscriptome(lineage: Lineage) -> None:
    """Sequence, filter, assemble, annotate, count what is expressed."""
    made, raw = _reads(lineage, "metatranscriptome")
    clean = lineage.execute("ReadQcAnalysis", made, raw, ["Filtered Sequencing Reads"])
    contigs = lineage.execute("MetatranscriptomeAssembly", made, clean, ["Assembly Contigs"])
    annotation = lineage.drafts.new_id("MetatranscriptomeAnnotation")
    kinds = ["Functional Annotation GFF"]
    genes = lineage.execute("MetatranscriptomeAnnotation", made, contigs, kinds, id=annotation)
    lineage.laboratory.annotations.append(annotation)
    counts = ["Metatranscriptome Expression"]
    lineage.execute("MetatranscriptomeExpressionAnalysis", made, [*contigs, *genes], counts)


def metabolome(lineage: Lineage) -> None:
    """Take a part, extract metabolites, measure, identify."""
    part = lineage.process("SubSamplingProcess", lineage.biosample_id)
    extract = lineage.process("Extraction", part, extraction_targets=["metabolite"])
    made, raw = _spectra(lineage, extract, "metabolome", "LC-DDA-MS/MS Raw Data")
    lineage.execute(
        "MetabolomicsAnalysis",
        made,
        raw,
        ["LC-MS Metabolomics Results"],
        metabolomics_analysis_category="lc_ms_metabolomics",
        uses_calibration=[lineage.laboratory.calibration],
    )


def organic_matter(lineage: Lineage) -> None:
    """Extract natural organic matter, measure, assign formulas."""
    extract = lineage.process(
        "Extraction", lineage.biosample_id, extraction_targets=["natural organic matter"]
    )
    made, raw = _spectra(lineage, extract, "nom", "Direct Infusion FT ICR-MS Raw Data")
    lineage.execute(
        "NomAnalysis",
        made,
        raw,
        ["Direct Infusion FT-ICR MS Analysis Results", "Direct Infusion FT-ICR MS QC Plots"],
        uses_calibration=[lineage.laboratory.calibration],
    )


def proteome(lineage: Lineage) -> None:
    """Extract proteins, digest them, measure, identify."""
    extract = lineage.process(
        "Extraction", lineage.biosample_id, extraction_targets=["protein"], **lineage.failure
    )
    peptides = lineage.process("ChemicalConversionProcess", extract)
    manifest = lineage.drafts.add(
        "Manifest", name=f"Fractions of {lineage.number}", manifest_category="fractions"
    )
    made, raw = _spectra(
        lineage, peptides, "metaproteome", "LC-DDA-MS/MS Raw Data", manifests=[manifest]
    )
    analysis = lineage.drafts.new_id("MetaproteomicsAnalysis")
    lineage.execute(
        "MetaproteomicsAnalysis",
        made,
        raw,
        ["Protein Report", "Peptide Report"],
        id=analysis,
        metaproteomics_analysis_category="in_silico_metagenome",
    )
    lineage.laboratory.annotations.append(analysis)


def prepared(lineage: Lineage) -> None:
    """Store, part, filter, dissolve, mix, separate and pool; nobody has measured it yet."""
    stored = lineage.drafts.add("ProcessedSample", name=f"Frozen sample {lineage.number}")
    lineage.drafts.add(
        "StorageProcess",
        name=f"Freezer {lineage.number}",
        has_input=[lineage.biosample_id],
        has_output=[stored],
        start_date=lineage.when[:10],
    )
    sample = stored
    for step in ("FiltrationProcess", "DissolvingProcess", "MixingProcess"):
        sample = lineage.process(step, sample)
    fraction = lineage.process("ChromatographicSeparationProcess", sample)
    lineage.process("Pooling", sample, fraction)


def isolated(lineage: Lineage) -> None:
    """Isolate an organism, culture it and sequence what grew."""
    drafts = lineage.drafts
    organism = drafts.add("Organism", name=f"Isolate {lineage.number}")
    first, grown = (
        drafts.add(
            "OrganismSample",
            name=f"{what} of isolate {lineage.number}",
            associated_studies=[lineage.study_id],
            expected_organism=organism,
        )
        for what in ("Colony", "Culture")
    )
    steps = (("Isolation", lineage.biosample_id, first), ("Culturing", first, grown))
    for step, source, result in steps:
        drafts.add(
            step,
            name=f"{step} {lineage.number}",
            has_input=[source],
            has_output=[result],
            start_date=lineage.when[:10],
        )
    lineage.generate(
        "NucleotideSequencing",
        grown,
        "Metagenome Raw Reads",
        analyte_category="metagenome",
        instrument_used=[lineage.laboratory.sequencer],
    )


def collected_only(lineage: Lineage) -> None:
    """Leave the biosample as it is."""


#: How many of forty biosamples go each way; together eight documents a biosample.
SHARES: Final[Sequence[tuple[Callable[[Lineage], None], int]]] = (
    (metagenome, 6),
    (metatranscriptome, 2),
    (metabolome, 4),
    (organic_matter, 4),
    (proteome, 2),
    (sequenced_only, 6),
    (prepared, 1),
    (isolated, 1),
    (collected_only, 14),
)

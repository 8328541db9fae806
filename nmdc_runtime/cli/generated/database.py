"""A whole generated database, batch by batch, in little memory."""

from collections.abc import Callable, Iterator
from typing import Final

from nmdc_runtime.cli.generated.drafts import Batch, Drafts
from nmdc_runtime.cli.generated.habitats import PLACES, Place, biosample_fields
from nmdc_runtime.cli.generated.lineages import SHARES, Laboratory, Lineage
from nmdc_runtime.schema.load import load_registry

BATCH_SIZE: Final = 1_000
#: The first study has this share of the biosamples; the others have the rest, in equal parts.
LARGEST_STUDY: Final = 0.32
BIOSAMPLES_A_STUDY: Final = 300
BIOSAMPLES_A_SITE: Final = 50
BIOSAMPLES_A_VISIT: Final = 5
#: Functions that one execution can have found: each is counted once.
FUNCTIONS: Final = 3 * 99_999


class TooManyAnnotations(ValueError):
    """The executions of this database cannot have found so many functions."""


def generate_database(
    n: int, *, seed: int = 0, annotations: int = 0, batch_size: int = BATCH_SIZE
) -> Iterator[Batch]:
    """Yield a database of biosamples, in batches of one collection each.

    Parameters
    ----------
    n
        How many biosamples; there are about eight documents for each.
    seed
        Another seed gives other ids and values; the same gives the same.
    annotations
        How many rows of ``functional_annotation_agg`` come after everything else.
    batch_size
        How many documents a batch has; the last of a collection may have fewer.

    Raises
    ------
    TooManyAnnotations
        If there are too few annotated metagenomes for so many rows; before anything is yielded.
    """
    ways = _ways()
    annotators = {"metagenome", "metatranscriptome", "proteome"}
    annotated = sum(ways[number % len(ways)].__name__ in annotators for number in range(n))
    if annotations > annotated * FUNCTIONS:
        raise TooManyAnnotations(
            f"{n} biosamples can have {annotated * FUNCTIONS} annotation rows, not {annotations}"
        )
    return _batches(n, Drafts(load_registry(), seed=seed, batch_size=batch_size), annotations)


def _batches(n: int, drafts: Drafts, annotations: int) -> Iterator[Batch]:
    laboratory = _laboratory(drafts)
    consortium = drafts.add(
        "Study",
        study_category="consortium",
        name="Generated consortium",
        title="Generated consortium",
        description="Brings the generated studies together.",
    )
    ways = _ways()
    number = 0
    for at, size in enumerate(_study_sizes(n)):
        place = PLACES[at % len(PLACES)]
        study_id = _study(drafts, at, place, consortium)
        field = _Fieldwork(drafts, place, study_id)
        for _ in range(size):
            biosample_id = field.take(number)
            ways[number % len(ways)](Lineage(drafts, laboratory, number, study_id, biosample_id))
            number += 1
            yield from drafts.full_batches()
        field.go_home()
    for row in range(annotations):
        _annotate(drafts, laboratory.annotations, row)
        yield from drafts.full_batches()
    yield from drafts.last_batches()


def _ways() -> list[Callable[[Lineage], None]]:
    """Return which way each of forty biosamples goes, the ways well mixed."""
    left = dict(SHARES)
    ways: list[Callable[[Lineage], None]] = []
    while left:
        ways += left
        left = {way: share - 1 for way, share in left.items() if share > 1}
    return ways


def _study_sizes(n: int) -> list[int]:
    """Return how many biosamples each study has: one has many, as in reality."""
    others = n // BIOSAMPLES_A_STUDY
    if not others:
        return [n]
    largest = int(n * LARGEST_STUDY)
    share, more = divmod(n - largest, others)
    return [largest, *(share + (at < more) for at in range(others))]


def _study(drafts: Drafts, at: int, place: Place, consortium: str) -> str:
    return drafts.add(
        "Study",
        study_category="research_study",
        name=f"Generated study {at}: {place.name}",
        title=f"Microbial communities of {place.name}, part {at}",
        description=f"What lives at {place.name}; made by `nmdc-runtime demo generate`.",
        part_of=[consortium],
        ecosystem="Environmental",
        ecosystem_category="Terrestrial" if at % 2 else "Aquatic",
        principal_investigator={
            "type": "nmdc:PersonValue",
            "name": f"Investigator {at}",
            "has_raw_value": f"Investigator {at}",
        },
        websites=["https://microbiomedata.org/"],
    )


class _Fieldwork:
    """Takes the biosamples of one study: some on each visit to a site, some visits to each site."""

    def __init__(self, drafts: Drafts, place: Place, study_id: str) -> None:
        self._drafts = drafts
        self._place = place
        self._study_id = study_id
        self._area = ""
        self._site = ""
        self._taken = 0
        self._visit: list[str] = []

    def take(self, number: int) -> str:
        """Take a biosample; return its id."""
        drafts, place = self._drafts, self._place
        if self._taken == 0:
            self._area = drafts.add("FieldResearchSite", name=place.name)
        if self._taken % BIOSAMPLES_A_SITE == 0:
            self.go_home()
            self._site = drafts.add(
                "FieldResearchSite",
                name=f"{place.name}, plot {self._taken // BIOSAMPLES_A_SITE}",
                part_of=[self._area],
            )
        self._taken += 1
        fields = biosample_fields(number, self._study_id, self._site, place, drafts.random)
        self._visit.append(drafts.add("Biosample", **fields))
        taken = self._visit[-1]
        if len(self._visit) == BIOSAMPLES_A_VISIT:
            self.go_home()
        return taken

    def go_home(self) -> None:
        """End the visit: note what was collected on it."""
        if self._visit:
            self._drafts.add(
                "CollectingBiosamplesFromSite",
                name=f"Visit to {self._place.name}",
                has_input=[self._site],
                has_output=self._visit,
            )
            self._visit = []


def _laboratory(drafts: Drafts) -> Laboratory:
    standard = drafts.add(
        "DataObject",
        name="calibration",
        description="What the spectrometer measures on a known substance.",
        data_category="instrument_data",
        data_object_type="Reference Calibration File",
        file_size_bytes=4_096,
        url="https://data.microbiomedata.org/data/calibration",
    )
    return Laboratory(
        sequencer=drafts.add(
            "Instrument", name="Illumina NovaSeq 6000", vendor="illumina", model="novaseq_6000"
        ),
        spectrometer=drafts.add(
            "Instrument", name="Orbitrap Eclipse", vendor="thermo_fisher", model="exploris_480"
        ),
        spectrometry=drafts.add(
            "MassSpectrometryConfiguration",
            name="High resolution, positive",
            description="Data-dependent acquisition at high resolution.",
            mass_spectrometry_acquisition_strategy="data_dependent_acquisition",
            resolution_categories=["high"],
            mass_analyzers=["Orbitrap"],
            ionization_source="electrospray_ionization",
            mass_spectrum_collection_modes=["centroid"],
            polarity_mode="positive",
        ),
        chromatography=drafts.add(
            "ChromatographyConfiguration",
            name="Reversed phase",
            description="Liquid chromatography on C18.",
            chromatographic_category="liquid_chromatography",
            stationary_phase="C18",
        ),
        calibration=drafts.add(
            "CalibrationInformation",
            name="Reference masses",
            internal_calibration=False,
            calibration_target="mass_charge_ratio",
            calibration_object=standard,
        ),
    )


def _annotate(drafts: Drafts, executions: list[str], row: int) -> None:
    which, execution = divmod(row, len(executions))
    number, kind = divmod(which, 3)
    drafts.add_row(
        "FunctionalAnnotationAggMember",
        was_generated_by=executions[execution],
        gene_function_id=("KEGG.ORTHOLOGY:K", "COG:COG", "PFAM:PF")[kind] + f"{number + 1:05d}",
        count=drafts.random.randrange(1, 500),
    )

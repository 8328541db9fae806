"""Surface water: metagenomes of what flows or stands above the bed (DP1.20281.001)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from nmdc_runtime.translation.minting import Minter
from nmdc_runtime.translation.neon.aquatic import (
    DNA_ID,
    GENETIC_IDS,
    GENOMICS_ID,
    WORDS,
    AquaticProduct,
    Environment,
    Values,
)
from nmdc_runtime.translation.neon.aquatic_graph import plan_aquatic
from nmdc_runtime.translation.neon.aquatic_translator import AquaticTranslator
from nmdc_runtime.translation.neon.constants import SURFACE_WATER
from nmdc_runtime.translation.neon.mappings import Environments
from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.neon.origins import Origin, Shape
from nmdc_runtime.translation.neon.translator import NeonReferences, check_tables
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Kind, Table
from nmdc_runtime.translation.values import JsonObject, quantity, quantity_range, text_value

SEQUENCING: Final = "mms_swMetagenomeSequencing"
EXTRACTION: Final = "mms_swMetagenomeDnaExtraction"
RAW_FILES: Final = "mms_swRawDataFiles"
GENETIC: Final = "amc_fieldGenetic"
FIELD: Final = "amc_fieldSuperParent"
SAMPLE_ID: Final = "parentSampleID"

COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    SEQUENCING: {
        DNA_ID: Kind.CODE,
        "siteID": Kind.CODE,
        "collectDate": Kind.DATE,
        "processedDate": Kind.DATE,
        "laboratoryName": Kind.TEXT,
        "sequencingFacilityID": Kind.TEXT,
        "instrument_model": Kind.TEXT,
        "ncbiProjectID": Kind.TEXT,
    },
    EXTRACTION: {
        DNA_ID: Kind.CODE,
        GENOMICS_ID: Kind.CODE,
        "collectDate": Kind.DATE,
        "processedDate": Kind.DATE,
        "qaqcStatus": Kind.TEXT,
        "sampleMass": Kind.NUMBER,
        "laboratoryName": Kind.TEXT,
    },
    RAW_FILES: {DNA_ID: Kind.CODE, "rawDataFilePath": Kind.CODE, "sequencerRunID": Kind.CODE},
    GENETIC: {
        SAMPLE_ID: Kind.CODE,
        **dict.fromkeys(GENETIC_IDS, Kind.CODE),
        "geneticFilteredSampleVolume": Kind.NUMBER,
    },
    FIELD: {
        SAMPLE_ID: Kind.CODE,
        "namedLocation": Kind.TEXT,
        "decimalLatitude": Kind.NUMBER,
        "decimalLongitude": Kind.NUMBER,
        "altLatitude": Kind.NUMBER,
        "altLongitude": Kind.NUMBER,
        "elevation": Kind.NUMBER,
        "collectDate": Kind.DATE,
        "aquaticSiteType": Kind.TEXT,
        "samplerType": Kind.TEXT,
        "dissolvedOxygen": Kind.NUMBER,
        "specificConductance": Kind.NUMBER,
        "waterTemp": Kind.NUMBER,
        "lakeSampleDepth1": Kind.NUMBER,
        "lakeSampleDepth2": Kind.NUMBER,
        "lowerSegmentDepth": Kind.NUMBER,
        "upperSegmentDepth": Kind.NUMBER,
    },
}
#: Read only by a correction, in newer releases only, or not for the result.
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    EXTRACTION: ("laboratoryName",),
    RAW_FILES: ("sequencerRunID",),
    GENETIC: ("metagenomicSampleID",),
    FIELD: (
        *("altLatitude", "altLongitude", "collectDate"),
        *("lowerSegmentDepth", "upperSegmentDepth"),
    ),
}
TABLES: Final = tuple(COLUMNS)

BIOSAMPLE: Final = (
    Origin("elev", FIELD, "elevation", Shape.NUMBER),
    # From the sequencing by default: that is what the published records have.
    Origin(
        "collection_date",
        SEQUENCING,
        "collectDate",
        Shape.TIMESTAMP,
        correction=Correction.FIELD_ORIGINS,
        corrected=(FIELD, "collectDate"),
    ),
    Origin("samp_collec_device", FIELD, "samplerType"),
    Origin("diss_oxygen", FIELD, "dissolvedOxygen", Shape.QUANTITY, "mg/L"),
    Origin("conduc", FIELD, "specificConductance", Shape.QUANTITY, "uS/cm"),
    Origin("temp", FIELD, "waterTemp", Shape.QUANTITY, "Cel"),
    Origin("samp_size", GENETIC, "geneticFilteredSampleVolume", Shape.QUANTITY, "mL"),
)
EXTRACTION_SLOTS: Final = {
    "start_date": Origin("start_date", EXTRACTION, "collectDate"),
    "end_date": Origin("end_date", EXTRACTION, "processedDate"),
    "input_mass": Origin("input_mass", EXTRACTION, "sampleMass", Shape.QUANTITY, "g"),
    "qc_status": Origin("qc_status", EXTRACTION, "qaqcStatus"),
    "processing_institution": Origin(
        "processing_institution",
        SEQUENCING,
        "laboratoryName",
        correction=Correction.PROCESS_ORIGINS,
        corrected=(EXTRACTION, "laboratoryName"),
    ),
}
LIBRARY_SLOTS: Final = {
    "start_date": Origin("start_date", SEQUENCING, "collectDate"),
    "end_date": Origin("end_date", SEQUENCING, "processedDate"),
    "processing_institution": Origin("processing_institution", SEQUENCING, "laboratoryName"),
}


def _coordinates(values: Values, options: NeonOptions) -> tuple[float | None, float | None]:
    """Return latitude and longitude; the better ones, if there are any and they are wanted."""
    if options.corrects(Correction.FIELD_ORIGINS):
        better = values.number(FIELD, "altLatitude"), values.number(FIELD, "altLongitude")
        if None not in better:
            return better
    return values.number(FIELD, "decimalLatitude"), values.number(FIELD, "decimalLongitude")


def _depth(values: Values, options: NeonOptions) -> JsonObject | None:
    """Return the depth in m: one number, or a range if NEON gives both of its ends."""
    first = values.number(FIELD, "lakeSampleDepth1")
    second = values.number(FIELD, "lakeSampleDepth2")
    if first is None:
        if not options.corrects(Correction.FIELD_ORIGINS):
            return None
        # A segment of the water column of a river.
        first = values.number(FIELD, "upperSegmentDepth")
        second = values.number(FIELD, "lowerSegmentDepth")
        if first is None:
            return None
    if second is None:
        return quantity(first, "m")
    return quantity_range(min(first, second), max(first, second), "m")


SPEC: Final = AquaticProduct(
    product=SURFACE_WATER,
    sequencing_table=SEQUENCING,
    extraction_table=EXTRACTION,
    raw_table=RAW_FILES,
    field_table=FIELD,
    field_id=SAMPLE_ID,
    genetic_table=GENETIC,
    columns=COLUMNS,
    optional=OPTIONAL,
    environment=Environment(
        columns=dict.fromkeys(
            ("env_broad_scale", "env_local_scale", "env_medium"), "aquaticSiteType"
        ),
        location="namedLocation",
    ),
    biosample=BIOSAMPLE,
    extraction=EXTRACTION_SLOTS,
    library=LIBRARY_SLOTS,
    site=(SEQUENCING, "siteID"),
    coordinates=_coordinates,
    depth=_depth,
    constants={"env_package": text_value("water")},
    runs_by_id=True,
    tagged_runs=False,
)


def plan_surface_water(
    tables: Mapping[str, Table],
    references: NeonReferences,
    options: NeonOptions | None = None,
    *,
    environments: Environments | None = None,
    found: Problems | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of NEON's surface water samples.

    Parameters
    ----------
    tables
        The five of `COLUMNS`, cells as read: depths and ``elevation`` in m, coordinates in decimal
        degrees, ``dissolvedOxygen`` in mg/L, ``specificConductance`` in uS/cm, ``waterTemp`` in
        degrees Celsius, ``geneticFilteredSampleVolume`` in mL, ``sampleMass`` in g, dates of
        ISO 8601.
    references
        Names of sites and the instruments; the other two are not read.
    environments
        Which terms stand for NEON's words; by default those of this package.
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
    nmdc-schema ``Biosample``, ``Extraction``, ``LibraryPreparation``, ``NucleotideSequencing``;
    NEON's column of each slot in `BIOSAMPLE` and what follows it.
    """
    check_tables(tables, TABLES, TranslationReport(SURFACE_WATER.source), group=WORDS)
    return plan_aquatic(
        SPEC, tables, references, options or NeonOptions(), environments=environments, found=found
    )


class NeonSurfaceWaterTranslator(AquaticTranslator):
    """The published class: tables in, `Database` out.

    Parameters
    ----------
    surface_water_data
        Tables by name; further ones are ignored. A table may be a `Table`, records or a DataFrame.
    envo, raw_mapping
        Accepted, and not read.
    """

    spec = SPEC

    def __init__(  # noqa: PLR0917 (the published order)
        self,
        surface_water_data: Mapping[str, Any],
        site_code_mapping: Mapping[str, str] | None = None,
        envo: Any = None,  # noqa: ANN401 (a table of any library)
        raw_mapping: Any = None,  # noqa: ANN401
        instrument_mapping: Any = None,  # noqa: ANN401
        id_minter: Minter | None = None,
        *,
        allowed_dna_sample_ids: Collection[str] | None = None,
        options: NeonOptions | None = None,
    ) -> None:
        super().__init__(
            surface_water_data,
            site_code_mapping,
            instrument_mapping,
            id_minter,
            options or NeonOptions(dna_sample_ids=allowed_dna_sample_ids or ()),
        )

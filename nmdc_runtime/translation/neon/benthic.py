"""Benthic: metagenomes of the beds of streams, lakes and rivers (DP1.20279.001)."""

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
from nmdc_runtime.translation.neon.constants import BENTHIC
from nmdc_runtime.translation.neon.mappings import Environments
from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.neon.origins import Origin, Shape
from nmdc_runtime.translation.neon.translator import NeonReferences, check_tables
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Kind, Table
from nmdc_runtime.translation.values import JsonObject, quantity_range

SEQUENCING: Final = "mms_benthicMetagenomeSequencing"
EXTRACTION: Final = "mms_benthicMetagenomeDnaExtraction"
FIELD: Final = "amb_fieldParent"
RAW_FILES: Final = "mms_benthicRawDataFiles"
SAMPLE_ID: Final = "sampleID"

COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    SEQUENCING: {
        DNA_ID: Kind.CODE,
        "laboratoryName": Kind.TEXT,
        "sequencingFacilityID": Kind.TEXT,
        "processedDate": Kind.DATE,
        "instrument_model": Kind.TEXT,
        "qaqcStatus": Kind.TEXT,
        "ncbiProjectID": Kind.TEXT,
    },
    EXTRACTION: {
        DNA_ID: Kind.CODE,
        GENOMICS_ID: Kind.CODE,
        "sampleMass": Kind.NUMBER,
        "processedDate": Kind.DATE,
        "qaqcStatus": Kind.TEXT,
        "laboratoryName": Kind.TEXT,
    },
    FIELD: {
        SAMPLE_ID: Kind.CODE,
        **dict.fromkeys(GENETIC_IDS, Kind.CODE),
        "siteID": Kind.CODE,
        "aquaticSiteType": Kind.TEXT,
        "habitatType": Kind.TEXT,
        "sampleMaterial": Kind.TEXT,
        "elevation": Kind.NUMBER,
        "fieldSampleVolume": Kind.NUMBER,
        "decimalLatitude": Kind.NUMBER,
        "decimalLongitude": Kind.NUMBER,
        "collectDate": Kind.DATE,
    },
    RAW_FILES: {DNA_ID: Kind.CODE, "rawDataFilePath": Kind.CODE, "sequencerRunID": Kind.CODE},
}
#: Read only by a correction, in newer releases only, or not for the result.
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    EXTRACTION: ("processedDate", "qaqcStatus", "laboratoryName"),
    FIELD: ("metagenomicSampleID",),
    RAW_FILES: ("sequencerRunID",),
}
TABLES: Final = tuple(COLUMNS)

BIOSAMPLE: Final = (
    Origin("elev", FIELD, "elevation", Shape.NUMBER),
    Origin("collection_date", FIELD, "collectDate", Shape.TIMESTAMP),
    Origin("samp_size", FIELD, "fieldSampleVolume", Shape.QUANTITY, "mL"),
)
EXTRACTION_SLOTS: Final = {
    "start_date": Origin("start_date", FIELD, "collectDate"),
    "input_mass": Origin("input_mass", EXTRACTION, "sampleMass", Shape.QUANTITY, "g"),
    # From the sequencing by default: that is what the published records have.
    **{
        slot: Origin(
            slot,
            SEQUENCING,
            column,
            correction=Correction.PROCESS_ORIGINS,
            corrected=(EXTRACTION, column),
        )
        for slot, column in (
            ("end_date", "processedDate"),
            ("qc_status", "qaqcStatus"),
            ("processing_institution", "laboratoryName"),
        )
    },
}
LIBRARY_SLOTS: Final = {
    "start_date": Origin("start_date", FIELD, "collectDate"),
    "end_date": Origin("end_date", SEQUENCING, "processedDate"),
    "processing_institution": Origin("processing_institution", SEQUENCING, "laboratoryName"),
}


def _coordinates(values: Values, _: NeonOptions) -> tuple[float | None, float | None]:
    return values.number(FIELD, "decimalLatitude"), values.number(FIELD, "decimalLongitude")


def _depth(_: Values, __: NeonOptions) -> JsonObject | None:
    """Return the same for all: samples are scraped off the bed."""
    return quantity_range(0, 1, "m")


SPEC: Final = AquaticProduct(
    product=BENTHIC,
    sequencing_table=SEQUENCING,
    extraction_table=EXTRACTION,
    raw_table=RAW_FILES,
    field_table=FIELD,
    field_id=SAMPLE_ID,
    genetic_table=FIELD,
    columns=COLUMNS,
    optional=OPTIONAL,
    environment=Environment(
        columns={
            "env_broad_scale": "aquaticSiteType",
            "env_local_scale": "habitatType",
            "env_medium": "sampleMaterial",
        }
    ),
    biosample=BIOSAMPLE,
    extraction=EXTRACTION_SLOTS,
    library=LIBRARY_SLOTS,
    site=(FIELD, "siteID"),
    coordinates=_coordinates,
    depth=_depth,
)


def plan_benthic(
    tables: Mapping[str, Table],
    references: NeonReferences,
    options: NeonOptions | None = None,
    *,
    environments: Environments | None = None,
    found: Problems | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of NEON's benthic samples.

    Parameters
    ----------
    tables
        The four of `COLUMNS`, cells as read: numbers of ``elevation`` in m, coordinates in decimal
        degrees, ``fieldSampleVolume`` in mL, ``sampleMass`` in g, dates of ISO 8601.
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
    check_tables(tables, TABLES, TranslationReport(BENTHIC.source), group=WORDS)
    return plan_aquatic(
        SPEC, tables, references, options or NeonOptions(), environments=environments, found=found
    )


class NeonBenthicTranslator(AquaticTranslator):
    """The published class: tables in, `Database` out.

    Parameters
    ----------
    benthic_data
        Tables by name; further ones are ignored. A table may be a `Table`, records or a DataFrame.
    envo, raw_mapping
        Accepted, and not read.
    """

    spec = SPEC

    def __init__(  # noqa: PLR0917 (the published order)
        self,
        benthic_data: Mapping[str, Any],
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
            benthic_data,
            site_code_mapping,
            instrument_mapping,
            id_minter,
            options or NeonOptions(dna_sample_ids=allowed_dna_sample_ids or ()),
        )

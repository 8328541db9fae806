"""The tables of the soil products: which columns are read, and which slot comes from which."""

from collections.abc import Mapping
from typing import Final

from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
)
from nmdc_runtime.translation.neon.lookups import INSTRUMENT_ID, INSTRUMENT_KEY
from nmdc_runtime.translation.neon.options import Correction
from nmdc_runtime.translation.neon.origins import Origin, Shape
from nmdc_runtime.translation.neon.rows import REPLICATE
from nmdc_runtime.translation.tables import Kind

EXTRACTION: Final = "mms_metagenomeDnaExtraction"
SEQUENCING: Final = "mms_metagenomeSequencing"
POOLS: Final = "sls_metagenomicsPooling"
CORES: Final = "sls_soilCoreCollection"
CHEMISTRY: Final = "sls_soilChemistry"
MOISTURE: Final = "sls_soilMoisture"
PH: Final = "sls_soilpH"
EXTERNAL_LAB: Final = "ntr_externalLab"
INTERNAL_LAB: Final = "ntr_internalLab"

MMS_TABLES: Final = (EXTRACTION, SEQUENCING)
SLS_TABLES: Final = (POOLS, CORES, CHEMISTRY, MOISTURE, PH, EXTERNAL_LAB, INTERNAL_LAB)
MMS_WORDS: Final = "metagenomic microbe soil tables"
SLS_WORDS: Final = "soil periodic tables"
#: Tables that say something of one core each row.
MEASURED: Final = (CHEMISTRY, MOISTURE, PH, EXTERNAL_LAB, INTERNAL_LAB)

DNA_ID: Final = "dnaSampleID"
POOL_ID: Final = "genomicsSampleID"
CORE_ID: Final = "sampleID"
POOL_LIST: Final = "genomicsPooledIDList"

COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    EXTRACTION: {
        DNA_ID: Kind.CODE,
        POOL_ID: Kind.CODE,
        "sequenceAnalysisType": Kind.TEXT,
        "laboratoryName": Kind.TEXT,
        "collectDate": Kind.DATE,
        "processedDate": Kind.DATE,
        "sampleMaterial": Kind.TEXT,
        "sampleMass": Kind.NUMBER,
        "nucleicAcidConcentration": Kind.NUMBER,
        "qaqcStatus": Kind.TEXT,
        "testMethod": Kind.TEXT,
        "nucleicAcidPurity": Kind.NUMBER,
    },
    SEQUENCING: {
        DNA_ID: Kind.CODE,
        "sequencingFacilityID": Kind.TEXT,
        "ncbiProjectID": Kind.TEXT,
        "sequencingMethod": Kind.TEXT,
        "instrument_model": Kind.TEXT,
        "collectDate": Kind.DATE,
        "processedDate": Kind.DATE,
        "laboratoryName": Kind.TEXT,
        "labPrepMethod": Kind.TEXT,
    },
    POOLS: {POOL_LIST: Kind.CODE, POOL_ID: Kind.CODE, "samplingProtocolVersion": Kind.TEXT},
    CORES: {
        CORE_ID: Kind.CODE,
        "siteID": Kind.CODE,
        "nlcdClass": Kind.TEXT,
        "decimalLatitude": Kind.NUMBER,
        "decimalLongitude": Kind.NUMBER,
        "elevation": Kind.NUMBER,
        "collectDate": Kind.DATE,
        "startDate": Kind.DATE,
        "soilTemp": Kind.NUMBER,
        "sampleTopDepth": Kind.NUMBER,
        "sampleBottomDepth": Kind.NUMBER,
        "soilSamplingDevice": Kind.TEXT,
        "horizon": Kind.TEXT,
    },
    CHEMISTRY: {
        CORE_ID: Kind.CODE,
        "sampleType": Kind.TEXT,
        "nitrogenPercent": Kind.NUMBER,
        "organicCPercent": Kind.NUMBER,
        "CNratio": Kind.NUMBER,
        REPLICATE: Kind.NUMBER,
    },
    MOISTURE: {CORE_ID: Kind.CODE, "soilMoisture": Kind.NUMBER},
    PH: {CORE_ID: Kind.CODE, "soilInWaterpH": Kind.NUMBER},
    EXTERNAL_LAB: {
        CORE_ID: Kind.CODE,
        "kclAmmoniumNConc": Kind.NUMBER,
        "kclNitrateNitriteNConc": Kind.NUMBER,
    },
    INTERNAL_LAB: {CORE_ID: Kind.CODE, "soilFreshMass": Kind.NUMBER},
}
REFERENCE_COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    ENVO_TABLE: {"neon_nlcd_value": Kind.CODE, "envo_id": Kind.CODE, "envo_label": Kind.TEXT},
    RAW_MAPPING_TABLE: {
        DNA_ID: Kind.CODE,
        "rawDataFilePath": Kind.CODE,
        "checkSum": Kind.TEXT,
        "sequencerRunID": Kind.CODE,
    },
    INSTRUMENT_TABLE: {INSTRUMENT_KEY: Kind.CODE, INSTRUMENT_ID: Kind.CODE},
}
#: Read only by a correction, or for nothing but a better message.
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    EXTRACTION: ("testMethod", "nucleicAcidPurity"),
    SEQUENCING: ("collectDate", "processedDate", "laboratoryName", "labPrepMethod"),
    POOLS: ("samplingProtocolVersion",),
    INTERNAL_LAB: ("soilFreshMass",),
    RAW_MAPPING_TABLE: ("sequencerRunID",),
}
#: The column that tells a row's natural id.
ID_COLUMNS: Final[Mapping[str, str]] = {
    EXTRACTION: DNA_ID,
    SEQUENCING: DNA_ID,
    POOLS: POOL_ID,
    CORES: CORE_ID,
    RAW_MAPPING_TABLE: DNA_ID,
    ENVO_TABLE: "neon_nlcd_value",
    **dict.fromkeys(MEASURED, CORE_ID),
}

#: Slots of a biosample that are one column each. The rest: ``env_local_scale`` from ``nlcdClass``,
#: ``geo_loc_name`` from ``siteID``, ``lat_lon`` and ``depth`` from two columns each,
#: ``soil_horizon`` from ``horizon``, ``water_content`` from ``soilMoisture``, ``analysis_type``
#: from ``sequenceAnalysisType`` of the extractions.
BIOSAMPLE: Final = (
    Origin("elev", CORES, "elevation", Shape.NUMBER),
    Origin("collection_date", CORES, "collectDate", Shape.TIMESTAMP),
    Origin("temp", CORES, "soilTemp", Shape.QUANTITY, "Cel"),
    Origin("samp_collec_device", CORES, "soilSamplingDevice"),
    Origin("env_package", CHEMISTRY, "sampleType", Shape.TEXT),
    Origin("nitro", CHEMISTRY, "nitrogenPercent", Shape.QUANTITY, "%"),
    Origin("org_carb", CHEMISTRY, "organicCPercent", Shape.QUANTITY, "%"),
    Origin("carb_nitro_ratio", CHEMISTRY, "CNratio", Shape.QUANTITY, "1"),
    Origin("ph", PH, "soilInWaterpH", Shape.NUMBER),
    Origin("ammonium_nitrogen", EXTERNAL_LAB, "kclAmmoniumNConc", Shape.QUANTITY, "mg/L"),
    Origin("tot_nitro_content", EXTERNAL_LAB, "kclNitrateNitriteNConc", Shape.QUANTITY, "mg/L"),
)
#: Switched on by `Correction.DECLARED_SLOTS`. The mapping also declares a concentration of nucleic
#: acids, for which the schema has no such slot any more.
DECLARED_SIZE: Final = Origin("samp_size", INTERNAL_LAB, "soilFreshMass", Shape.QUANTITY, "g")
DECLARED_PURITY: Final = Origin(
    "biomaterial_purity", EXTRACTION, "nucleicAcidPurity", Shape.QUANTITY, "1"
)
#: The table and the column that name the protocol of a process.
DECLARED_PROTOCOLS: Final = {
    "nmdc:Pooling": (POOLS, "samplingProtocolVersion"),
    "nmdc:Extraction": (EXTRACTION, "testMethod"),
    "nmdc:LibraryPreparation": (SEQUENCING, "labPrepMethod"),
}
EXTRACTION_SLOTS: Final = {
    # The core's date by default: that is what the published records have.
    "start_date": Origin(
        "start_date",
        CORES,
        "collectDate",
        correction=Correction.PROCESS_ORIGINS,
        corrected=(EXTRACTION, "collectDate"),
    ),
    "end_date": Origin("end_date", EXTRACTION, "processedDate"),
    "input_mass": Origin("input_mass", EXTRACTION, "sampleMass", Shape.QUANTITY, "g"),
    "qc_status": Origin("qc_status", EXTRACTION, "qaqcStatus"),
    "processing_institution": Origin("processing_institution", EXTRACTION, "laboratoryName"),
}
LIBRARY_SLOTS: Final = {
    slot: Origin(
        slot,
        EXTRACTION,
        column,
        correction=Correction.PROCESS_ORIGINS,
        corrected=(SEQUENCING, column),
    )
    for slot, column in (
        ("start_date", "collectDate"),
        ("end_date", "processedDate"),
        ("processing_institution", "laboratoryName"),
    )
}

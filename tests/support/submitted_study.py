"""A study to be submitted to NCBI, with each thing that can become of a biosample on the way."""

from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

STUDY_ID = "nmdc:sty-11-fen"
BARE_STUDY_ID = "nmdc:sty-11-bare"
JGI_STUDY_ID = "nmdc:sty-11-jgi"


def _study(study_id: str, **fields: Any) -> Document:
    return {
        "id": study_id,
        "type": "nmdc:Study",
        "title": study_id,
        "study_category": "research_study",
        "principal_investigator": {
            "type": "nmdc:PersonValue",
            "name": "Ada M. Lovelace",
            "email": "ada@example.org",
        },
        "insdc_bioproject_identifiers": ["bioproject:PRJNA1029061"],
        **fields,
    }


def _biosample(key: str, study_id: str = STUDY_ID, **fields: Any) -> Document:
    return {
        "id": f"nmdc:bsm-11-{key}",
        "type": "nmdc:Biosample",
        "name": f"fen {key}",
        "associated_studies": [study_id],
        "geo_loc_name": {"type": "nmdc:TextValue", "has_raw_value": "Iceland: Þingvellir"},
        "lat_lon": {"type": "nmdc:GeolocationValue", "latitude": 64.25, "longitude": -21.125},
        "elev": 103.0,
        "env_package": {"type": "nmdc:TextValue", "has_raw_value": "soil"},
        **fields,
    }


def _process(kind: str, name: str, taken: str, made: str, **fields: Any) -> Document:
    return {
        "id": f"nmdc:{name}",
        "type": f"nmdc:{kind}",
        "has_input": [f"nmdc:{each}" for each in taken.split()],
        "has_output": [f"nmdc:{each}" for each in made.split()],
        **fields,
    }


def _run(name: str, taken: str, made: str, **fields: Any) -> Document:
    return _process("NucleotideSequencing", f"dgns-11-{name}", taken, made) | {
        "analyte_category": "metagenome",
        "instrument_used": ["nmdc:inst-11-novaseq"],
        **fields,
    }


def _library(name: str, taken: str, made: str) -> Document:
    protocol = {"type": "nmdc:Protocol", "name": f"protocol {name}"}
    return _process("LibraryPreparation", f"libprp-11-{name}", taken, made, protocol_link=protocol)


def _reads(name: str, kind: str = "Metagenome Raw Reads", end: str = ".fastq.gz") -> Document:
    return {
        "id": f"nmdc:dobj-11-{name}",
        "type": "nmdc:DataObject",
        "name": name,
        "data_object_type": kind,
        "url": f"https://data.example.org/reads/{name}{end}",
    }


def _depth(number: float, unit: str) -> Document:
    return {"type": "nmdc:QuantityValue", "has_numeric_value": number, "has_unit": unit}


def _date(text: str) -> Document:
    return {"type": "nmdc:TimestampValue", "has_raw_value": text}


def submitted_study() -> dict[str, list[Document]]:
    """Return it, by collection.

    ``a`` was extracted, and two libraries of it sequenced, the second as transcripts on another
    instrument. ``b`` and ``c`` were pooled, with ``z`` of another study; the pool was sequenced,
    and ``c`` by itself. ``d`` is at NCBI, ``e`` was sequenced by JGI too, ``f`` was never
    sequenced, ``g`` was pooled into nothing, ``h`` and ``i`` were read in one run, but never
    pooled. One process takes what it gives. The name of ``h`` has a character that XML cannot
    carry.
    """
    return {
        "study_set": [
            _study(STUDY_ID),
            _study(BARE_STUDY_ID),
            _study(JGI_STUDY_ID),
        ],
        "biosample_set": [
            _biosample("a", samp_sort_meth=["sieved", "frozen"], depth=_depth(5, "cm")),
            _biosample("b", depth=_depth(10, "cm"), collection_date=_date("2020-06-02")),
            _biosample("c", depth=_depth(0.5, "m"), collection_date=_date("2020-06")),
            _biosample("d", insdc_biosample_identifiers=["biosample:SAMN1"]),
            _biosample("e"),
            _biosample("f", host_name="none\u00e9"),
            _biosample("g"),
            _biosample("h", name="fen\x0bh"),
            _biosample("i"),
            _biosample("j", JGI_STUDY_ID),
            _biosample("z", BARE_STUDY_ID + "x"),
        ],
        "material_processing_set": [
            _process("Extraction", "extrp-11-a", "bsm-11-a", "procsm-11-a"),
            _library("one", "procsm-11-a", "procsm-11-a1"),
            _library("two", "procsm-11-a", "procsm-11-a2"),
            _process("SubSamplingProcess", "subspr-11-loop", "procsm-11-a", "procsm-11-a"),
            _process("Pooling", "poolp-11-p", "bsm-11-b bsm-11-c bsm-11-z", "procsm-11-p"),
            _library("pool", "procsm-11-p", "procsm-11-pl"),
            _process("Pooling", "poolp-11-none", "bsm-11-g", ""),
            _process("MixingProcess", "mixpro-11-hi", "bsm-11-h bsm-11-i", "procsm-11-hi"),
        ],
        "processed_sample_set": [
            {"id": f"nmdc:procsm-11-{each}", "type": "nmdc:ProcessedSample", "name": f"tube {each}"}
            for each in ("a", "a1", "a2", "p", "pl", "hi")
        ],
        "data_generation_set": [
            _run("a1", "procsm-11-a1", "dobj-11-a1r1 dobj-11-a1r2 dobj-11-a1log"),
            _run(
                "a2",
                "procsm-11-a2",
                "dobj-11-a2",
                analyte_category="metatranscriptome",
                instrument_used=["nmdc:inst-11-revio"],
            ),
            _run("p", "procsm-11-pl", "dobj-11-p_R2 dobj-11-p_R1"),
            _run("c", "bsm-11-c", "dobj-11-c"),
            _run("d", "bsm-11-d", "dobj-11-d"),
            _run("e1", "bsm-11-e", "dobj-11-e1", processing_institution="Battelle"),
            _run("e2", "bsm-11-e", "dobj-11-e2", processing_institution="JGI"),
            _run("hi", "procsm-11-hi", "dobj-11-hi"),
            _run("j", "bsm-11-j", "dobj-11-j", processing_institution="JGI"),
            _run("unread", "bsm-11-f", ""),
            _process("MassSpectrometry", "dgms-11-a", "procsm-11-a", "dobj-11-raw"),
        ],
        "data_object_set": [
            _reads("a1r1", "Metagenome Raw Read 1"),
            _reads("a1r2", "Metagenome Raw Read 2"),
            _reads("a1log", end=".log"),
            _reads("a2", "Metatranscriptome Raw Reads", ".fastq"),
            *(_reads(each) for each in ("p_R1", "p_R2", "c", "d", "e1", "e2", "hi", "j")),
            {"id": "nmdc:dobj-11-raw", "type": "nmdc:DataObject", "name": "raw"},
            _reads("cleaned"),
        ],
        "workflow_execution_set": [
            _process("ReadQcAnalysis", "wfrqc-11-a.1", "dobj-11-a1r1", "dobj-11-cleaned"),
        ],
        "instrument_set": [
            {
                "id": f"nmdc:inst-11-{name}",
                "type": "nmdc:Instrument",
                "vendor": vendor,
                "model": model,
            }
            for name, vendor, model in (
                ("novaseq", "illumina", "novaseq_x"),
                ("revio", "pacbio", "revio"),
            )
        ],
    }


def put_submitted_study(database: Database[Document]) -> None:
    """Store it."""
    for name, documents in submitted_study().items():
        database[name].insert_many(documents)

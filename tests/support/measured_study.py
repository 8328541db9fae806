"""A study of three biosamples, what was measured in them by different ways, and another study."""

from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

STUDY_ID = "nmdc:sty-11-meadow"
EMPTY_STUDY_ID = "nmdc:sty-11-empty"


def _biosample(name: str, study_id: str = STUDY_ID, **fields: Any) -> Document:
    return {
        "id": f"nmdc:bsm-11-{name}",
        "type": "nmdc:Biosample",
        "name": name,
        "associated_studies": [study_id],
        **fields,
    }


def _process(kind: str, name: str, taken: list[str], made: list[str], **fields: Any) -> Document:
    return {
        "id": f"nmdc:{name}",
        "type": f"nmdc:{kind}",
        "has_input": [f"nmdc:{each}" for each in taken],
        "has_output": [f"nmdc:{each}" for each in made],
        **fields,
    }


def measured_study() -> dict[str, list[Document]]:
    """Return it, by collection.

    ``a`` was sequenced as it is. ``b`` and ``c`` were pooled, and ``b`` with the ``z`` of another
    study too; a library of the pool was sequenced, the pool itself measured. One process takes what
    it gives, which no process does, but data do.
    """
    return {
        "study_set": [
            {"id": each, "type": "nmdc:Study", "name": each, "study_category": "research_study"}
            for each in (STUDY_ID, EMPTY_STUDY_ID, "nmdc:sty-11-other")
        ],
        "biosample_set": [
            _biosample("c", depth={"has_numeric_value": 2, "has_unit": "m"}),
            _biosample("a", lat_lon={"latitude": 46.5, "longitude": -119.25}, notes='="1", 2'),
            _biosample("b", alternative_identifiers=["x:1", "x:2"]) | {"name": "b\u00e9ta\nb"},
            _biosample("z", "nmdc:sty-11-other"),
        ],
        "material_processing_set": [
            _process(
                "Pooling", "poolp-11-p", ["bsm-11-b", "bsm-11-c", "bsm-11-z"], ["procsm-11-p"]
            ),
            _process("LibraryPreparation", "libprp-11-l", ["procsm-11-p"], ["procsm-11-l"]),
            _process("Extraction", "extrp-11-loop", ["procsm-11-l"], ["procsm-11-l"]),
        ],
        "data_generation_set": [
            _process("NucleotideSequencing", "dgns-11-a", ["bsm-11-a"], [])
            | {"analyte_category": "metagenome"},
            _process("NucleotideSequencing", "dgns-11-b", ["bsm-11-a"], [])
            | {"analyte_category": "metagenome"},
            _process("NucleotideSequencing", "dgns-11-p", ["procsm-11-l"], [])
            | {"analyte_category": "metatranscriptome"},
            _process("MassSpectrometry", "dgms-11-p", ["procsm-11-p"], [])
            | {"analyte_category": "lipidome"},
        ],
    }


def put_measured_study(database: Database[Document]) -> None:
    """Store it."""
    for name, documents in measured_study().items():
        database[name].insert_many(documents)


#: The table of it, as CSV.
COLUMNS = [
    "alternative_identifiers.0",
    "alternative_identifiers.1",
    "associated_studies.0",
    "depth.has_numeric_value",
    "depth.has_unit",
    "id",
    "lat_lon.latitude",
    "lat_lon.longitude",
    "name",
    "notes",
    "omics_types.0",
    "omics_types.1",
    "type",
]
_OF_B = ("b\u00e9ta\nb", "", "lipidome", "metatranscriptome", "nmdc:Biosample")
ROWS = [
    [
        *("", "", STUDY_ID, "", "", "nmdc:bsm-11-a", "46.5", "-119.25"),
        *("a", '="1", 2', "metagenome", "", "nmdc:Biosample"),
    ],
    ["x:1", "x:2", STUDY_ID, "", "", "nmdc:bsm-11-b", "", "", *_OF_B],
    ["", "", STUDY_ID, "2", "m", "nmdc:bsm-11-c", "", "", "c", *_OF_B[1:]],
]

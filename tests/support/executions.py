"""Workflow executions for tests: valid ones, with what they need and what they make."""

from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

SEQUENCING = "nmdc:dgns-11-seq001"
RAW = "nmdc:dobj-11-raw001"
#: A stored data object, for executions whose outputs do not matter: they must have some.
SPARE = "spare"
TYPES = {
    "wfrqc": "ReadQcAnalysis",
    "wfmgas": "MetagenomeAssembly",
    "wfmgan": "MetagenomeAnnotation",
}


def execution_id(name: str) -> str:
    """Return the id of the execution called e.g. ``wfrqc-a.1``."""
    typecode, _, rest = name.partition("-")
    return f"nmdc:{typecode}-11-{rest}"


def data_id(name: str) -> str:
    """Return the id of the data object of this name."""
    return f"nmdc:dobj-11-{name}"


def an_execution(
    name: str, *, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (SPARE,), **fields: Any
) -> dict[str, Any]:
    """Return an execution, e.g. ``wfrqc-a.1``; without inputs it reads what was sequenced."""
    return {
        "id": execution_id(name),
        "type": f"nmdc:{TYPES[name.partition('-')[0]]}",
        "name": name,
        "git_url": "https://github.com/microbiomedata/workflow",
        "version": "v1.0.2",
        "started_at_time": "2026-11-23T12:00:00Z",
        "ended_at_time": "2026-11-23T13:00:00Z",
        "was_informed_by": [SEQUENCING],
        "has_input": [data_id(each) for each in inputs] or [RAW],
        "has_output": [data_id(each) for each in outputs],
        "execution_resource": "NERSC-Perlmutter",
        "processing_institution": "NMDC",
        **fields,
    }


def a_data_object(name: str, **fields: Any) -> dict[str, Any]:
    """Return a data object."""
    return {
        "id": data_id(name),
        "type": "nmdc:DataObject",
        "name": f"{name}.txt",
        "description": f"what {name} holds",
        "data_category": "processed_data",
        "data_object_type": "Filtered Sequencing Reads",
        **fields,
    }


def aggregates(name: str, *counts: int) -> list[dict[str, Any]]:
    """Return aggregated annotations of the execution called so."""
    return [
        {
            "type": "nmdc:FunctionalAnnotationAggMember",
            "was_generated_by": execution_id(name),
            "gene_function_id": f"KEGG.ORTHOLOGY:K{number:05d}",
            "count": count,
        }
        for number, count in enumerate(counts)
    ]


def payload(*executions: dict[str, Any], data: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return a body with these executions and data objects."""
    return {
        "workflow_execution_set": list(executions),
        **({"data_object_set": [a_data_object(each) for each in data]} if data else {}),
        **more,
    }


def plant_sequencing(database: Database[Document]) -> None:
    """Store what executions are informed by, and its output."""
    database["data_object_set"].insert_many([a_data_object("raw001"), a_data_object(SPARE)])
    database["data_generation_set"].insert_one(
        {
            "id": SEQUENCING,
            "type": "nmdc:NucleotideSequencing",
            "has_input": [],
            "has_output": [RAW],
        }
    )


def links(database: Database[Document]) -> dict[str, str]:
    """Return what is superseded, by short name, and by what."""
    return {
        _short(each["id"]): _short(each["superseded_by"])
        for collection in ("workflow_execution_set", "data_object_set")
        for each in database[collection].find({"superseded_by": {"$exists": True}})
    }


def _short(id_: str) -> str:
    return id_.removeprefix("nmdc:").replace("dobj-11-", "").replace("-11-", "-")

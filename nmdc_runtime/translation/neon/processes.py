"""Processes and the samples that they make; a slot without a value is left out."""

from collections.abc import Sequence
from typing import Any

from nmdc_runtime.translation.neon.constants import ANALYTE_CATEGORY, Product
from nmdc_runtime.translation.neon.lookups import laboratory
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.tables import Cell
from nmdc_runtime.translation.values import quantity, without_empty

Id = Label | str


def processed_sample(label: Label, name: str) -> dict[str, Any]:
    """Return an ``nmdc:ProcessedSample``."""
    return {"id": label, "type": "nmdc:ProcessedSample", "name": name}


def pooling(
    label: Label, *, inputs: Sequence[Id], output: Label, start_date: Cell, end_date: Cell
) -> dict[str, Any]:
    """Return an ``nmdc:Pooling``; dates are texts of ISO 8601, as the source has them."""
    return without_empty(
        {
            "id": label,
            "type": "nmdc:Pooling",
            "has_input": list(inputs),
            "has_output": [output],
            "start_date": start_date,
            "end_date": end_date,
        }
    )


def extraction(
    label: Label,
    *,
    inputs: Sequence[Id],
    output: Label,
    start_date: Cell,
    end_date: Cell,
    laboratory_name: Cell,
    qc_status: str | None,
    input_mass_g: float | None,
) -> dict[str, Any]:
    """Return an ``nmdc:Extraction``."""
    return without_empty(
        {
            "id": label,
            "type": "nmdc:Extraction",
            "has_input": list(inputs),
            "has_output": [output],
            "processing_institution": laboratory(laboratory_name),
            "start_date": start_date,
            "end_date": end_date,
            "qc_status": qc_status,
            "input_mass": quantity(input_mass_g, "g"),
        }
    )


def library_preparation(
    label: Label,
    *,
    inputs: Sequence[Id],
    output: Label,
    start_date: Cell,
    end_date: Cell,
    laboratory_name: Cell,
) -> dict[str, Any]:
    """Return an ``nmdc:LibraryPreparation``."""
    return without_empty(
        {
            "id": label,
            "type": "nmdc:LibraryPreparation",
            "has_input": list(inputs),
            "has_output": [output],
            "processing_institution": laboratory(laboratory_name),
            "start_date": start_date,
            "end_date": end_date,
        }
    )


def nucleotide_sequencing(
    label: Label,
    *,
    product: Product,
    sample_id: str,
    run_name: str | None,
    inputs: Sequence[Id],
    outputs: Sequence[Id],
    facility: Cell,
    instrument_id: str | None,
    ncbi_project: Cell,
) -> dict[str, Any]:
    """Return an ``nmdc:NucleotideSequencing``, named by sample and, if given, by run."""
    tag = f" ({run_name})" if run_name else ""
    return without_empty(
        {
            "id": label,
            "type": "nmdc:NucleotideSequencing",
            "name": f"{product.sequencing_prefix}{sample_id}{tag}",
            "has_input": list(inputs),
            "has_output": list(outputs),
            "processing_institution": laboratory(facility),
            "analyte_category": ANALYTE_CATEGORY,
            "associated_studies": [product.study_id],
            "instrument_used": [instrument_id] if instrument_id else None,
            "ncbi_project_name": ncbi_project,
        }
    )

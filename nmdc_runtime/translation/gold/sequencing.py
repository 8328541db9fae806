"""Sequencing projects of GOLD as ``nmdc:NucleotideSequencing``."""

from typing import Any, Final

from nmdc_runtime.translation.gold.instruments import SequencingMethods
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.people import principal_investigator
from nmdc_runtime.translation.gold.reading import Reading
from nmdc_runtime.translation.gold.selection import PROJECTS, Record, processing_institution
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.values import without_empty

CLASS: Final = "NucleotideSequencing"
SEQUENCING: Final = f"nmdc:{CLASS}"


def sequencing_label(gold_id: str) -> Label:
    """Return what stands for the id of a sequencing project."""
    return Label(SEQUENCING, gold_id)


class Sequencings:
    """Makes the records of sequencing projects of one study."""

    def __init__(
        self,
        methods: SequencingMethods,
        options: GoldOptions,
        problems: Problems,
        *,
        study_id: Label | str,
    ) -> None:
        self._methods = methods
        self._options = options
        self._problems = problems
        self._study_id = study_id

    def document(self, gold_id: str, record: Record, *, input_id: Label | str) -> dict[str, Any]:
        """Return the ``nmdc:NucleotideSequencing`` of a project that reads one sample."""
        reading = Reading(record, self._problems, table=PROJECTS, natural_id=gold_id)
        name = reading.text("projectName")
        reading.texts("sequencingCenters")  # tells of what is no name
        bioproject = reading.identifier(
            "ncbiBioProjectAccession",
            prefix="bioproject",
            owner=(CLASS, "insdc_bioproject_identifiers"),
        )
        return without_empty(
            {
                "id": sequencing_label(gold_id),
                "type": SEQUENCING,
                "name": name,
                "ncbi_project_name": name,
                "has_input": [input_id],
                "associated_studies": [self._study_id],
                "gold_sequencing_project_identifiers": [f"gold:{gold_id}"],
                "insdc_bioproject_identifiers": [bioproject] if bioproject else None,
                "insdc_experiment_identifiers": self._experiments(reading),
                "principal_investigator": principal_investigator(reading),
                "processing_institution": processing_institution(record),
                "instrument_used": self._instruments(reading),
                "analyte_category": str(record["sequencingStrategy"]).lower(),
                "provenance_metadata": self._options.provenance_copy(),
            }
        )

    def _instruments(self, reading: Reading) -> list[str]:
        """Return the instruments of all methods; those that the map lacks are reported."""
        found: dict[str, None] = {}
        for method in reading.texts("seqMethod"):
            instrument_id = self._methods.find(method)
            if instrument_id is not None:
                found[instrument_id] = None
                continue
            reading.report(
                "unmapped_instrument",
                "seqMethod",
                method,
                f"seqMethod {method!r} could not be found in the GOLD-NMDC instrument mapping",
            )
        return list(found)

    def _experiments(self, reading: Reading) -> list[str]:
        if not self._options.further_slots:
            return []
        slot = "insdc_experiment_identifiers"
        curies = (
            reading.curie("sraExperimentIds", text, prefix="insdc.sra", owner=(CLASS, slot))
            for text in reading.texts("sraExperimentIds")
        )
        return [each for each in curies if each is not None]

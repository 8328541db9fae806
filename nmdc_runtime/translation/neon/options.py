"""What a caller may choose; without any choice a translator does what the published jobs do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class OnError(StrEnum):
    """What to do when a sample cannot be translated."""

    FAIL = "fail"  # list all that is wrong, translate nothing
    SKIP = "skip"  # leave out the sample with its processes and files


class Correction(StrEnum):
    """Changes of published values, off until the owners of the data agree to them."""

    POOLING_DATES = "pooling_dates"  # from the earliest start to the latest collection of a pool
    PROCESS_ORIGINS = "process_origins"  # dates, laboratory, QC from the process's own table
    FIELD_ORIGINS = "field_origins"  # date from the field table; better coordinates and depths
    NEON_CATEGORY = "neon_category"  # ``biosample_categories: [NEON]`` for soil too
    NEON_IDENTIFIERS = "neon_identifiers"  # ``neon_biosample_identifiers``
    RUN_NAMES = "run_names"  # runs of one surface-water sample are told apart by name
    PROVENANCE = "provenance"  # ``provenance_metadata``
    DECLARED_SLOTS = "declared_slots"  # soil: what NEON's term mapping has and no record ever had


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """When and by which version records are made, for the correction of that name."""

    now: datetime
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonOptions:
    """The choices of one translation.

    Parameters
    ----------
    dna_sample_ids
        Translate only these; none means all.
    library_sample_override
        Sample name → id of a ``ProcessedSample`` that its sequencing reads instead.
    existing_biosample_ids
        Sample name → id of a ``Biosample`` that is there already: referred to, not made.
    """

    dna_sample_ids: Collection[str] = ()
    library_sample_override: Mapping[str, str] = field(default_factory=dict)
    existing_biosample_ids: Mapping[str, str] = field(default_factory=dict)
    on_error: OnError = OnError.FAIL
    corrections: frozenset[Correction] = frozenset()
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        """Refuse to leave out a slot silently that was asked for."""
        if self.corrects(Correction.PROVENANCE) and self.provenance is None:
            raise ValueError("the correction 'provenance' needs to know when and by which version")

    def corrects(self, correction: Correction) -> bool:
        """Tell whether a correction is switched on."""
        return correction in self.corrections

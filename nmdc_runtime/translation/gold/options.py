"""What a caller may choose; without any choice a translator does what the published job does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.vocabulary import permissible_values

#: What ids are remembered under: the same for all that GOLD tells, so that a biosample or project
#: of its has one id, whichever operation makes the record.
SOURCE: Final = "gold"
SOURCE_SYSTEM: Final = "GOLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldOptions:
    """The choices of one translation.

    Parameters
    ----------
    study_type
        The ``study_category``.
    include_field_site_info
        Also make field research sites, and say which biosample comes from which.
    enable_biosample_filtering
        Leave out biosamples without a project that can be translated.
    strict
        Fail, before anything is minted, if a record lacks what it must have; otherwise that record
        is left out and reported.
    compat
        Count unfinished projects of JGI's as good, as release 2.19 did.
    further_slots
        Fill also slots that no translated record ever had, see `fields.FURTHER`.
    provenance
        The ``provenance_metadata`` of each record that may have one.
    site_ids
        Name → id of field research sites that are there already: referred to, not made.
    registered_instruments
        Ids of the instruments in NMDC; an id of the map that is not there is reported and not used.
        None: not known, all are used.
    """

    study_type: str = "research_study"
    include_field_site_info: bool = False
    enable_biosample_filtering: bool = True
    strict: bool = False
    compat: bool = False
    further_slots: bool = False
    provenance: Mapping[str, Any] | None = None
    site_ids: Mapping[str, str] = field(default_factory=dict)
    registered_instruments: Collection[str] | None = None

    def __post_init__(self) -> None:
        """Refuse a category that the schema does not have."""
        if self.study_type not in permissible_values("StudyCategoryEnum"):
            raise ValueError(f"Unknown StudyCategoryEnum enumeration code: {self.study_type}")

    @property
    def on_error(self) -> str:
        """What a report is asked: whether the problems stop the run."""
        return "fail" if self.strict else "skip"

    def provenance_copy(self) -> dict[str, Any] | None:
        """Return the provenance, for one record alone."""
        return None if self.provenance is None else dict(self.provenance)

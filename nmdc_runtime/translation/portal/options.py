"""What a caller may choose; without any choice a translator does what the published job does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nmdc_runtime.translation.gold.reading import matches
from nmdc_runtime.translation.values import JsonObject

SOURCE = "submission-portal"
#: The word of the schema's ``SourceSystemEnum``.
SOURCE_SYSTEM = "NMDC_Submission_Portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOptions:
    """The choices of one translation.

    Parameters
    ----------
    study_id
        The study the samples belong to; without it the one that the portal knows for the
        submission; without that one a study is made.
    study_category
        Of the study that is made.
    study_pi_image_url
        A picture of its principal investigator.
    instruments
        Model → id of the instruments that are there already; others are made.
    strict
        Fail, before anything is minted, if a sample cannot be made or linked as the submission
        says; otherwise that sample and what depends on it are left out and reported.
    compat
        As release 2.19: keep blank names and ORCIDs of the principal investigator, and do not say
        by what the files of a mapping were generated.
    provenance
        The ``provenance_metadata`` of each record that may have one.
    """

    study_id: str | None = None
    study_category: str | None = "research_study"
    study_pi_image_url: str | None = None
    instruments: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    compat: bool = False
    provenance: Mapping[str, Any] | None = None

    @property
    def on_error(self) -> str:
        """What a report is asked: whether the problems stop the run."""
        return "fail" if self.strict else "skip"

    def provenance_slot(self) -> JsonObject:
        """Return the slot ``provenance_metadata`` with a copy for one record, if there is any."""
        if self.provenance is None:
            return {}
        copy = {k: list(v) if isinstance(v, list) else v for k, v in self.provenance.items()}
        return {"provenance_metadata": copy}


def registered(submission_id: object) -> str | None:
    """Return the id if provenance can name it: other portals than NMDC's may have other ids."""
    known = ("ProvenanceMetadata", "submission_portal_identifier")
    if isinstance(submission_id, str) and matches(submission_id, *known):
        return submission_id
    return None

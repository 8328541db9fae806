"""What goes into a submission, and what one is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
#: Names with their values, in order.
Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """A study's records, in the shapes in which the published ops hand them on.

    Lists of mappings have the ids of biosamples as keys: mostly one key a mapping. Of several
    library preparations of a biosample, each has a mapping of its own.
    """

    study: Document
    biosamples: Sequence[Document] = ()
    sequencing: Sequence[Mapping[str, Sequence[Document]]] = ()
    data_objects: Sequence[Mapping[str, Sequence[Document]]] = ()
    library_preparations: Sequence[Mapping[str, Document]] = ()
    instruments: Mapping[str, Document] = field(default_factory=dict)
    pooling: Mapping[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the one who submits says.

    Parameters
    ----------
    organization
        Also the namespace of all identifiers.
    contact_first, contact_last, contact_email
        Instead of the principal investigator's.
    has_hemispheres
        Positions as ``39.7 N 102.4 W`` instead of signed decimals.
    """

    organization: str = ""
    organism: str = ""
    contact_first: str = ""
    contact_last: str = ""
    contact_email: str = ""
    has_hemispheres: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Whose submission it is, and what all of it belongs to."""

    study_id: str
    organization: str
    email: str
    first_name: str
    last_name: str
    organism: str
    bioproject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One BioSample: a biosample, or what several were pooled into."""

    id: str
    title: str
    links: tuple[str, ...]
    package: str
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One SRA experiment: the files of one sequencing record."""

    id: str
    sample_id: str
    files: tuple[str, ...]
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class NcbiSubmission:
    """All of it."""

    header: Header
    samples: tuple[Sample, ...]
    experiments: tuple[Experiment, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to submit."""
        return not self.samples and not self.experiments

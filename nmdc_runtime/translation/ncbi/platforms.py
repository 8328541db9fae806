"""SRA's words for instruments and libraries.

Source
------
``SRA.common.xsd`` 1.6 (``typeIlluminaModel``, ``typePacBioModel``, ``typeOxfordNanoporeModel``) and
``SRA.experiment.xsd`` (strategies, sources, selections), which NCBI, EBI and DDBJ share;
nmdc-schema ``InstrumentVendorEnum``, ``InstrumentModelEnum``, ``NucleotideSequencingEnum``.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

#: Vendor → SRA's platform.
PLATFORMS: Final[Mapping[str, str]] = {
    "illumina": "ILLUMINA",
    "pacbio": "PACBIO_SMRT",
    "oxford_nanopore": "OXFORD_NANOPORE",
}

#: A model of a family that SRA does not list as such.
UNSPECIFIED: Final = "unspecified"

#: Model → SRA's name of it, which has the vendor's name only where SRA's has it.
MODELS: Final[Mapping[str, str]] = {
    "novaseq": UNSPECIFIED,
    "novaseq_6000": "Illumina NovaSeq 6000",
    "novaseq_x": "Illumina NovaSeq X",
    "hiseq": UNSPECIFIED,
    "hiseq_1000": "Illumina HiSeq 1000",
    "hiseq_1500": "Illumina HiSeq 1500",
    "hiseq_2000": "Illumina HiSeq 2000",
    "hiseq_2500": "Illumina HiSeq 2500",
    "hiseq_3000": "Illumina HiSeq 3000",
    "hiseq_4000": "Illumina HiSeq 4000",
    "hiseq_x_ten": "HiSeq X Ten",
    "miniseq": "Illumina MiniSeq",
    "miseq": "Illumina MiSeq",
    "nextseq": UNSPECIFIED,
    "nextseq_500": "NextSeq 500",
    "nextseq_550": "NextSeq 550",
    "nextseq_1000": "NextSeq 1000",
    "gridion": "GridION",
    "minion": "MinION",
    "promethion": "PromethION",
    "rs_II": "PacBio RS II",
    "sequel": "Sequel",
    "sequel_II": "Sequel II",
    "sequel_IIe": "Sequel IIe",
    "revio": "Revio",
}


class Library(NamedTuple):
    """What SRA asks of a library."""

    strategy: str
    source: str
    selection: str


#: Analyte category → library. How transcripts were selected, no record says.
LIBRARIES: Final[Mapping[str, Library]] = {
    "metagenome": Library("WGS", "METAGENOMIC", "RANDOM"),
    "metatranscriptome": Library("RNA-Seq", "METATRANSCRIPTOMIC", UNSPECIFIED),
    "amplicon_sequencing_assay": Library("AMPLICON", "METAGENOMIC", "PCR"),
}

#: Types of files, in small letters, that alone say that reads are in pairs.
_PAIRED: Final = frozenset(
    {
        "metagenome raw reads",
        "metatranscriptome raw reads",
        "paired interleaved raw sequencing data",
    }
)
#: Types of files that say so together.
_PAIRS: Final = (
    {"metagenome raw read 1", "metagenome raw read 2"},
    {"metatranscriptome raw read 1", "metatranscriptome raw read 2"},
    {"raw sequencing data read 1", "raw sequencing data read 2"},
)


def layout_by_types(types: Iterable[str]) -> str:
    """Return ``paired`` or ``single``, by the types of an experiment's files."""
    said = {each.casefold() for each in types}
    is_paired = bool(said & _PAIRED) or any(pair <= said for pair in _PAIRS)
    return "paired" if is_paired else "single"


def layout_by_names(names: Iterable[str]) -> str:
    """Return ``paired`` if a file named ``_R1`` has its fellow named ``_R2``, else ``single``."""
    said = set(names)
    is_paired = any("_R1" in each and each.replace("_R1", "_R2") in said for each in said)
    return "paired" if is_paired else "single"

"""What is fixed for each product: its study, its names, its tables."""

from dataclasses import dataclass
from typing import Final

ANALYTE_CATEGORY: Final = "metagenome"
MANIFEST_CATEGORY: Final = "poolable_replicates"
DATA_CATEGORY: Final = "instrument_data"
READ_TYPES: Final = {1: "Metagenome Raw Read 1", 2: "Metagenome Raw Read 2"}
#: The value of ``biosample_categories``, and what the source is called in provenance.
CATEGORY: Final = "NEON"
SOURCE_SYSTEM: Final = "NEON_Data_Portal"

ENVO_TABLE: Final = "neon_envo_mappings"
RAW_MAPPING_TABLE: Final = "neon_raw_data_file_mappings"
INSTRUMENT_TABLE: Final = "neon_nmdc_instrument_map"
SITES_TABLE: Final = "site_code_mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One of NEON's products, or several that are translated together.

    Parameters
    ----------
    source
        What reports call it; the part after the hyphen begins the natural keys of its labels.
    sequencing_prefix
        Begins the name of a ``NucleotideSequencing``.
    """

    source: str
    study_id: str
    sequencing_prefix: str

    def key(self, *parts: str) -> str:
        """Return the natural key of a thing, e.g. ``soil/dna/BLAN_005-M-20200713-COMP-DNA1``."""
        return "/".join((self.source.partition("-")[2], *parts))


SOIL: Final = Product(
    source="neon-soil",
    study_id="nmdc:sty-11-34xj1150",
    sequencing_prefix="Terrestrial soil microbial communities - ",
)
BENTHIC: Final = Product(
    source="neon-benthic",
    study_id="nmdc:sty-11-pzmd0x14",
    sequencing_prefix="Benthic microbial communities - ",
)
SURFACE_WATER: Final = Product(
    source="neon-surface-water",
    study_id="nmdc:sty-11-hht5sb92",
    sequencing_prefix="Surface water microbial communities - ",
)

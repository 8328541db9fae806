"""SRA's words for what the schema can say."""

import pytest

from nmdc_runtime.translation.ncbi.platforms import (
    LIBRARIES,
    MODELS,
    PLATFORMS,
    layout_by_names,
    layout_by_types,
)
from nmdc_runtime.translation.vocabulary import permissible_values
from tests.support.ncbi_rules import MODELS as MODELS_OF_SRA
from tests.support.ncbi_rules import SELECTIONS, SOURCES, STRATEGIES

#: Begins the names of what measures masses, or only shakes.
NO_SEQUENCERS = ("exploris", "ltq_", "orbitrap", "solarix", "agilent", "vortex")


def test_each_sequencer_of_the_schema_has_a_name_that_sra_knows() -> None:
    models = permissible_values("InstrumentModelEnum")

    assert {each for each in models if not each.startswith(NO_SEQUENCERS)} == set(MODELS)
    known = set().union(*MODELS_OF_SRA.values())
    assert set(MODELS.values()) <= known
    assert set(PLATFORMS.values()) == set(MODELS_OF_SRA)
    assert set(PLATFORMS) <= permissible_values("InstrumentVendorEnum")


def test_each_kind_of_sequencing_has_a_library_that_sra_knows() -> None:
    assert set(LIBRARIES) == permissible_values("NucleotideSequencingEnum")
    for library in LIBRARIES.values():
        assert library.strategy in STRATEGIES
        assert library.source in SOURCES
        assert library.selection in SELECTIONS


@pytest.mark.parametrize(
    ("types", "layout"),
    [
        (["Metagenome Raw Reads"], "paired"),
        (["metatranscriptome raw reads", "x"], "paired"),
        (["Metagenome Raw Read 1", "Metagenome Raw Read 2"], "paired"),
        (["Metatranscriptome Raw Read 2", "Metatranscriptome Raw Read 1"], "paired"),
        (["Metagenome Raw Read 1"], "single"),
        (["Metagenome Raw Read 1", "Metatranscriptome Raw Read 2"], "single"),
        (["Unpaired raw sequencing data"], "single"),
        ([], "single"),
    ],
)
def test_types_of_files_tell_whether_reads_are_in_pairs(types: list[str], layout: str) -> None:
    assert layout_by_types(types) == layout


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["x_R1.fastq.gz", "x_R2.fastq.gz"], "paired"),
        (["x_R1_001.fastq", "x_R2_001.fastq"], "paired"),
        (["x_R1.fastq.gz", "y_R2.fastq.gz"], "single"),
        (["x.fastq.gz"], "single"),
    ],
)
def test_names_of_files_tell_whether_those_of_a_pool_are(names: list[str], layout: str) -> None:
    assert layout_by_names(names) == layout

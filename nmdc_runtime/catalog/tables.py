"""The built-in rows, as published; names that look like slips are part of the contract.

Each row is ``(id, name, day of creation, description)``.
"""

from typing import Final

Row = tuple[str, str, str, str | None]

#: Capabilities have the same ids, names, days and descriptions.
WORKFLOWS: Final[tuple[Row, ...]] = (
    ("metag-1.0.0", "Metagenome Analysis Workflow (v1.0.0)", "2021-08-24", None),
    ("readqc-1.0.6", "Reads QC Workflow (v1.0.1)", "2021-06-01", None),
    ("mags-1.0.4", "Read-based Analysis (v1.0.1)", "2021-06-01", None),
    ("mgrba-1.0.2", "Read-based Analysis (v1.0.1)", "2021-06-01", None),
    ("mgasm-1.0.3", "Metagenome Assembly (v1.0.1)", "2021-06-01", None),
    ("mgann-1.0.0", "Metagenome Annotation (v1.0.0)", "2021-06-01", None),
    ("mgasmbgen-1.0.1", "Metagenome Assembled Genomes (v1.0.2)", "2021-06-01", None),
    ("metat-0.0.2", "Metatranscriptome (v0.0.2)", "2021-06-01", None),
    ("metap-1.0.0", "Metaproteomic (v1.0.0)", "2021-06-01", None),
    ("metab-2.1.0", "Metabolomics  (v2.1.0)", "2021-06-01", None),
    (
        "gold-translation-1.0.0",
        "GOLD db dump translation",
        "2021-06-01",
        "Transform metadata obtained from the JGI GOLD database.",
    ),
    (
        "metap-metadata-1.0.0",
        "metaP metadata ETL",
        "2021-06-01",
        "Ingest and validate metaP metadata",
    ),
    (
        "metadata-in-1.0.0",
        "general metadata ETL",
        "2021-10-12",
        "Validate and ingest metadata from JSON files",
    ),
    ("test", "A test workflow", "2021-09-09", "For use in unit and integration tests"),
    ("gcms-metab-1.0.0", "GCMS-based metabolomics", "2021-09-20", None),
    ("nom-1.0.0", "Natural Organic Matter characterization", "2021-09-20", None),
    (
        "apply-changesheet-1.0.0",
        "apply metadata changesheet",
        "2021-09-30",
        "Validate and apply metadata changes from TSV/CSV files",
    ),
    (
        "export-study-biosamples-as-csv-1.0.0",
        "export study biosamples metadata as CSV",
        "2022-06-08",
        "Export study biosamples metadata as CSV",
    ),
    (
        "gold_study_to_database",
        "Get nmdc:Database for GOLD study",
        "2023-02-17",
        "For a given GOLD study ID, produce an nmdc:Database representing that study and related "
        "entities",
    ),
)

#: Object types besides those of the schema's collections.
OBJECT_TYPES: Final[tuple[Row, ...]] = (
    ("read_qc_analysis_activity_set", "metaP analysis activity", "2021-09-14", None),
    ("metagenome_sequencing_activity_set", "metaP analysis activity", "2021-09-14", None),
    ("mags_activity_set", "metaP analysis activity", "2021-09-14", None),
    ("metagenome_annotation_activity_set", "metaP analysis activity", "2021-09-14", None),
    ("metagenome_assembly_set", "metaP analysis activity", "2021-09-14", None),
    ("read_based_taxonomy_analysis_activity_set", "metaP analysis activity", "2021-09-14", None),
    ("metadata-in", "metadata submission", "2021-06-01", "Input to the portal ETL process"),
    (
        "metaproteomics_analysis_activity_set",
        "metaP analysis activity",
        "2021-08-23",
        "JSON documents satisfying schema for metaproteomics analysis activity",
    ),
    (
        "metagenome_raw_paired_end_reads",
        "Metagenome Raw Paired-End Reads Workflow Input",
        "2021-08-24",
        "workflow input",
    ),
    (
        "metatranscriptome_raw_paired_end_reads",
        "Metatranscriptome Raw Paired-End Reads Workflow Input",
        "2021-09-07",
        "workflow input 2",
    ),
    ("gcms-metab-input", "Raw GCMS MetaB Input", "2021-09-07", ""),
    ("gcms-metab-calibration", "Raw GCMS MetaB Calibration", "2021-09-07", ""),
    ("nom-input", "Raw FTMS MetaB Input", "2021-09-07", ""),
    ("test", "A test object type", "2021-09-07", "For use in unit and integration tests"),
    (
        "metadata-changesheet",
        "metadata changesheet",
        "2021-09-30",
        "Specification for changes to existing metadata",
    ),
)

#: Object types of the schema: one for each collection, named like it, and this one for them all.
SCHEMA_OBJECT_TYPE_DAY: Final = "2021-09-14"
DATABASE_OBJECT_TYPE: Final[Row] = (
    "schema#/definitions/Database",
    "Bundle of one or more metadata `*_set`s.",
    SCHEMA_OBJECT_TYPE_DAY,
    None,
)

#: ``(object type, workflow, day of creation)``; two workflows do not exist, which boot reports.
TRIGGERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("metadata-in", "metadata-in-1.0.0", "2021-06-01"),
    ("metaproteomics_analysis_activity_set", "metap-metadata-1.0.0", "2021-09-01"),
    ("metagenome_raw_paired_end_reads", "metag-1.0.0", "2021-09-01"),
    ("metatranscriptome_raw_paired_end_reads", "metat-1.0.0", "2021-09-07"),
    ("test", "test", "2021-09-09"),
    ("nom-input", "nom-1.0.0", "2021-09-20"),
    ("gcms-metab-input", "gcms-metab-1.0.0", "2021-09-20"),
    ("metadata-changesheet", "apply-changesheet-1.0.0", "2021-09-30"),
    ("metagenome_sequencing_activity_set", "mgrc-1.0.6", "2022-01-20"),
    ("metagenome_sequencing_activity_set", "metag-1.0.0", "2022-01-20"),
    ("metagenome_annotation_activity_set", "mags-1.0.4", "2022-01-20"),
    ("metagenome_assembly_set", "mgann-1.0.0", "2022-01-20"),
    ("read_qc_analysis_activity_set", "mgasm-1.0.3", "2022-01-20"),
    ("read_qc_analysis_activity_set", "mgrba-1.0.2", "2022-01-20"),
)

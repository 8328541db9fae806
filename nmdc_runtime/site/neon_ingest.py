"""Six jobs that translate NEON's soil, benthic and surface water data: dry run and ingest of each.

All are made by one function, so that a dry run does what its ingest would: the same fetching, the
same translation, the same look at what is stored. Only the ids of new things differ, and where the
result goes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg

from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.database_files import export_json_to_drs, nmdc_schema_object_to_dict
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.neon_data import (
    get_neon_pipeline_benthic_data_product,
    get_neon_pipeline_inputs,
    get_neon_pipeline_mms_data_product,
    get_neon_pipeline_sls_data_product,
    get_neon_pipeline_surface_water_data_product,
    get_neon_soil_sample_filter,
    neon_data_by_product,
    nmdc_schema_database_export_filename_neon,
    site_code_mapping,
)
from nmdc_runtime.site.neon_translation import (
    nmdc_schema_database_from_neon_benthic_data,
    nmdc_schema_database_from_neon_soil_data,
    nmdc_schema_database_from_neon_surface_water_data,
    use_permanent_ids,
    use_placeholder_ids,
)
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.submitting import poll_for_run_completion, submit_metadata_to_db
from nmdc_runtime.site.tables_from_urls import get_df_from_url

_SCHEMA_ASSETS: Final = "https://raw.githubusercontent.com/microbiomedata/nmdc-schema"
#: Published: where the mapping files are by default.
MAPPING_FILES: Final[Mapping[str, str]] = {
    "neon_envo_mappings_file_url": f"{_SCHEMA_ASSETS}/main/assets/neon_mixs_env_triad_mappings/"
    "neon-nlcd-local-broad-mappings.tsv",
    "neon_raw_data_file_mappings_file_url": f"{_SCHEMA_ASSETS}/main/assets/misc/"
    "neon_raw_data_file_mappings.tsv",
    "neon_nmdc_instrument_mapping_file_url": f"{_SCHEMA_ASSETS}/refs/heads/main/assets/misc/"
    "neon_sequencingMethod_to_nmdc_instrument_set.tsv",
}


def _soil(are_ids_permanent: Any) -> Any:  # noqa: ANN401 (while a graph is composed)
    envo, raw_files, instruments = get_neon_pipeline_inputs()
    return nmdc_schema_database_from_neon_soil_data(
        mms_data=neon_data_by_product(get_neon_pipeline_mms_data_product()),
        sls_data=neon_data_by_product(get_neon_pipeline_sls_data_product()),
        site_code_mapping=site_code_mapping(),
        neon_envo_mappings_file=get_df_from_url(envo),
        neon_raw_data_file_mappings_file=get_df_from_url(raw_files),
        neon_nmdc_instrument_mapping_file=get_df_from_url(instruments),
        allowed_dna_sample_ids=get_neon_soil_sample_filter(),
        are_ids_permanent=are_ids_permanent,
    )


def _benthic(are_ids_permanent: Any) -> Any:  # noqa: ANN401 (while a graph is composed)
    _, _, instruments = get_neon_pipeline_inputs()
    return nmdc_schema_database_from_neon_benthic_data(
        benthic_data=neon_data_by_product(get_neon_pipeline_benthic_data_product()),
        site_code_mapping=site_code_mapping(),
        neon_nmdc_instrument_mapping_file=get_df_from_url(instruments),
        are_ids_permanent=are_ids_permanent,
    )


def _surface_water(are_ids_permanent: Any) -> Any:  # noqa: ANN401 (while a graph is composed)
    _, _, instruments = get_neon_pipeline_inputs()
    return nmdc_schema_database_from_neon_surface_water_data(
        surface_water_data=neon_data_by_product(get_neon_pipeline_surface_water_data_product()),
        site_code_mapping=site_code_mapping(),
        neon_nmdc_instrument_mapping_file=get_df_from_url(instruments),
        are_ids_permanent=are_ids_permanent,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonJobs:
    """What the two jobs of a product have in common.

    Parameters
    ----------
    word
        What names of jobs call the product.
    translate
        Composes the part of the graph that ends with the documents.
    products
        Published default: the tables by op and product; each op has one config key.
    """

    word: str
    translate: Callable[[Any], Any]
    products: Mapping[str, tuple[str, str]]
    ops: Mapping[str, Any]

    def config(self) -> dict[str, Any]:
        """Return the default run config that both jobs have."""
        return {
            **{
                f"get_neon_pipeline_{key}": {
                    "config": {key: {"product_id": product_id, "product_tables": tables}}
                }
                for key, (product_id, tables) in self.products.items()
            },
            "get_neon_pipeline_inputs": {"inputs": dict(MAPPING_FILES)},
            **self.ops,
        }

    def dry_run(self, preset: Preset) -> dg.JobDefinition:
        """Return the job that stores what would be ingested as a DRS object."""
        name = f"translate_neon_api_{self.word}_metadata_to_nmdc_schema_database"

        @dg.graph(
            name=name,
            description=f"Dry run of ingest_neon_{self.word}_metadata: store what it would submit "
            "as a DRS object. New things have placeholders for ids; nothing is minted.",
        )
        def translate() -> None:
            database = self.translate(use_placeholder_ids())
            add_output_run_event(
                export_json_to_drs(
                    nmdc_schema_object_to_dict(database),
                    nmdc_schema_database_export_filename_neon(),
                )
            )

        username = {"export_json_to_drs": {"config": {"username": "..."}}}
        return preset.job(
            translate,
            name=name,
            kind=Kind.INGEST,
            ops=username | self.config(),
            peers=("neon_api_client",),
            is_repeatable=True,
        )

    def ingest(self, preset: Preset) -> dg.JobDefinition:
        """Return the job that submits what is new and waits until it is written."""
        name = f"ingest_neon_{self.word}_metadata"

        @dg.graph(
            name=name,
            description="Submit what is new by POST /metadata/json:submit, and wait until it is "
            "written. The same data again change nothing.",
        )
        def ingest() -> None:
            poll_for_run_completion(submit_metadata_to_db(self.translate(use_permanent_ids())))

        return preset.job(
            ingest,
            name=name,
            kind=Kind.INGEST,
            ops=self.config(),
            peers=("neon_api_client",),
            exclusive=f"neon-{self.word.replace('_', '-')}",
            is_repeatable=True,
        )


SOIL_JOBS: Final = NeonJobs(
    word="soil",
    translate=_soil,
    products={
        "mms_data_product": (
            "DP1.10107.001",
            "mms_metagenomeDnaExtraction, mms_metagenomeSequencing",
        ),
        "sls_data_product": (
            "DP1.10086.001",
            "sls_metagenomicsPooling, sls_soilCoreCollection, sls_soilChemistry, sls_soilMoisture, "
            "sls_soilpH, ntr_externalLab, ntr_internalLab",
        ),
    },
    ops={"get_neon_soil_sample_filter": {"config": {"dna_sample_ids": []}}},
)
BENTHIC_JOBS: Final = NeonJobs(
    word="benthic",
    translate=_benthic,
    products={
        "benthic_data_product": (
            "DP1.20279.001",
            "mms_benthicMetagenomeSequencing, mms_benthicMetagenomeDnaExtraction, "
            "mms_benthicRawDataFiles, amb_fieldParent, mms_mms_benthicRawDataFiles",
        )
    },
    ops={},
)
SURFACE_WATER_JOBS: Final = NeonJobs(
    word="surface_water",
    translate=_surface_water,
    products={
        "surface_water_data_product": (
            "DP1.20281.001",
            "mms_swMetagenomeSequencing, mms_swMetagenomeDnaExtraction, amc_fieldGenetic, "
            "amc_fieldSuperParent, mms_swRawDataFiles",
        )
    },
    ops={},
)
#: All six, for the list of definitions.
NEON_JOBS: Final = tuple(
    make
    for jobs in (SOIL_JOBS, BENTHIC_JOBS, SURFACE_WATER_JOBS)
    for make in (jobs.dry_run, jobs.ingest)
)

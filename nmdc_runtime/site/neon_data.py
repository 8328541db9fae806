"""Ops that fetch what is translated of NEON: tables, names of sites, addresses of mapping files."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import dagster as dg

from nmdc_runtime.clients.neon import NeonClient, NeonFile, NeonTables
from nmdc_runtime.clients.neon_files import NeonProduct
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import NEON_POOL
from nmdc_runtime.site.translation_reports import table
from nmdc_runtime.translation.neon.reading import read_neon_tables
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Table

INPUTS: Final = (
    "neon_envo_mappings_file_url",
    "neon_raw_data_file_mappings_file_url",
    "neon_nmdc_instrument_mapping_file_url",
)


class ProductTables(dict[str, Table]):
    """The tables of a data product by name, and what was wrong with their files."""

    def __init__(self, tables: Mapping[str, Table], problems: Problems) -> None:
        super().__init__(tables)
        self.problems = problems


def _product_op(key: str) -> dg.OpDefinition:
    """Return the op that hands on a data product that somebody describes in its config."""

    @dg.op(
        name=f"get_neon_pipeline_{key}",
        config_schema={key: dg.Field(dict, description="product_id and product_tables")},
        description="Which data product is fetched, and which of its tables. May also have "
        "optional_tables, sites, start_month and end_month.",
    )
    def get_product(context: dg.OpExecutionContext) -> dict[str, Any]:
        product: dict[str, Any] = context.op_config[key]
        return product

    return get_product


get_neon_pipeline_mms_data_product = _product_op("mms_data_product")
get_neon_pipeline_sls_data_product = _product_op("sls_data_product")
get_neon_pipeline_benthic_data_product = _product_op("benthic_data_product")
get_neon_pipeline_surface_water_data_product = _product_op("surface_water_data_product")


class SampleFilter(dg.Config):
    """Which DNA samples are translated; none means all."""

    dna_sample_ids: list[str]


@dg.op
def get_neon_soil_sample_filter(context: dg.OpExecutionContext, config: SampleFilter) -> set[str]:
    """Return the ids of the DNA samples that are translated; an empty set means all."""
    wanted = set(config.dna_sample_ids)
    context.log.info(f"{len(wanted)} DNA samples are asked for" if wanted else "no filter")
    return wanted


@dg.op(out={name: dg.Out() for name in INPUTS})
def get_neon_pipeline_inputs(
    neon_envo_mappings_file_url: str | None = None,
    neon_raw_data_file_mappings_file_url: str | None = None,
    neon_nmdc_instrument_mapping_file_url: str | None = None,
) -> tuple[str | None, str | None, str | None]:
    """Hand on the addresses of the mapping files; waters need only that of instruments."""
    return (
        neon_envo_mappings_file_url,
        neon_raw_data_file_mappings_file_url,
        neon_nmdc_instrument_mapping_file_url,
    )


@dg.op(required_resource_keys={"neon_api_client"}, retry_policy=RETRY_UNAVAILABLE, pool=NEON_POOL)
def neon_data_by_product(
    context: dg.OpExecutionContext, data_product: dict[str, Any]
) -> dict[str, Table]:
    """Fetch the tables of a data product: the files of all sites and months, each table whole.

    A table without any file is a problem of the translation's report.
    """
    client: NeonClient = context.resources.neon_api_client
    problems = Problems()
    with (
        permanent_unless_unavailable(),
        tempfile.TemporaryDirectory(prefix="nmdc-neon-") as folder,
    ):
        fetched = client.fetch_tables(NeonProduct.from_config(data_product), Path(folder))
        for name in fetched.missing:
            problems.add(
                "missing_table",
                f"{fetched.product_id} has no file of table {name} for these sites and months",
                table=name,
            )
        tables = read_neon_tables(
            {name: [file.path for file in files] for name, files in fetched.files.items()},
            problems,
        )
    context.add_output_metadata(
        {
            "product_id": fetched.product_id,
            "tables": table(
                _told(name, fetched.files[name], rows=len(read.rows))
                for name, read in tables.items()
            ),
            "months": months_of(fetched),
        }
    )
    return ProductTables(tables, problems)


@dg.op(required_resource_keys={"neon_api_client"}, retry_policy=RETRY_UNAVAILABLE, pool=NEON_POOL)
def site_code_mapping(context: dg.OpExecutionContext) -> dict[str, str]:
    """Return the name of the place of each of NEON's site codes."""
    client: NeonClient = context.resources.neon_api_client
    with permanent_unless_unavailable():
        names = client.fetch_site_names()
    context.add_output_metadata({"sites": len(names)})
    return names


@dg.op
def nmdc_schema_database_export_filename_neon() -> str:
    """Return how the file of a database is called that NEON's data are in."""
    return "database_from_neon_metadata.json"


def months_of(fetched: NeonTables) -> str:
    """Return from which month to which the files are."""
    months = sorted(file.month for files in fetched.files.values() for file in files if file.month)
    return f"{months[0]} to {months[-1]}" if months else "none"


def _told(name: str, files: Sequence[NeonFile], *, rows: int) -> dict[str, Any]:
    return {
        "table": name,
        "files": len(files),
        "rows": rows,
        "size_bytes": sum(file.size_bytes for file in files),
        "sites": len({file.site for file in files}),
    }

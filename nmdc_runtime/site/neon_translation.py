"""Ops that translate NEON's data: from fetched tables to the documents that are new."""

from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any

import dagster as dg
from pydantic import Field

from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.site.neon_data import ProductTables
from nmdc_runtime.site.translation_reports import brought
from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.neon.constants import (
    BENTHIC,
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
    SOIL,
    SURFACE_WATER,
)
from nmdc_runtime.translation.neon.options import Correction, NeonOptions, OnError, Provenance
from nmdc_runtime.translation.neon.products import FLOWS, read_references
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import ReadTable, Table
from nmdc_runtime.wiring import Services


class NeonTranslation(dg.Config):
    """Choices of a translation; without any, it does what the published jobs do."""

    on_error: str = OnError.FAIL.value
    corrections: list[str] = Field(default=[])
    library_sample_override: dict[str, str] = Field(default={})
    existing_biosample_ids: dict[str, str] = Field(default={})
    replace_stored: bool = False

    def options(self, services: Services, dna_sample_ids: Collection[str]) -> NeonOptions:
        """Return the choices as translators have them; fail for good on one that is none."""
        try:
            return NeonOptions(
                dna_sample_ids=frozenset(dna_sample_ids),
                library_sample_override=self.library_sample_override,
                existing_biosample_ids=self.existing_biosample_ids,
                on_error=OnError(self.on_error),
                corrections=frozenset(Correction(each) for each in self.corrections),
                provenance=Provenance(now=services.clock(), version=version("nmdc-runtime")),
            )
        except ValueError as error:
            raise dg.Failure(
                description=f"{error}; on_error is one of {', '.join(OnError)}; corrections are "
                f"of {', '.join(Correction)}",
                allow_retries=False,
            ) from error


class AquaticTranslation(NeonTranslation):
    """Choices of a translation of waters."""

    dna_sample_ids: list[str] = Field(default=[])


@dg.op
def use_permanent_ids() -> bool:
    """Say that new things get ids that are theirs for good."""
    return True


@dg.op
def use_placeholder_ids() -> bool:
    """Say that this is a dry run: new things get placeholders, and nothing is minted."""
    return False


def translated(
    context: dg.OpExecutionContext,
    services: Services,
    config: NeonTranslation,
    source: str,
    *,
    products: Collection[Mapping[str, Table]],
    mappings: Mapping[str, Table],
    site_names: Mapping[str, str],
    dna_sample_ids: Collection[str],
    is_permanent: bool,
) -> Database:
    """Return what is new of the tables as documents; store and show the report in any case."""
    options = config.options(services, dna_sample_ids)
    flow = FLOWS[source]
    # Each attempt begins anew: what was found on reading stays as it was.
    found = Problems()
    tables: dict[str, Table] = {}
    for product in products:
        tables |= product
        if isinstance(product, ProductTables):
            found.extend(product.problems)
    for mapping in mappings.values():
        if isinstance(mapping, ReadTable):
            found.extend(mapping.problems)

    def plan() -> tuple[Plan, TranslationReport]:
        references = read_references(flow, mappings, site_names, found)
        return flow.plan(tables, references, options, found)

    return brought(
        context, services, plan, is_permanent=is_permanent, replaces_stored=config.replace_stored
    )


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def nmdc_schema_database_from_neon_soil_data(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    config: NeonTranslation,
    services: dg.ResourceParam[Services],
    mms_data: dict[str, Table],
    sls_data: dict[str, Table],
    site_code_mapping: dict[str, str],
    neon_envo_mappings_file: Table,
    neon_raw_data_file_mappings_file: Table,
    neon_nmdc_instrument_mapping_file: Table,
    allowed_dna_sample_ids: Any,  # noqa: ANN401 (a set: Dagster's own would have to be hashed)
    are_ids_permanent: bool,
) -> Any:  # noqa: ANN401 (collections by name)
    """Translate NEON's soil data; return the documents that are new."""
    return translated(
        context,
        services,
        config,
        SOIL.source,
        products=(mms_data, sls_data),
        mappings={
            ENVO_TABLE: neon_envo_mappings_file,
            RAW_MAPPING_TABLE: neon_raw_data_file_mappings_file,
            INSTRUMENT_TABLE: neon_nmdc_instrument_mapping_file,
        },
        site_names=site_code_mapping,
        dna_sample_ids=allowed_dna_sample_ids,
        is_permanent=are_ids_permanent,
    )


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def nmdc_schema_database_from_neon_benthic_data(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    config: AquaticTranslation,
    services: dg.ResourceParam[Services],
    benthic_data: dict[str, Table],
    site_code_mapping: dict[str, str],
    neon_nmdc_instrument_mapping_file: Table,
    are_ids_permanent: bool,
    neon_envo_mappings_file: Any = None,  # noqa: ANN401 (published, and not read)
    neon_raw_data_file_mappings_file: Any = None,  # noqa: ANN401 (published, and not read)
) -> Any:  # noqa: ANN401 (collections by name)
    """Translate NEON's benthic data; return the documents that are new."""
    return translated(
        context,
        services,
        config,
        BENTHIC.source,
        products=(benthic_data,),
        mappings={INSTRUMENT_TABLE: neon_nmdc_instrument_mapping_file},
        site_names=site_code_mapping,
        dna_sample_ids=config.dna_sample_ids,
        is_permanent=are_ids_permanent,
    )


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def nmdc_schema_database_from_neon_surface_water_data(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    config: AquaticTranslation,
    services: dg.ResourceParam[Services],
    surface_water_data: dict[str, Table],
    site_code_mapping: dict[str, str],
    neon_nmdc_instrument_mapping_file: Table,
    are_ids_permanent: bool,
    neon_envo_mappings_file: Any = None,  # noqa: ANN401 (published, and not read)
    neon_raw_data_file_mappings_file: Any = None,  # noqa: ANN401 (published, and not read)
) -> Any:  # noqa: ANN401 (collections by name)
    """Translate NEON's surface water data; return the documents that are new."""
    return translated(
        context,
        services,
        config,
        SURFACE_WATER.source,
        products=(surface_water_data,),
        mappings={INSTRUMENT_TABLE: neon_nmdc_instrument_mapping_file},
        site_names=site_code_mapping,
        dna_sample_ids=config.dna_sample_ids,
        is_permanent=are_ids_permanent,
    )

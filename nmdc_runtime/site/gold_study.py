"""A study of GOLD's becomes documents: ops, and the job ``gold_study_to_database``."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.database_files import (
    export_json_to_drs,
    nmdc_schema_database_export_filename,
    nmdc_schema_object_to_dict,
)
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import GOLD_POOL, Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.tables_from_urls import INSTRUMENT_MAP, get_df_from_url
from nmdc_runtime.site.translation_reports import brought
from nmdc_runtime.translation.gold.instruments import shipped_instrument_map
from nmdc_runtime.translation.gold.options import SOURCE_SYSTEM, GoldOptions
from nmdc_runtime.translation.gold.study import GoldRecords, plan_gold_study
from nmdc_runtime.translation.tables import Table
from nmdc_runtime.translation.values import provenance
from nmdc_runtime.wiring import Services

#: JSON objects: of `list[dict[str, Any]]`, Dagster would look at every key, four times a study.
Records = list[Any]
#: Published keys of the inputs, with their defaults, so that a run need only name what differs.
_MAP_FIELD: Final = dg.Field(
    str,
    default_value=INSTRUMENT_MAP,
    description="Table of sequencing methods and instruments; empty: the one of this release.",
)
_SITES_FIELD: Final = dg.Field(
    bool, default_value=False, description="Also make field research sites."
)
_FILTER_FIELD: Final = dg.Field(
    bool,
    default_value=True,
    description="Leave out biosamples without a project that can be translated.",
)
#: Of this module and of the stitching jobs.
SHARED_FIELDS: Final = {
    "gold_nmdc_instrument_mapping_file_url": _MAP_FIELD,
    "include_field_site_info": _SITES_FIELD,
    "enable_biosample_filtering": _FILTER_FIELD,
}
SHARED_DEFAULTS: Final = {name: field.default_value for name, field in SHARED_FIELDS.items()}
_INPUTS: Final = ("study_id", "study_type", *SHARED_FIELDS)


class GoldTranslation(dg.Config):
    """Choices of a translation; without any, it does what the published jobs do."""

    dry_run: bool = Field(
        default=False, description="Placeholders for the ids of new things: nothing is minted."
    )
    strict: bool = Field(
        default=False,
        description="Fail if a record lacks what it must have; otherwise it is left out.",
    )
    compat: bool = Field(default=False, description="Choose unfinished projects of JGI's too.")
    further_slots: bool = Field(
        default=False, description="Fill slots that earlier releases left empty."
    )
    replace_stored: bool = Field(
        default=False,
        description="Hand on stored documents too, as they are translated now.",
    )

    def options(
        self,
        services: Services,
        *,
        include_field_site_info: bool,
        enable_biosample_filtering: bool,
        study_type: str = "research_study",
    ) -> GoldOptions:
        """Return the choices as translators have them; fail for good on one that is none."""
        instruments = services.metadata.store.list_values("instrument_set", "model")
        try:
            return GoldOptions(
                study_type=study_type,
                include_field_site_info=include_field_site_info,
                enable_biosample_filtering=enable_biosample_filtering,
                strict=self.strict,
                compat=self.compat,
                further_slots=self.further_slots,
                provenance=provenance(
                    services.clock(), version=version("nmdc-runtime"), source_system=SOURCE_SYSTEM
                ),
                registered_instruments=frozenset(id_ for id_, _ in instruments),
            )
        except ValueError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error


@dg.op(
    out={name: dg.Out() for name in _INPUTS},
    config_schema={
        "study_id": dg.Field(str, default_value="", description="GOLD's id of the study."),
        "study_type": dg.Field(
            str, default_value="research_study", description="The study's category."
        ),
        **SHARED_FIELDS,
    },
)
def get_gold_study_pipeline_inputs(
    context: dg.OpExecutionContext,
) -> tuple[str, str, str, bool, bool]:
    """Hand on which study is translated, and how."""
    study_id, study_type, url, has_sites, is_filtered = (context.op_config[n] for n in _INPUTS)
    if not study_id.strip():
        raise dg.Failure(
            description="study_id is empty: which study is to be translated?", allow_retries=False
        )
    return study_id.strip(), study_type, url, has_sites, is_filtered


def _asking(
    name: str, description: str, fetch: Callable[[GoldClient, str], Records]
) -> dg.OpDefinition:
    """Return an op that asks GOLD for records of a study."""

    @dg.op(
        name=name,
        description=description,
        required_resource_keys={"gold_api_client"},
        retry_policy=RETRY_UNAVAILABLE,
        pool=GOLD_POOL,
    )
    def ask(context: dg.OpExecutionContext, study_id: str) -> Records:
        with permanent_unless_unavailable():
            found = fetch(context.resources.gold_api_client, study_id)
        context.add_output_metadata({"records": len(found)})
        return found

    return ask


gold_biosamples_by_study = _asking(
    "gold_biosamples_by_study",
    "Fetch the biosamples of a study, each with its sequencing projects.",
    lambda gold, study_id: gold.fetch_biosamples_by_study(study_id),
)
gold_projects_by_study = _asking(
    "gold_projects_by_study",
    "Fetch the sequencing projects of a study.",
    lambda gold, study_id: gold.fetch_projects_by_study(study_id),
)
gold_analysis_projects_by_study = _asking(
    "gold_analysis_projects_by_study",
    "Fetch the analysis projects of a study.",
    lambda gold, study_id: gold.fetch_analysis_projects_by_study(study_id),
)


@dg.op(required_resource_keys={"gold_api_client"}, retry_policy=RETRY_UNAVAILABLE, pool=GOLD_POOL)
def gold_study(context: dg.OpExecutionContext, study_id: str) -> dict[str, Any]:
    """Fetch a study; fail for good if GOLD has none with this id."""
    gold: GoldClient = context.resources.gold_api_client
    with permanent_unless_unavailable():
        found = gold.fetch_study(study_id)
    if found is None:
        raise dg.Failure(description=f"GOLD knows no study {study_id}", allow_retries=False)
    return found


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def nmdc_schema_database_from_gold_study(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    config: GoldTranslation,
    services: dg.ResourceParam[Services],
    study: dict[str, Any],
    study_type: str,
    projects: Records,
    biosamples: Records,
    analysis_projects: Records,
    gold_nmdc_instrument_map_df: Table,
    include_field_site_info: bool,
    enable_biosample_filtering: bool,
) -> Any:  # noqa: ANN401 (collections by name)
    """Translate a study of GOLD's; return the documents that are new."""
    options = config.options(
        services,
        study_type=study_type,
        include_field_site_info=include_field_site_info,
        enable_biosample_filtering=enable_biosample_filtering,
    )
    records = GoldRecords(
        study=study,
        biosamples=biosamples,
        projects=projects,
        analysis_projects=analysis_projects,
        instruments=instruments_of(gold_nmdc_instrument_map_df),
    )
    return brought(
        context,
        services,
        lambda: plan_gold_study(records, options),
        is_permanent=not config.dry_run,
        replaces_stored=config.replace_stored,
    )


def instruments_of(fetched: Table) -> Table:
    """Return the table that was fetched; without an address the one that comes with us."""
    return fetched if fetched.columns else shipped_instrument_map()


@dg.graph(
    name="gold_study_to_database",
    description="Translate a study of GOLD's and store what is new of it as a DRS object, to be "
    "submitted by somebody who has looked at it. The same study again makes the same ids.",
)
def gold_study_graph() -> None:
    """Compose the job."""
    study_id, study_type, map_url, has_sites, is_filtered = get_gold_study_pipeline_inputs()
    study = gold_study(study_id)
    database = nmdc_schema_database_from_gold_study(
        study=study,
        study_type=study_type,
        projects=gold_projects_by_study(study_id),
        biosamples=gold_biosamples_by_study(study_id),
        analysis_projects=gold_analysis_projects_by_study(study_id),
        gold_nmdc_instrument_map_df=get_df_from_url(map_url),
        include_field_site_info=has_sites,
        enable_biosample_filtering=is_filtered,
    )
    add_output_run_event(
        export_json_to_drs(
            nmdc_schema_object_to_dict(database), nmdc_schema_database_export_filename(study)
        )
    )


def gold_study_to_database(preset: Preset) -> dg.JobDefinition:
    """Return the job, with its published default config."""
    return preset.job(
        gold_study_graph,
        name="gold_study_to_database",
        kind=Kind.INGEST,
        ops={
            "get_gold_study_pipeline_inputs": {
                "config": {"study_id": "", "study_type": "research_study", **SHARED_DEFAULTS}
            },
            "export_json_to_drs": {"config": {"username": ""}},
        },
        peers=("gold_api_client",),
        is_repeatable=True,
    )

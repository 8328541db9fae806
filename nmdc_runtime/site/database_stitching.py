"""What GOLD knows of a study that NMDC has already, and NMDC lacks: three jobs that compare.

None of them writes documents: somebody looks at what they made, and submits it.
"""

from collections.abc import Callable
from typing import Any, Final

import dagster as dg
import orjson

from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.clients.runtime_api import RuntimeApiUserClient
from nmdc_runtime.kernel.audit import SYSTEM
from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.database_files import (
    JSON,
    export_json_to_drs,
    keep,
    link_of,
    nmdc_schema_object_to_dict,
    render_text,
)
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.gold_study import (
    SHARED_DEFAULTS,
    SHARED_FIELDS,
    GoldTranslation,
    instruments_of,
)
from nmdc_runtime.site.kinds import GOLD_POOL, Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.submitting import permanent_if_refused
from nmdc_runtime.site.tables_from_urls import get_df_from_url
from nmdc_runtime.site.translation_reports import brought, failure_of, table, tell_report
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Table
from nmdc_runtime.translation.updater.updater import DatabaseUpdater, Planned
from nmdc_runtime.wiring import Services

_INPUTS: Final = ("nmdc_study_id", *SHARED_FIELDS)


@dg.op(
    out={name: dg.Out() for name in _INPUTS},
    config_schema={
        "nmdc_study_id": dg.Field(str, default_value="", description="The study in NMDC."),
        **SHARED_FIELDS,
    },
)
def get_database_updater_inputs(context: dg.OpExecutionContext) -> tuple[str, str, bool, bool]:
    """Hand on which study is compared, and how."""
    study_id, url, has_sites, is_filtered = (context.op_config[name] for name in _INPUTS)
    if not study_id.strip():
        raise dg.Failure(
            description="nmdc_study_id is empty: which study is to be compared?",
            allow_retries=False,
        )
    return study_id.strip(), url, has_sites, is_filtered


def _generating(
    name: str, description: str, plan: Callable[[DatabaseUpdater], Planned]
) -> dg.OpDefinition:
    """Return an op that makes the documents of a kind that NMDC lacks."""

    @dg.op(
        name=name,
        description=description,
        retry_policy=RETRY_UNAVAILABLE,
        pool=GOLD_POOL,
    )
    def generate(  # noqa: PLR0917 (published inputs)
        context: dg.OpExecutionContext,
        config: GoldTranslation,
        services: dg.ResourceParam[Services],
        runtime_api_user_client: dg.ResourceParam[RuntimeApiUserClient],
        gold_api_client: dg.ResourceParam[GoldClient],
        nmdc_study_id: str,
        gold_nmdc_instrument_map_df: Table,
        include_field_site_info: bool,
        enable_biosample_filtering: bool,
    ) -> Any:  # noqa: ANN401 (collections by name)
        updater = DatabaseUpdater(
            runtime_api_user_client,
            gold_api_client,
            nmdc_study_id,
            instruments_of(gold_nmdc_instrument_map_df),
            include_field_site_info=include_field_site_info,
            enable_biosample_filtering=enable_biosample_filtering,
            options=config.options(
                services,
                include_field_site_info=include_field_site_info,
                enable_biosample_filtering=enable_biosample_filtering,
            ),
        )

        def planned() -> tuple[Plan, TranslationReport]:
            made = plan(updater)
            return made.plan, made.report

        with permanent_if_refused():
            return brought(
                context,
                services,
                planned,
                is_permanent=not config.dry_run,
                replaces_stored=config.replace_stored,
            )

    return generate


generate_data_generation_set_post_biosample_ingest = _generating(
    "generate_data_generation_set_post_biosample_ingest",
    "Make a record of each sequencing project of JGI's that NMDC lacks.",
    lambda updater: updater.plan_data_generations(),
)
generate_biosample_set_for_nmdc_study_from_gold = _generating(
    "generate_biosample_set_for_nmdc_study_from_gold",
    "Make each biosample that NMDC lacks.",
    lambda updater: updater.plan_biosamples(),
)


@dg.op(retry_policy=RETRY_UNAVAILABLE, pool=GOLD_POOL)
def run_script_to_update_insdc_biosample_identifiers(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    runtime_api_user_client: dg.ResourceParam[RuntimeApiUserClient],
    gold_api_client: dg.ResourceParam[GoldClient],
    nmdc_study_id: str,
    gold_nmdc_instrument_map_df: Table,
    include_field_site_info: bool,
    enable_biosample_filtering: bool,
) -> Any:  # noqa: ANN401 (a command or a list of two)
    """Make commands that add identifiers of INSDC; store each as ``/queries:run`` takes it.

    The map of instruments and the two choices are published inputs that change nothing here.
    Return the commands in the form of earlier releases: that of the biosamples alone, or a list of
    both if data generations change too.
    """
    updater = DatabaseUpdater(runtime_api_user_client, gold_api_client, nmdc_study_id)
    with permanent_if_refused(), permanent_unless_unavailable():
        try:
            updates, report = updater.plan_insdc_updates()
        except TranslationFailed as failed:
            raise failure_of(context, services, failed) from failed
        tell_report(context, services, report)
        rows = [_stored_command(services, nmdc_study_id, each) for each in updates.commands]
    total = len(updates.biosamples) + len(updates.data_generations)
    context.log.info(f"{total} updates for {nmdc_study_id}")
    context.add_output_metadata({"updates": total, "commands": table(rows)})
    return updates.published


def _stored_command(
    services: Services, study_id: str, command: dict[str, Any]
) -> dict[str, str | int]:
    name = f"update_{command['update']}_{_as_word(study_id)}.json"
    kept = keep(
        services,
        orjson.dumps(command, option=orjson.OPT_INDENT_2),
        name=name,
        content_type=JSON,
        description=f"Command for POST /queries:run: identifiers of INSDC for {study_id}",
        username=SYSTEM,
    )
    return {
        "collection": command["update"],
        "updates": len(command["updates"]),
        "object": link_of(services, kept),
    }


@dg.op
def post_submission_portal_biosample_ingest_record_stitching_filename(nmdc_study_id: str) -> str:
    """Return how the file of a study's missing documents is called."""
    return f"missing_database_records_for_{_as_word(nmdc_study_id)}.json"


def _as_word(study_id: str) -> str:
    return study_id.replace(":", "_").replace("-", "_")


def _stitching(
    preset: Preset, name: str, description: str, generate: dg.OpDefinition
) -> dg.JobDefinition:
    """Return a job that stores what is missing as a DRS object."""

    @dg.graph(name=name, description=description)
    def stitch() -> None:
        study_id, map_url, has_sites, is_filtered = get_database_updater_inputs()
        database = generate(
            nmdc_study_id=study_id,
            gold_nmdc_instrument_map_df=get_df_from_url(map_url),
            include_field_site_info=has_sites,
            enable_biosample_filtering=is_filtered,
        )
        add_output_run_event(
            export_json_to_drs(
                nmdc_schema_object_to_dict(database),
                post_submission_portal_biosample_ingest_record_stitching_filename(study_id),
            )
        )

    return preset.job(
        stitch,
        name=name,
        kind=Kind.INGEST,
        ops=_config() | {"export_json_to_drs": {"config": {"username": ""}}},
        peers=("gold_api_client",),
        is_repeatable=True,
    )


def generate_data_generation_set_for_biosamples_in_nmdc_study(
    preset: Preset,
) -> dg.JobDefinition:
    """Return the job that makes records of sequencing."""
    return _stitching(
        preset,
        "generate_data_generation_set_for_biosamples_in_nmdc_study",
        "Make a data generation of each sequencing project that GOLD has for the biosamples of a "
        "study, and NMDC has not; store them as a DRS object.",
        generate_data_generation_set_post_biosample_ingest,
    )


def generate_biosample_set_from_samples_in_gold(preset: Preset) -> dg.JobDefinition:
    """Return the job that makes biosamples."""
    return _stitching(
        preset,
        "generate_biosample_set_from_samples_in_gold",
        "Make each biosample that GOLD has for a study, and NMDC has not; store them as a DRS "
        "object.",
        generate_biosample_set_for_nmdc_study_from_gold,
    )


@dg.graph(
    name="generate_update_script_for_insdc_biosample_identifiers",
    description="Make the commands for POST /queries:run that add identifiers of INSDC which GOLD "
    "knows and NMDC lacks.",
)
def insdc_graph() -> None:
    """Compose the job."""
    study_id, map_url, has_sites, is_filtered = get_database_updater_inputs()
    commands = run_script_to_update_insdc_biosample_identifiers(
        nmdc_study_id=study_id,
        gold_nmdc_instrument_map_df=get_df_from_url(map_url),
        include_field_site_info=has_sites,
        enable_biosample_filtering=is_filtered,
    )
    render_text(commands, study_id)


def generate_update_script_for_insdc_biosample_identifiers(preset: Preset) -> dg.JobDefinition:
    """Return the job that makes commands."""
    return preset.job(
        insdc_graph,
        name="generate_update_script_for_insdc_biosample_identifiers",
        kind=Kind.INGEST,
        ops=_config(),
        peers=("gold_api_client",),
        is_repeatable=True,
    )


def _config() -> dict[str, Any]:
    return {"get_database_updater_inputs": {"config": {"nmdc_study_id": "", **SHARED_DEFAULTS}}}


STITCHING_JOBS: Final = (
    generate_data_generation_set_for_biosamples_in_nmdc_study,
    generate_biosample_set_from_samples_in_gold,
    generate_update_script_for_insdc_biosample_identifiers,
)

"""Two jobs that translate a submission of the portal: dry run and ingest.

Both compose the same translation, so that a dry run shows what its ingest would submit. Only the
ids of new things differ, and where the result goes.
"""

from typing import Any, Final

import dagster as dg

from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.database_files import (
    export_json_to_drs,
    nmdc_schema_database_export_filename,
    nmdc_schema_object_to_dict,
)
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.lookups import get_instrument_ids_by_model
from nmdc_runtime.site.neon_translation import use_permanent_ids, use_placeholder_ids
from nmdc_runtime.site.portal_submissions import (
    INPUTS,
    fetch_nmdc_portal_submission_by_id,
    get_submission_portal_pipeline_inputs,
    translate_portal_submission_to_nmdc_schema_database,
)
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.site.study_images import add_public_image_urls
from nmdc_runtime.site.submitting import (
    log_database_ids,
    poll_for_run_completion,
    submit_metadata_to_db,
    validate_metadata,
)
from nmdc_runtime.site.tables_from_urls import get_csv_rows_from_url


def _translated(inputs: Any, submission: Any, are_ids_permanent: Any) -> Any:  # noqa: ANN401 (while a graph is composed)
    _, sequencing_url, files_url, extras_url, slots_url, study_id = inputs
    return translate_portal_submission_to_nmdc_schema_database(
        metadata_submission=submission,
        nucleotide_sequencing_mapping=get_csv_rows_from_url(sequencing_url),
        data_object_mapping=get_csv_rows_from_url(files_url),
        biosample_extras=get_csv_rows_from_url(extras_url),
        biosample_extras_slot_mapping=get_csv_rows_from_url(slots_url),
        instrument_mapping=get_instrument_ids_by_model(),
        are_ids_permanent=are_ids_permanent,
        study_id=study_id,
    )


@dg.graph(
    name="translate_metadata_submission_to_nmdc_schema_database",
    description="Dry run of ingest_metadata_submission: have the hub check what it would submit, "
    "and store it as a DRS object. New things have placeholders for ids; nothing is minted.",
)
def translate_graph() -> None:
    """Compose the dry run."""
    inputs = get_submission_portal_pipeline_inputs()
    submission = fetch_nmdc_portal_submission_by_id(inputs[0])
    database = _translated(inputs, submission, use_placeholder_ids())
    validate_metadata(database)
    log_database_ids(database)
    add_output_run_event(
        export_json_to_drs(
            nmdc_schema_object_to_dict(database), nmdc_schema_database_export_filename(submission)
        )
    )


@dg.graph(
    name="ingest_metadata_submission",
    description="Submit what is new of a submission by POST /metadata/json:submit and wait until "
    "it is written; then tell the portal, and add the pictures that it makes public to the study.",
)
def ingest_graph() -> None:
    """Compose the ingest."""
    inputs = get_submission_portal_pipeline_inputs()
    submission = fetch_nmdc_portal_submission_by_id(inputs[0])
    database = _translated(inputs, submission, use_permanent_ids())
    log_database_ids(database)
    ingested = poll_for_run_completion(submit_metadata_to_db(database))
    illustrated = add_public_image_urls(
        database=database,
        submission_id=inputs[0],
        ingested=ingested,
        study_id=inputs[5],
        metadata_submission=submission,
    )
    poll_for_run_completion(submit_metadata_to_db(illustrated))


def _config() -> dict[str, Any]:
    return {
        "get_submission_portal_pipeline_inputs": {
            "inputs": {name: "" if name == "submission_id" else None for name in INPUTS}
        },
        "translate_portal_submission_to_nmdc_schema_database": {
            "inputs": {"study_category": "research_study", "study_pi_image_url": None}
        },
    }


def translate_metadata_submission_to_nmdc_schema_database(preset: Preset) -> dg.JobDefinition:
    """Return the dry run, with its published default config."""
    return preset.job(
        translate_graph,
        name="translate_metadata_submission_to_nmdc_schema_database",
        kind=Kind.INGEST,
        ops={"export_json_to_drs": {"config": {"username": "..."}}} | _config(),
        peers=("nmdc_portal_api_client",),
        is_repeatable=True,
    )


def ingest_metadata_submission(preset: Preset) -> dg.JobDefinition:
    """Return the ingest, with its published default config."""
    return preset.job(
        ingest_graph,
        name="ingest_metadata_submission",
        kind=Kind.INGEST,
        ops=_config(),
        peers=("nmdc_portal_api_client",),
        exclusive="metadata-submission",
        is_repeatable=True,
    )


SUBMISSION_JOBS: Final = (
    translate_metadata_submission_to_nmdc_schema_database,
    ingest_metadata_submission,
)

"""Store the biosamples of a study as a CSV file, when somebody asks for it."""

import time
from dataclasses import dataclass

import dagster as dg

from nmdc_runtime.exports.study_rows import StudyRows
from nmdc_runtime.site.apply_metadata_in import add_output_run_event
from nmdc_runtime.site.asset_events import ROWS, drs_materialisation
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services


class StudyAsked(dg.Config):
    """Which study's biosamples are wanted, and who wants them."""

    study_id: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyExportInfo:
    """Biosamples as rows, which wait on the disk of the run, and for whom."""

    rows: StudyRows
    username: str


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_study_biosamples_metadata(
    context: dg.OpExecutionContext, config: StudyAsked, services: dg.ResourceParam[Services]
) -> StudyExportInfo:
    """Read the biosamples of the study, with what was measured in them, into flat rows."""
    with permanent_unless_unavailable():
        rows = services.study_exports.gather(config.study_id)
    context.log.info(f"{config.study_id}: {rows.count} biosamples")
    context.add_output_metadata({"biosamples": rows.count, "columns": len(rows.columns)})
    return StudyExportInfo(rows=rows, username=config.username)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def export_study_biosamples_as_csv(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    study_export_info: StudyExportInfo,
) -> list[str]:
    """Store the rows as CSV, unless an object holds the same bytes; return the object's path."""
    rows = study_export_info.rows
    began = time.monotonic()
    with permanent_unless_unavailable():
        published = services.study_exports.publish(rows, username=study_export_info.username)
    context.log_event(
        dg.AssetMaterialization(
            asset_key=[published.name],
            metadata={
                ROWS: rows.count,
                "study_id": rows.study_id,
                "drs_object_id": published.object_id,
                "link": dg.MetadataValue.url(published.link),
                "biosamples": rows.count,
                "columns": len(rows.columns),
                "size_bytes": published.size_bytes,
                "sha256": published.sha256,
                "is_new": published.is_new,
                "seconds": time.monotonic() - began,
            },
        )
    )
    context.log_event(
        drs_materialisation(
            published.object_id,
            name=published.name,
            link=published.link,
            size_bytes=published.size_bytes,
            sha256=published.sha256,
        )
    )
    return [f"/objects/{published.object_id}"]


@dg.graph
def export_study_biosamples_metadata() -> None:
    """Store the biosamples of a study as a CSV file."""
    add_output_run_event(export_study_biosamples_as_csv(get_study_biosamples_metadata()))


def export_study_biosamples_metadata_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``export_study_biosamples_metadata``; the same bytes are stored once."""
    return preset.job(
        export_study_biosamples_metadata,
        name="export_study_biosamples_metadata",
        kind=Kind.EXPORT,
        is_repeatable=True,
    )

"""Publish the database as files with DRS records, and a bundle of them, once a month."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from nmdc_runtime.exports.models import CollectionToExport, ExportBundle, ExportedCollection
from nmdc_runtime.site.asset_events import ROWS, drs_materialisation
from nmdc_runtime.site.assets import export_key
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

#: In the night of the first of each month.
CRON: Final = "0 3 1 * *"


@dg.op(out=dg.DynamicOut(), retry_policy=RETRY_UNAVAILABLE)
def list_nmdcdb_collections(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> Iterator[dg.DynamicOutput[CollectionToExport]]:
    """Find the schema's collections that hold documents, and fix the day of the export."""
    with permanent_unless_unavailable():
        collections = services.nmdcdb_exports.list_collections()
    if not collections:
        context.log.warning("no collection holds a document: there is nothing to export")
    for each in collections:
        yield dg.DynamicOutput(each, mapping_key=each.name)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def export_nmdcdb_collection(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    collection: CollectionToExport,
) -> ExportedCollection:
    """Publish one collection as JSON lines and as Parquet, and fetch both back."""
    with permanent_unless_unavailable():
        exported = services.nmdcdb_exports.export(collection)
    links = {f"link {each.name}": dg.MetadataValue.url(each.link) for each in exported.files}
    context.log_event(
        dg.AssetMaterialization(
            export_key(exported.name),
            metadata={
                ROWS: exported.documents,
                "documents": exported.documents,
                "seconds": exported.seconds,
                "documents_per_s": exported.documents / max(exported.seconds, 0.001),
                **{f"size_bytes {each.name}": each.size_bytes for each in exported.files},
                **{f"sha256 {each.name}": each.sha256 for each in exported.files},
                **links,
            },
        )
    )
    for each in exported.files:
        context.log_event(
            drs_materialisation(
                each.object_id,
                name=each.name,
                link=each.link,
                size_bytes=each.size_bytes,
                sha256=each.sha256,
            )
        )
    return exported


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def bundle_nmdcdb_export(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    collections: list[ExportedCollection],
) -> ExportBundle | None:
    """Register all files as the bundle of the month."""
    with permanent_unless_unavailable():
        bundle = services.nmdcdb_exports.bundle(collections)
    if bundle is None:
        return None
    context.log.info(f"{bundle.name} is {bundle.object_id}" + ("" if bundle.is_new else " already"))
    context.log_event(
        dg.AssetMaterialization(
            export_key(),
            metadata={
                ROWS: bundle.documents,
                "name": bundle.name,
                "object_id": bundle.object_id,
                "link": dg.MetadataValue.url(bundle.link),
                "documents": bundle.documents,
                "files": bundle.files,
                "size_bytes": bundle.size_bytes,
                "sha256": bundle.sha256,
                "is_new": bundle.is_new,
            },
        )
    )
    context.log_event(
        drs_materialisation(
            bundle.object_id,
            name=bundle.name,
            link=bundle.link,
            size_bytes=bundle.size_bytes,
            sha256=bundle.sha256,
            metadata={"files": bundle.files},
        )
    )
    return bundle


@dg.graph
def export_nmdcdb() -> None:
    """Publish the database as files with DRS records, and a bundle of them."""
    bundle_nmdcdb_export(list_nmdcdb_collections().map(export_nmdcdb_collection).collect())


def export_nmdcdb_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``export_nmdcdb``: run again, it finds what it has published before."""
    return preset.job(
        export_nmdcdb,
        name="export_nmdcdb",
        kind=Kind.EXPORT,
        exclusive="nmdcdb-export",
        is_repeatable=True,
    )


def monthly_export_nmdcdb(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name, which an operator has to switch on."""
    return preset.schedule(
        name="monthly_export_nmdcdb",
        job_name="export_nmdcdb",
        cron=CRON,
        description="On the first of each month: publish the database as files and a DRS bundle.",
        is_up_to_operators=True,
    )

"""Make a submission to NCBI of a study, when an operator asks for it."""

from typing import Any, Final

import dagster as dg

from nmdc_runtime.exports.ncbi_models import NcbiExport, Pooled
from nmdc_runtime.exports.ncbi_service import wishes_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.asset_events import drs_materialisation, preview
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.translation.ncbi.models import Records
from nmdc_runtime.wiring import Services

#: Published.
ASSET_KEY: Final = "ncbi_submission_xml"
#: Rows of the report that the UI shows; the stored report has all.
MOST_ROWS: Final = 100


class StudyAsked(dg.Config):
    """Which study is to be submitted."""

    nmdc_study_id: str


class SubmissionMetadata(dg.PermissiveConfig):
    """Who submits; also `contact_first`, `contact_last`, `contact_email`."""

    organization: str


class BiosampleMetadata(dg.PermissiveConfig):
    """What is said of every sample; also `lat_lon_hemispheres`."""

    organism_name: str


class PipelineInputs(dg.Config):
    """Where the table of attributes is (empty: the Runtime's own), and what NCBI is told."""

    nmdc_ncbi_attribute_mapping_file_url: str
    ncbi_submission_metadata: SubmissionMetadata
    ncbi_biosample_metadata: BiosampleMetadata


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_ncbi_export_pipeline_study(
    config: StudyAsked, services: dg.ResourceParam[Services]
) -> dict[str, Any]:
    """Return the study."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.study(config.nmdc_study_id)


@dg.op
def get_ncbi_export_pipeline_inputs(config: PipelineInputs) -> dict[str, Any]:
    """Return the configuration, under its own names."""
    return config.model_dump()


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_biosamples_by_study_id(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    nmdc_study: dict[str, Any],
) -> list[Document]:
    """Return all biosamples of the study, sorted by id."""
    with permanent_unless_unavailable():
        found = services.ncbi_exports.biosamples(nmdc_study["id"])
    context.log.info(f"{nmdc_study['id']}: {len(found)} biosamples")
    return found


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_nucleotide_sequencing_from_biosamples(
    services: dg.ResourceParam[Services], biosamples: list[Document]
) -> list[dict[str, list[Document]]]:
    """Return the sequencing records that biosamples lead to: a mapping for each biosample."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.sequencing(biosamples)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_data_objects_from_biosamples(
    services: dg.ResourceParam[Services], biosamples: list[Document]
) -> list[dict[str, list[Document]]]:
    """Return the data that biosamples lead to: a mapping for each biosample."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.data_objects(biosamples)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_library_preparation_from_biosamples(
    services: dg.ResourceParam[Services], biosamples: list[Document]
) -> list[dict[str, Document]]:
    """Return the preparations of libraries that biosamples lead to: a mapping for each."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.library_preparations(biosamples)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_aggregated_pooled_biosamples(
    services: dg.ResourceParam[Services], biosamples: list[Document]
) -> Pooled:
    """Return for each biosample what it is pooled into, or an empty mapping."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.pooling(biosamples)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_all_instruments(services: dg.ResourceParam[Services]) -> dict[str, Document]:
    """Return all instruments, by id."""
    with permanent_unless_unavailable():
        return services.ncbi_exports.instruments()


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def ncbi_submission_xml_from_nmdc_study(  # noqa: PLR0917 (published inputs; Dagster wants them so)
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    nmdc_study: dict[str, Any],
    ncbi_exporter_metadata: dict[str, Any],
    biosamples: list[Document],
    omics_processing_records: list[dict[str, list[Document]]],
    data_object_records: list[dict[str, list[Document]]],
    library_preparation_records: list[dict[str, Document]],
    all_instruments: dict[str, Document],
    pooled_biosamples_data: Pooled,
) -> NcbiExport:
    """Make the submission, and tell what is left out of it and why."""
    with permanent_unless_unavailable():
        mapping = services.ncbi_exports.mapping(
            ncbi_exporter_metadata["nmdc_ncbi_attribute_mapping_file_url"]
        )
        export = services.ncbi_exports.build(
            Records(
                study=nmdc_study,
                biosamples=biosamples,
                sequencing=omics_processing_records,
                data_objects=data_object_records,
                library_preparations=library_preparation_records,
                instruments=all_instruments,
                pooling=pooled_biosamples_data,
            ),
            mapping,
            wishes_of(
                ncbi_exporter_metadata["ncbi_submission_metadata"],
                ncbi_exporter_metadata["ncbi_biosample_metadata"],
            ),
        )
    context.log.info(f"{export.study_id}: {export.report['counts']}")
    return export


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def ncbi_submission_xml_asset(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services], data: NcbiExport
) -> str:
    """Store the XML and its report as objects, and show both; return the XML."""
    with permanent_unless_unavailable():
        xml, report = services.ncbi_exports.publish(
            data, label=context.run_id, username=services.settings.api_site_id
        )
    context.log_event(
        dg.AssetMaterialization(
            asset_key=ASSET_KEY,
            description="NCBI Submission XML Data",
            metadata={
                "study_id": data.study_id,
                "name": xml.name,
                "drs_object_id": xml.object_id,
                "link": dg.MetadataValue.url(xml.link),
                "size_bytes": xml.size_bytes,
                "xml": preview(data.xml),
                "counts": data.report["counts"],
                "left_out": _table(data.report["left_out"]),
                "warnings": _table(data.report["warnings"]),
                "report": dg.MetadataValue.url(report.link),
                "report_drs_object_id": report.object_id,
            },
        )
    )
    for each in (xml, report):
        context.log_event(
            drs_materialisation(
                each.object_id,
                name=each.name,
                link=each.link,
                size_bytes=each.size_bytes,
                sha256=each.sha256,
            )
        )
    return data.xml


def _table(remarks: list[dict[str, str]]) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name) for name in ("kind", "id", "reason")]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(each) for each in remarks[:MOST_ROWS]],
        schema=dg.TableSchema(columns=columns),
    )


@dg.graph(description="Make a submission to NCBI of a study: BioSample and SRA actions as XML.")
def nmdc_study_to_ncbi_submission_export() -> None:
    """Gather the records of a study, make XML of them, store it."""
    study = get_ncbi_export_pipeline_study()
    biosamples = get_biosamples_by_study_id(study)
    ncbi_submission_xml_asset(
        ncbi_submission_xml_from_nmdc_study(
            study,
            get_ncbi_export_pipeline_inputs(),
            biosamples,
            get_nucleotide_sequencing_from_biosamples(biosamples),
            get_data_objects_from_biosamples(biosamples),
            get_library_preparation_from_biosamples(biosamples),
            get_all_instruments(),
            get_aggregated_pooled_biosamples(biosamples),
        )
    )


def nmdc_study_to_ncbi_submission_export_job(preset: Preset) -> dg.JobDefinition:
    """Return the job of this name; the same bytes are stored once."""
    return preset.job(
        nmdc_study_to_ncbi_submission_export,
        name="nmdc_study_to_ncbi_submission_export",
        kind=Kind.EXPORT,
        is_repeatable=True,
        ops={
            "get_ncbi_export_pipeline_study": {"config": {"nmdc_study_id": ""}},
            "get_ncbi_export_pipeline_inputs": {
                "config": {
                    "nmdc_ncbi_attribute_mapping_file_url": "",
                    "ncbi_submission_metadata": {"organization": ""},
                    "ncbi_biosample_metadata": {"organism_name": ""},
                }
            },
        },
    )

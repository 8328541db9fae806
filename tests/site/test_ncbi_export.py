"""The job ``nmdc_study_to_ncbi_submission_export``, as an operator launches it."""

import json
from typing import Any

import dagster as dg
import pytest

from nmdc_runtime.site.asset_events import MOST_PREVIEW_BYTES
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.support.ncbi_rules import broken_rules
from tests.support.submitted_study import STUDY_ID, put_submitted_study

JOB = "nmdc_study_to_ncbi_submission_export"


def config(study_id: str, url: str = "", **more: Any) -> dict[str, Any]:
    return {
        "ops": {
            "get_ncbi_export_pipeline_study": {"config": {"nmdc_study_id": study_id}},
            "get_ncbi_export_pipeline_inputs": {
                "config": {
                    "nmdc_ncbi_attribute_mapping_file_url": url,
                    "ncbi_submission_metadata": {"organization": "NMDC", **more},
                    "ncbi_biosample_metadata": {
                        "organism_name": "soil metagenome",
                        "lat_lon_hemispheres": True,
                    },
                }
            },
        }
    }


def run(run_config: dict[str, Any] | None = None) -> dg.ExecuteInProcessResult:
    job = repository_of("biosample_export", preset_dev).get_job(JOB)
    return job.execute_in_process(run_config=run_config, raise_on_error=False)


def test_the_job_has_the_published_ops_wiring_and_configuration(deployed: None) -> None:
    job = repository_of("biosample_export", preset_dev).get_job(JOB)

    assert {each.name for each in job.nodes} == {
        *("get_ncbi_export_pipeline_study", "get_ncbi_export_pipeline_inputs"),
        *("get_biosamples_by_study_id", "get_nucleotide_sequencing_from_biosamples"),
        *("get_data_objects_from_biosamples", "get_library_preparation_from_biosamples"),
        *("get_aggregated_pooled_biosamples", "get_all_instruments"),
        *("ncbi_submission_xml_from_nmdc_study", "ncbi_submission_xml_asset"),
    }
    op = job.graph.node_named("ncbi_submission_xml_from_nmdc_study").definition
    assert list(op.input_dict) == [
        *("nmdc_study", "ncbi_exporter_metadata", "biosamples", "omics_processing_records"),
        *("data_object_records", "library_preparation_records", "all_instruments"),
        "pooled_biosamples_data",
    ]
    assert dg.validate_run_config(job)["ops"]["get_ncbi_export_pipeline_inputs"]["config"] == {
        "nmdc_ncbi_attribute_mapping_file_url": "",
        "ncbi_submission_metadata": {"organization": ""},
        "ncbi_biosample_metadata": {"organism_name": ""},
    }


def test_a_study_becomes_an_object_with_a_preview_and_a_report(
    services: Services, database, deployed: None
) -> None:
    put_submitted_study(database)
    # So much text that it does not fit into an event.
    database["biosample_set"].update_one(
        {"id": "nmdc:bsm-11-f"}, {"$set": {"host_name": "x" * MOST_PREVIEW_BYTES}}
    )

    done = run(config(STUDY_ID, contact_email="submitter@example.org"))

    assert done.success
    xml = done.output_for_node("ncbi_submission_xml_asset")
    assert '<Contact email="submitter@example.org">' in xml
    assert ">64.25 N 21.125 W<" in xml
    assert [rule for rule, _ in broken_rules(xml)] == ["sample_of_run"]
    event, *of_objects = done.asset_materializations_for_node("ncbi_submission_xml_asset")
    assert event.asset_key.path == ["ncbi_submission_xml"]
    assert event.description == "NCBI Submission XML Data"
    told = {name: each.value for name, each in event.metadata.items()}
    assert told["name"] == f"ncbi_submission_nmdc_sty-11-fen_{done.run_id}.xml"
    assert services.objects.content(told["drs_object_id"]).content.decode() == xml
    assert len(told["xml"].encode()) <= MOST_PREVIEW_BYTES < len(xml)
    assert xml.startswith(told["xml"].partition("\n[cut")[0])
    report = json.loads(services.objects.content(told["report_drs_object_id"]).content)
    assert [each.data for each in event.metadata["left_out"].records] == report["left_out"]
    assert ("sequenced_at_jgi", "nmdc:bsm-11-e") in {
        (each["kind"], each["id"]) for each in report["left_out"]
    }
    assert told["counts"]["sra_actions"] == 4
    assert [each.asset_key.path for each in of_objects] == [
        ["drs", told["drs_object_id"]],
        ["drs", told["report_drs_object_id"]],
    ]


@pytest.mark.parametrize(
    ("given", "op", "said"),
    [
        (None, "get_ncbi_export_pipeline_study", "no study has the id ''"),
        (
            config(STUDY_ID, "http://169.254.169.254/mapping.tsv"),
            "ncbi_submission_xml_from_nmdc_study",
            "169.254.169.254 is not among raw.githubusercontent.com",
        ),
    ],
    ids=["no study", "address refused"],
)
def test_what_cannot_be_submitted_fails_the_run_at_once_with_the_reason_and_leaves_nothing(
    services: Services, database, deployed: None, *, given: dict[str, Any], op: str, said: str
) -> None:
    put_submitted_study(database)

    failed = run(given)

    (failure,) = failed.get_step_failure_events()
    assert failure.step_key == op
    assert said in str(failure.event_specific_data)
    assert failed.retry_attempts_for_node(op) == 0
    assert database["objects"].count_documents({}) == 0

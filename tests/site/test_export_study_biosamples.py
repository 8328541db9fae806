"""The job ``export_study_biosamples_metadata``, as the hub asks for it."""

import csv
import io

import dagster as dg

from nmdc_runtime.runs.models import RunEventType, RunIn
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.site.launches import Launches
from tests.support.measured_study import (
    COLUMNS,
    EMPTY_STUDY_ID,
    ROWS,
    STUDY_ID,
    put_measured_study,
)

WORKFLOW = "export-study-biosamples-as-csv-1.0.0"


def request(services: Services, study_id: str) -> str:
    """Ask as `POST /runs` does; return the id of the run."""
    return services.run_requests.start(WORKFLOW, RunIn(inputs=[study_id]), username="ada").id


def run_launched(launches: Launches) -> dg.ExecuteInProcessResult:
    name, run_config, tags = launches.launched[-1]
    return (
        repository_of("repo", preset_dev)
        .get_job(name)
        .execute_in_process(run_config=run_config, tags=tags, raise_on_error=False)
    )


def test_a_requested_export_becomes_an_object_the_output_of_its_run(
    services: Services, launches: Launches, database, deployed: None
) -> None:
    put_measured_study(database)
    run_id = request(services, STUDY_ID)

    done = run_launched(launches)

    assert done.success
    assert done.output_for_node("add_output_run_event") == run_id
    (output,) = done.output_for_node("export_study_biosamples_as_csv")
    summary = services.runs.summary(run_id)
    assert summary.status is RunEventType.COMPLETE
    assert (summary.inputs, summary.outputs) == ([f"/studies/{STUDY_ID}"], [output])
    stored = services.objects.content(output.removeprefix("/objects/"))
    table = list(csv.reader(io.StringIO(stored.content.decode(), newline="")))
    assert table == [COLUMNS, *ROWS]
    event, of_object = done.asset_materializations_for_node("export_study_biosamples_as_csv")
    assert of_object.asset_key.path == ["drs", output.removeprefix("/objects/")]
    assert event.asset_key.path == ["study_nmdc_sty-11-meadow_biosamples.csv"]
    assert event.metadata["biosamples"].value == 3
    assert event.metadata["drs_object_id"].value == output.removeprefix("/objects/")
    assert event.metadata["is_new"].value is True

    request(services, STUDY_ID)
    again = run_launched(launches)

    assert again.output_for_node("export_study_biosamples_as_csv") == [output]
    assert database["objects"].count_documents({}) == 1


def test_a_study_without_biosamples_fails_its_run_at_once_and_leaves_no_object(
    services: Services, launches: Launches, database, deployed: None
) -> None:
    put_measured_study(database)
    request(services, EMPTY_STUDY_ID)

    failed = run_launched(launches)

    assert not failed.success
    assert failed.retry_attempts_for_node("get_study_biosamples_metadata") == 0
    said = str(failed.get_step_failure_events()[0].event_specific_data)
    assert f"no biosample names the study {EMPTY_STUDY_ID}" in said
    assert database["objects"].count_documents({}) == 0

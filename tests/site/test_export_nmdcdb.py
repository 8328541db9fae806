import gzip
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import orjson
import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.site.conftest import variables
from tests.support.documents import a_study, biosamples
from tests.support.object_storage import storage_variables, with_storage
from tests.support.servers import S3Endpoint, shared_s3

ROOT = Path(__file__).parents[2]
STUDY = a_study()


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory):
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def settings(settings: Settings, s3_endpoint: S3Endpoint, database) -> Settings:
    stored = with_storage(settings, s3_endpoint)
    bucket = database.name.replace("_", "-")[:30] + "-site"
    return stored.model_copy(update={"api_site_id": bucket})


def deployment(settings: Settings) -> dict[str, str]:
    return {
        **variables(settings),
        "API_HOST_EXTERNAL": "https://api.example",
        **storage_variables(settings),
    }


@pytest.fixture
def with_s3(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deployment(settings).items():
        monkeypatch.setenv(name, value)


def run_export() -> dg.ExecuteInProcessResult:
    name = next(
        name
        for name, concern in CONCERNS.items()
        if any(make(preset_dev).name == "export_nmdcdb" for make in concern.jobs)
    )
    return repository_of(name, preset_dev).get_job("export_nmdcdb").execute_in_process()


def lines_of(services: Services, object_id: str) -> list[dict]:
    content = gzip.decompress(b"".join(services.objects.read(object_id)))
    return [orjson.loads(line) for line in content.splitlines()]


def test_each_collection_with_documents_is_published_and_all_of_them_as_a_bundle(
    services: Services, database, with_s3: None
) -> None:
    samples = biosamples(3, study_id=STUDY["id"])
    row = {"was_generated_by": "nmdc:wfmgan-11-a.1", "gene_function_id": "KEGG:1", "count": 2}
    database["study_set"].insert_one(dict(STUDY))
    database["biosample_set"].insert_many([dict(each) for each in reversed(samples)])
    database["functional_annotation_agg"].insert_one(dict(row))
    database["users"].insert_one({"username": "not metadata"})

    done = run_export()

    bundle = done.output_for_node("bundle_nmdcdb_export")
    stored = services.objects.get(bundle.object_id)
    members = {each["name"]: each["id"] for each in stored["contents"]}
    assert sorted(members) == [
        "biosample_set.jsonl.gz",
        "biosample_set.parquet",
        "functional_annotation_agg.jsonl.gz",
        "functional_annotation_agg.parquet",
        "study_set.jsonl.gz",
        "study_set.parquet",
    ]
    assert stored["name"] == bundle.name
    assert bundle.name.endswith("-nmdcdb-mongoexport")
    assert bundle.documents == 5
    assert lines_of(services, members["biosample_set.jsonl.gz"]) == samples
    assert lines_of(services, members["functional_annotation_agg.jsonl.gz"]) == [row]
    (audited,) = services.audit.list_of(f"objects/{bundle.object_id}")
    assert (audited.action, audited.details["documents"]) == ("export_nmdcdb", 5)

    events = _materialisations(done)
    told = events["export", "nmdcdb", "biosample_set"]
    assert told["documents"].value == 3
    assert told["link biosample_set.jsonl.gz"].value == (
        f"https://api.example/ga4gh/drs/v1/objects/{members['biosample_set.jsonl.gz']}"
    )
    assert told["size_bytes biosample_set.parquet"].value > 0
    assert events["export", "nmdcdb"]["object_id"].value == bundle.object_id
    assert {key[1] for key in events if key[0] == "drs"} == {bundle.object_id, *members.values()}
    parquet = events["drs", members["study_set.parquet"]]
    assert parquet["name"].value == "study_set.parquet"
    assert parquet["link"].value.endswith(f"/ga4gh/drs/v1/objects/{members['study_set.parquet']}")
    assert parquet["sha256"].value == told_sha256(events, "study_set")


def told_sha256(events: dict[tuple[str, ...], dict], name: str) -> object:
    return events["export", "nmdcdb", name][f"sha256 {name}.parquet"].value


def _materialisations(done: dg.ExecuteInProcessResult) -> dict[tuple[str, ...], dict]:
    events = [each for each in done.all_events if each.event_type_value == "ASSET_MATERIALIZATION"]
    made = [each.step_materialization_data.materialization for each in events]
    return {tuple(each.asset_key.path): dict(each.metadata) for each in made}


def test_exporting_again_finds_what_there_is_and_publishes_only_what_has_changed(
    services: Services, database, with_s3: None
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    database["biosample_set"].insert_many(biosamples(2, study_id=STUDY["id"]))
    first = run_export().output_for_node("bundle_nmdcdb_export")

    again = run_export().output_for_node("bundle_nmdcdb_export")

    assert (again.object_id, again.is_new) == (first.object_id, False)
    assert database["objects"].count_documents({}) == 5

    database["study_set"].update_one({"id": STUDY["id"]}, {"$set": {"name": "renamed"}})
    changed = run_export().output_for_node("bundle_nmdcdb_export")

    assert changed.is_new
    assert database["objects"].count_documents({}) == 8
    old, new = (
        {each["name"]: each["id"] for each in services.objects.get(bundle.object_id)["contents"]}
        for bundle in (first, changed)
    )
    assert old["biosample_set.parquet"] == new["biosample_set.parquet"]
    assert lines_of(services, old["study_set.jsonl.gz"])[0]["name"] == STUDY["name"]
    assert lines_of(services, new["study_set.jsonl.gz"])[0]["name"] == "renamed"


def test_of_an_empty_database_nothing_is_published(
    services: Services, database, with_s3: None
) -> None:
    done = run_export()

    assert done.success
    assert done.output_for_node("bundle_nmdcdb_export") is None
    assert database["objects"].count_documents({}) == 0


WORKER = """
from nmdc_runtime.config import Settings
from nmdc_runtime.wiring import open_services
with open_services(Settings()) as services:
    for each in services.nmdcdb_exports.list_collections():
        print("begins", each.name, flush=True)
        services.nmdcdb_exports.export(each)
"""


@pytest.mark.parametrize("at", ["biosample_set", "study_set"])
def test_an_export_whose_process_is_killed_is_made_whole_by_the_next(
    services: Services, database, settings: Settings, with_s3: None, at: str
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    database["biosample_set"].insert_many(biosamples(400, study_id=STUDY["id"]))
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    for line in worker.stdout:
        if line.split() == ["begins", at]:
            break
    worker.send_signal(signal.SIGKILL)
    worker.stdout.close()
    assert worker.wait(30) == -signal.SIGKILL

    bundle = run_export().output_for_node("bundle_nmdcdb_export")

    assert database["objects"].count_documents({}) == 5
    for each in services.objects.get(bundle.object_id)["contents"]:
        content = b"".join(services.objects.read(each["id"]))
        assert len(content) == services.objects.get(each["id"])["size"]


def test_it_is_scheduled_once_a_month_when_an_operator_switches_that_on() -> None:
    schedules = [make(preset_dev) for concern in CONCERNS.values() for make in concern.schedules]
    (monthly,) = [each for each in schedules if each.job_name == "export_nmdcdb"]

    assert (monthly.name, monthly.cron_schedule) == ("monthly_export_nmdcdb", "0 3 1 * *")
    assert monthly.default_status is dg.DefaultScheduleStatus.STOPPED

"""Clients of the hub, and the ops that use them, against a hub that answers over HTTP."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import dagster as dg
import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.clients.downloads import AddressRefused, ChecksumWrong
from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient, RuntimeApiUserClient
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.repository import run_config_frozen__normal_env
from nmdc_runtime.site.resources import get_runtime_api_site_client, get_runtime_api_user_client
from nmdc_runtime.site.submitting import (
    poll_for_run_completion,
    submit_metadata_to_db,
    validate_metadata,
)
from nmdc_runtime.wiring import Services
from tests.site.conftest import variables
from tests.site.launches import Launches
from tests.support.object_records import a_blob
from tests.support.object_storage import with_storage
from tests.support.served_hub import served_hub
from tests.support.servers import S3Endpoint

STUDY = {
    "id": "nmdc:sty-11-8fb6t785",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Deep subsurface",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with a bucket: addresses are signed without asking anybody."""
    nowhere = S3Endpoint(url="http://127.0.0.1:1", region="r", key="k", secret="s")
    return with_storage(settings, nowhere)


@pytest.fixture
def hub_url(
    settings: Settings, launches: Launches, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Yield the address of a hub that the variables of this process name."""
    with served_hub(settings, launches) as url:
        for name, value in variables(settings).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("API_HOST", url)
        monkeypatch.setenv("API_HOST_EXTERNAL", settings.api_host_external)
        yield url
        for factory in (get_runtime_api_site_client, get_runtime_api_user_client):
            factory(run_config_frozen__normal_env).close()  # type: ignore[attr-defined]
            factory.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture
def user(hub_url: str) -> RuntimeApiUserClient:
    """Return the published client of the process."""
    return get_runtime_api_user_client(run_config_frozen__normal_env)  # type: ignore[arg-type]


@pytest.fixture
def site(hub_url: str) -> RuntimeApiSiteClient:
    """Return the published client of the process."""
    return get_runtime_api_site_client(run_config_frozen__normal_env)  # type: ignore[arg-type]


def linked_documents(how_many: int) -> dict[str, list[dict[str, Any]]]:
    """Return a study with so many biosamples and data generations."""
    base = {"associated_studies": [STUDY["id"]]}
    numbers = range(how_many)
    return {
        "study_set": [dict(STUDY)],
        "biosample_set": [
            {
                **base,
                "id": f"nmdc:bsm-11-{number:08}",
                "type": "nmdc:Biosample",
                "name": f"Sample {number}",
                "gold_biosample_identifiers": [f"gold:Gb{number}"],
            }
            for number in numbers
        ],
        "data_generation_set": [
            {
                **base,
                "id": f"nmdc:omprc-11-{number:08}",
                "type": "nmdc:NucleotideSequencing",
                "name": f"Sequencing {number}",
                "has_input": ["nmdc:bsm-11-00000000"],
                "gold_sequencing_project_identifiers": [f"gold:Gp{number}"],
            }
            for number in numbers
        ],
    }


def test_a_user_finds_all_that_there_is_however_many_pages_it_takes(
    user: RuntimeApiUserClient,
    services: Services,
    database: Database[Document],
) -> None:
    for name, documents in linked_documents(1_203).items():
        database[name].insert_many(documents)
    services.graph.rebuild()

    assert [each["id"] for each in user.get_study(STUDY["id"])] == [STUDY["id"]]
    assert user.get_study("nmdc:sty-11-none") == []
    for found in (
        user.get_biosamples_for_study(STUDY["id"]),
        user.get_data_generation_records_for_study(STUDY["id"]),
        user.get_omics_processing_by_name("^sequencing "),
        user.get_linked_data_generation_records_for_biosample("nmdc:bsm-11-00000000"),
    ):
        assert len({each["id"] for each in found}) == 1_203
    assert "has_input" in found[0]  # whole documents
    assert user.get_linked_pooling_for_biosample("nmdc:bsm-11-00000000") == []
    for written in ("Gb7", "GOLD:Gb7", "gold:Gb7"):
        (biosample,) = user.get_biosamples_by_gold_biosample_id(written)
        assert biosample["id"] == "nmdc:bsm-11-00000007"
    (project,) = user.get_omics_processing_records_by_gold_project_id("Gp9")
    assert project["id"] == "nmdc:omprc-11-00000009"


def test_a_site_registers_tags_mints_claims_and_reports(
    site: RuntimeApiSiteClient, services: Services, hub_url: str
) -> None:
    promise = site.put_object_in_site({"name": "reads.txt", "mime_type": "text/plain"}).json()
    record = a_blob(b"bytes", access_methods=[{"access_url": {"url": "https://example.org/x"}}])
    made = site.create_object_from_op({"result": record}).json()

    assert site.operation_is_done(promise["id"]) is False
    patch = {"done": True, "result": record, "metadata": {"site_id": "x", "model": "y", "n": 1}}
    reported = site.update_operation(promise["id"], patch).json()
    assert reported["metadata"]["site_id"] == "nmdc-runtime"  # what the hub keeps stays
    assert reported["metadata"]["model"] == promise["metadata"]["model"]
    assert site.operation_is_done(promise["id"]) is True
    assert site.get_operation(promise["id"]).json()["id"] == promise["id"]
    link = site.get_site_object_link({"access_id": "nmdc-runtime:sys0abc"}).json()
    assert "sys0abc" in link["url"]

    tag = "metadata-in"
    assert site.ensure_object_tag(made["id"], tag).json()["types"] == [tag]  # type: ignore[union-attr]
    assert site.ensure_object_tag(made["id"], tag) is None

    wanted = services.jobs.prepare(workflow_id="metag-1.0.0", config={"object_id": made["id"]})
    job, _ = services.transactions.run(lambda tx: services.jobs.ensure(wanted, tx=tx))
    claim = site.claim_job(job.id).json()
    assert site.claim_job(job.id).json()["id"] == claim["id"]
    listed = site.list_all_jobs({"filter": {"id": job.id}, "max_page_size": 1})
    assert [each["claims"][0]["op_id"] for each in listed] == [claim["id"]]
    assert site.list_jobs({"filter": {"id": job.id}}).json()["resources"] == listed
    assert len(site.mint_id("nmdc:Biosample", 2).json()) == 2
    with pytest.raises(requests.HTTPError) as refused:
        site.get_operation("nmdc:sys0none")
    assert refused.value.response.status_code == 404


def test_a_site_fetches_bytes_only_if_they_are_what_the_record_promises(
    site: RuntimeApiSiteClient, services: Services, hub_url: str, database: Database[Document]
) -> None:
    kept = services.objects.keep(
        "gfs0abc", StoredFile("x.txt", "text/plain", b"hello"), description="", username="admin"
    )
    outside = [{"access_url": {"url": "http://127.0.0.1:1/x"}}]
    foreign = site.create_object(a_blob(b"x", access_methods=outside)).json()
    own_link = [{"access_url": {"url": f"{hub_url}/version", "headers": {"Accept": "*/*"}}}]
    version = requests.get(f"{hub_url}/version", timeout=10).content
    digest = [{"type": "sha256", "checksum": sha256(version).hexdigest()}]
    ours = site.create_object(a_blob(b"y", access_methods=own_link, checksums=digest)).json()

    answer = site.get_object_bytes(kept.id)

    assert (answer.content, answer.status_code) == (b"hello", 200)
    assert site.get_object_bytes(ours["id"]).json()["nmdc-runtime"]
    with pytest.raises(AddressRefused):
        site.get_object_bytes(foreign["id"])
    database["objects"].update_one(
        {"id": kept.id}, {"$set": {"checksums": [{"type": "sha256", "checksum": "00"}]}}
    )
    with pytest.raises(ChecksumWrong):
        site.get_object_bytes(kept.id)


@dg.op
def a_database() -> dict[str, Any]:
    """Return what is submitted."""
    return {"study_set": [STUDY]}


@dg.graph
def submitted() -> dict[str, Any]:
    database = a_database()
    validate_metadata(database)
    summary: dict[str, Any] = poll_for_run_completion(submit_metadata_to_db(database))
    return summary


@dg.op
def a_wrong_database() -> dict[str, Any]:
    """Return what no hub takes in."""
    return {"study_set": [{**STUDY, "name": 7}]}


@dg.graph
def wrong() -> None:
    database = a_wrong_database()
    validate_metadata(database)
    submit_metadata_to_db(database)


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return why steps failed, by their names."""
    return {
        str(event.step_key): str(event.event_specific_data)
        for event in result.get_step_failure_events()
    }


def test_documents_are_checked_submitted_once_and_awaited(
    hub_url: str, services: Services, launches: Launches
) -> None:
    job = preset_dev.job(submitted, name="submitted")
    soon = {"ops": {"poll_for_run_completion": {"config": {"max_wait_s": 0}}}}

    waiting = job.execute_in_process(soon, raise_on_error=False)
    run_id = waiting.output_for_node("submit_metadata_to_db")
    assert "stands at STARTED after 0 seconds" in failures(waiting)["poll_for_run_completion"]

    operation_id = launches.launched[-1][2]["nmdc/operation_id"]
    services.submissions.apply(operation_id, {"study_set": [STUDY]}, dagster_run_id="d1")
    done = job.execute_in_process(soon)
    assert done.output_for_node("submit_metadata_to_db") == run_id
    assert done.output_value()["status"] == "COMPLETE"
    assert len(launches.launched) == 1


def test_a_run_that_has_failed_fails_at_once_with_its_reason_and_the_hubs_refusal_is_shown(
    hub_url: str, services: Services, launches: Launches
) -> None:
    run_id = services.submissions.submit(b'{"study_set": []}', username="admin")
    operation_id = launches.launched[-1][2]["nmdc/operation_id"]
    services.submissions.record_dead_run(
        run_id, operation_id=operation_id, reason="the disk is full", dagster_run_id="d1"
    )

    @dg.graph
    def polled() -> None:
        poll_for_run_completion()

    failed = preset_dev.job(polled, name="polled").execute_in_process(
        {"ops": {"poll_for_run_completion": {"inputs": {"run_id": {"value": run_id}}}}},
        raise_on_error=False,
    )
    refused = preset_dev.job(wrong, name="wrong").execute_in_process(raise_on_error=False)

    assert "the disk is full" in failures(failed)["poll_for_run_completion"]
    reasons = failures(refused)
    assert set(reasons) == {"validate_metadata", "submit_metadata_to_db"}
    for reason in reasons.values():
        assert "study_set" in reason
        assert "7" in reason
    assert "status 422" in reasons["submit_metadata_to_db"]
    assert refused.retry_attempts_for_node("submit_metadata_to_db") == 0

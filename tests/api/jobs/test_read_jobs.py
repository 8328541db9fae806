"""``GET /jobs``, ``/jobs/{id}``, ``/operations``, ``/operations/{id}``, ``/runs/...``."""

import pytest

from tests.support.documents import a_study, body_of


@pytest.fixture
def submitted(hub, as_admin, orchestrator):
    """Submit a study, and return what its run was told."""
    body = body_of({"study_set": [a_study()]})
    hub.post("/metadata/json:submit", content=body, headers=as_admin).raise_for_status()
    return orchestrator.runs[0]


def test_jobs_and_operations_can_be_read_one_by_one(hub, submitted):
    job = hub.get("/jobs").json()["resources"][0]
    operation = hub.get("/operations").json()["resources"][0]

    assert hub.get(f"/jobs/{job['id']}").json()["claims"] == job["claims"]
    assert hub.get(f"/operations/{operation['id']}").json()["metadata"]["site_id"] == "nmdc-runtime"
    assert operation["metadata"]["model"] == "nmdc_runtime.api.models.job.JobOperationMetadata"
    assert job["claims"] == [{"op_id": operation["id"], "site_id": "nmdc-runtime"}]


def test_a_site_without_a_filter_does_not_see_the_jobs_it_holds(hub, submitted, as_site):
    assert hub.get("/jobs", headers=as_site).json() == {"resources": []}
    assert len(hub.get("/jobs?filter={}", headers=as_site).json()["resources"]) == 1


def test_the_last_page_of_operations_has_a_null_token_and_that_of_jobs_none(hub, submitted):
    assert hub.get("/operations").json()["next_page_token"] is None
    assert "next_page_token" not in hub.get("/jobs").json()


@pytest.mark.parametrize("path", ["/jobs/no", "/operations/no", "/runs/no", "/runs/no/events"])
def test_what_is_not_there_is_not_found(hub, path):
    answer = hub.get(path)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not found"


def test_a_bad_token_is_refused_even_where_none_is_needed(hub):
    answer = hub.get("/jobs", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401


def test_the_events_of_a_run_are_listed_newest_first(hub, submitted):
    run_id = submitted.tags["nmdc/run_id"]

    answer = hub.get(f"/runs/{run_id}/events").json()

    assert [event["type"] for event in answer["resources"]] == ["STARTED", "REQUESTED"]
    assert answer["next_page_token"] is None
    started, requested = answer["resources"]
    assert started["run"]["facets"]["nmdcRuntime_dagsterRunId"] == submitted.run_id
    assert requested["run"]["facets"]["nmdcRuntime_runConfig"] == submitted.run_config
    assert requested["producer"] == "admin"

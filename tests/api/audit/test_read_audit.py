"""``GET /admin/audit``: administrators read the trail; nobody else does."""

import json

import pytest


@pytest.fixture
def recorded(hub):
    """Put three records on the trail."""
    audit = hub.app.state.services.audit
    for number in range(3):
        audit.record("create_job", f"jobs/j{number}")


def test_an_administrator_reads_records_with_zoned_times(hub, as_admin, recorded):
    answer = hub.get("/admin/audit", headers=as_admin, params={"filter": '{"targets": "jobs/j1"}'})

    (record,) = answer.raise_for_status().json()["resources"]
    assert record["action"] == "create_job"
    assert record["at"].endswith("Z")


def test_pages_follow_each_other(hub, as_admin, recorded):
    filter_ = json.dumps({"action": "create_job"})
    first = hub.get(
        "/admin/audit", headers=as_admin, params={"max_page_size": 2, "filter": filter_}
    )
    token = first.json()["next_page_token"]
    second = hub.get("/admin/audit", headers=as_admin, params={"page_token": token})

    targets = [each["targets"] for page in (first, second) for each in page.json()["resources"]]
    assert targets == [["jobs/j0"], ["jobs/j1"], ["jobs/j2"]]


def test_without_a_token_it_is_401(hub):
    assert hub.get("/admin/audit").status_code == 401


def test_a_site_client_is_refused_and_told_which_permission_is_missing(hub, as_site):
    answer = hub.get("/admin/audit", headers=as_site)

    assert answer.status_code == 403
    assert answer.json()["missing_permission"] == "/admin/audit"
    assert "granted_by" in answer.json()

"""``GET /admin/checks``: administrators read what checks found; nobody else does."""

import json

import pytest

from nmdc_runtime.checks.models import CheckKind
from tests.support.documents import a_study


@pytest.fixture
def report(hub, database):
    """Return the report of a check of a database with a problem in it."""
    database["study_set"].insert_one({**a_study(), "study_category": "nonsense"})
    checks = hub.app.state.services.upkeep.checks
    with checks.reporting(CheckKind.SWEEP, run_id=None) as older:
        older.notes.append("found nothing")
    return checks.check(run_id="a-run", tell=lambda _: None, show=lambda _: None)


def test_reports_are_listed_newest_first_and_told_in_full_one_by_one(hub, as_admin, report):
    listed = hub.get("/admin/checks", headers=as_admin, params={"max_page_size": 1})
    newest = listed.raise_for_status().json()
    token = newest["next_page_token"]
    rest = hub.get("/admin/checks", headers=as_admin, params={"page_token": token}).json()
    filter_ = json.dumps({"kind": "check_nmdcdb"})
    only = hub.get("/admin/checks", headers=as_admin, params={"filter": filter_}).json()
    whole = hub.get(f"/admin/checks/{report.id}", headers=as_admin).raise_for_status().json()

    (summary,) = newest["resources"]
    assert summary["id"] == report.id
    assert summary["outcome"] == "problems"
    assert summary["counts"]["problems enum"] == 1
    assert summary["began_at"].endswith("Z")
    assert [each["kind"] for each in rest["resources"]] == ["sweep_gridfs"]
    assert [each["id"] for each in only["resources"]] == [report.id]
    assert not {"collections", "notes"} & {*summary, *rest["resources"][0]}
    (found,) = [each for each in whole["collections"] if each["problems"]]
    assert found["collection"] == "study_set"
    assert found["listed"][0]["id"] == a_study()["id"]


def test_who_may_not_read_them_and_what_is_not_there(hub, as_admin, as_site):
    absent = hub.get("/admin/checks/none", headers=as_admin)

    assert absent.status_code == 404
    assert absent.json()["check_id"] == "none"
    for path in ("/admin/checks", "/admin/checks/none"):
        assert hub.get(path).status_code == 401
        refused = hub.get(path, headers=as_site)
        assert refused.status_code == 403
        assert refused.json()["missing_permission"] == "/admin/audit"

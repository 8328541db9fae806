"""System routes, request ids, CORS, and answers to what goes wrong."""

import pytest
from pymongo.errors import AutoReconnect, ExecutionTimeout
from starlette.testclient import TestClient

from nmdc_runtime.api.app import create_app


def test_version_names_the_three_versions(hub):
    assert set(hub.get("/version").json()) == {"nmdc-runtime", "fastapi", "nmdc-schema"}


def test_the_root_leads_to_the_documentation(hub):
    answer = hub.get("/", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "http://testserver/docs"
    assert hub.get("/").status_code == 200


def test_health_has_exactly_the_published_fields(hub):
    answer = hub.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"web_server": True, "database": True}


def test_health_is_503_while_the_database_has_not_been_set_up(hub, database):
    database["_runtime.api.allow"].drop()

    answer = hub.get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"web_server": True, "database": False}


def test_readiness_says_degraded_while_dagster_is_down(hub, orchestrator):
    orchestrator.is_down = True

    answer = hub.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["mongo"]["ok"] is True
    assert "submissions are kept" in answer.json()["dagster"]["detail"]


def test_readiness_says_which_version_of_the_schema_the_data_have(hub, database):
    installed = hub.get("/version").json()["nmdc-schema"]
    unknown = hub.get("/health/ready").json()["schema"]
    versions = {"from_schema_version": "11.15.1", "to_schema_version": installed}
    migrated = {"event": "MIGRATION_COMPLETED", "created_at": "2026-01-01T00:00:00"}
    database["_migration_events"].insert_one(migrated | versions)
    same = hub.get("/health/ready").json()["schema"]
    older = versions | {"to_schema_version": "11.17.0"}
    database["_migration_events"].insert_one(
        {"event": "MIGRATION_COMPLETED", "created_at": "2026-01-02T00:00:00"} | older
    )
    answer = hub.get("/health/ready")

    assert unknown["ok"]
    assert unknown["data"] is None
    assert same["ok"]
    assert same["data"] == same["installed"] == installed
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["schema"]["ok"] is False
    assert answer.json()["schema"]["data"] == "11.17.0"
    assert "nmdc-runtime migrate" in answer.json()["schema"]["detail"]


def test_the_request_id_of_the_caller_comes_back(hub):
    answer = hub.get("/version", headers={"X-Request-ID": "abc-1"})

    assert answer.headers["X-Request-ID"] == "abc-1"


@pytest.mark.parametrize("bad", ["a b", "x" * 200, ""])
def test_an_unusable_request_id_is_replaced(hub, bad):
    answer = hub.get("/version", headers={"X-Request-ID": bad})

    assert answer.headers["X-Request-ID"] not in {bad, ""}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8080", True),
        ("https://data.microbiomedata.org", True),
        ("https://microbiomedata.github.io", True),
        ("https://microbiomedata.org", False),
        ("http://localhost", False),
        ("https://data.microbiomedata.org.evil.example", False),
    ],
)
def test_browsers_may_call_from_our_pages_only(hub, origin, allowed):
    answer = hub.get("/version", headers={"Origin": origin})

    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


def test_an_unknown_path_is_a_problem_with_the_published_detail(hub):
    answer = hub.get("/nowhere")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not Found"
    assert answer.headers["content-type"] == "application/problem+json"


def _app_that_raises(settings, error: Exception) -> TestClient:
    app = create_app(settings)

    @app.get("/raises")
    def raises() -> None:
        raise error

    return TestClient(app, raise_server_exceptions=False)


def test_an_unexpected_error_is_a_problem_that_a_browser_can_read(settings, caplog):
    client = _app_that_raises(settings, RuntimeError("secret detail"))

    answer = client.get("/raises", headers={"Origin": "http://localhost:1"})

    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    [logged] = [each for each in caplog.records if each.message == "unexpected error"]
    assert logged.request_id == answer.headers["X-Request-ID"]
    assert logged.exc_info
    assert "secret detail" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:1"


def test_a_lost_database_is_503_and_says_when_to_come_back(settings):
    answer = _app_that_raises(settings, AutoReconnect("gone")).get("/raises")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_a_query_over_its_time_is_422_with_a_code(settings):
    answer = _app_that_raises(settings, ExecutionTimeout("slow", 50)).get("/raises")

    assert answer.status_code == 422
    assert answer.json()["code"] == "query_too_expensive"

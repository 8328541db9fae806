"""What operators switch on: analytics, metrics and profiling, through the whole hub."""

import asyncio
import time

import pytest
from starlette.testclient import TestClient

from nmdc_runtime.api.app import create_app
from nmdc_runtime.config import HubSettings
from nmdc_runtime.graph.store import GRAPH, STATE_ID
from nmdc_runtime.web.analytics import ANALYTICS
from nmdc_runtime.web.ignored import IGNORED_HEADER


def headers_of(client: TestClient, subject: str) -> dict[str, str]:
    """Return headers of a caller of this very hub."""
    token = client.app.state.services.login.issue(subject).access_token
    return {"Authorization": f"Bearer {token}"}


def sleeping_endpoint() -> str:
    time.sleep(0.05)
    return "the answer"


async def waiting_endpoint() -> str:
    await asyncio.sleep(0.05)
    return "the answer"


async def raising_endpoint() -> None:
    raise RuntimeError


@pytest.fixture
def operated(settings, orchestrator):
    """Yield a hub with everything switched on, and routes that take their time."""
    hub = HubSettings(housekeeping=False, analytics=True, metrics_public=False)
    app = create_app(
        settings.model_copy(update={"hub": hub, "is_profiling_enabled": True}),
        orchestrator=orchestrator,
    )
    app.get("/sleeping/{number}")(sleeping_endpoint)
    app.get("/waiting/{number}")(waiting_endpoint)
    app.get("/raising")(raising_endpoint)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_every_request_is_on_record_once_the_hub_has_ended(operated, database):
    operated.get("/nmdcschema/study_set?max_page_size=1", headers={"User-Agent": "a test"})
    operated.get("/raising")
    operated.get("/nowhere")
    operated.head("/version")
    operated.app.state.services.clock()
    assert database[ANALYTICS].count_documents({}) == 0, "written behind the request's back"

    operated.__exit__()
    records = list(database[ANALYTICS].find().sort("_id"))
    operated.__enter__()

    assert [(each["method"], each["path"], each["route"], each["status"]) for each in records] == [
        ("GET", "/nmdcschema/study_set", "/nmdcschema/{collection_name}", 200),
        ("GET", "/raising", "/raising", 500),
        ("GET", "/nowhere", "", 404),
        ("HEAD", "/version", "/version", 200),
    ]
    assert records[0]["user_agent"] == "a test"
    assert records[0]["hostname"] == "testserver"
    assert records[0]["source"] == "FastAPI"


@pytest.mark.parametrize("name", ["sleeping", "waiting"])
def test_a_profile_shows_the_routes_own_function_wherever_it_runs(operated, settings, name):
    admin = headers_of(operated, f"user:{settings.api_admin_user}")
    path = f"/{name}/1"

    report = operated.get(f"{path}?profile=True", headers=admin)
    assert report.status_code == 200
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert f"{name}_endpoint" in report.text
    assert "the answer" not in report.text.partition("<script")[0]

    # Neither the public nor a site client gets one: to them it is a parameter like any other.
    site = headers_of(operated, f"client:{settings.api_site_client_id}")
    for headers in ({}, site, {"Authorization": "Bearer nonsense"}):
        answer = operated.get(f"{path}?profile=true", headers=headers)
        assert answer.json() == "the answer"
        assert answer.headers[IGNORED_HEADER] == "profile"
    assert operated.get(f"{path}?profile=false", headers=admin).json() == "the answer"


def test_a_profile_of_what_fails_is_the_failure(operated, settings):
    admin = headers_of(operated, f"user:{settings.api_admin_user}")

    assert operated.get("/raising?profile=true", headers=admin).status_code == 500


def test_nobody_is_profiled_where_it_is_not_switched_on(hub, as_admin):
    answer = hub.get("/version?profile=true", headers=as_admin)

    assert "nmdc-runtime" in answer.json()
    assert answer.headers[IGNORED_HEADER] == "profile"


def test_metrics_can_be_kept_for_administrators(operated, settings):
    assert operated.get("/metrics").status_code == 401
    site = headers_of(operated, f"client:{settings.api_site_client_id}")
    refused = operated.get("/metrics", headers=site)
    assert refused.status_code == 403
    assert refused.json()["missing_permission"]
    admin = headers_of(operated, f"user:{settings.api_admin_user}")

    answer = operated.get("/metrics", headers=admin)

    assert answer.status_code == 200
    assert "nmdc_analytics_waiting 2.0" in answer.text


def test_metrics_tell_of_routes_and_of_the_graph_but_of_no_id(hub, database, now):
    hub.get("/nmdcschema/study_set/nmdc:sty-11-secret")
    hub.get("/made/up/path")
    assert "nmdc_graph_age_seconds" not in hub.get("/metrics").text
    state = {"_id": STATE_ID, "build_id": "1", "built_at": now, "fresh_as_of": now}
    database[GRAPH].insert_one({**state, "documents": 42, "skipped": [], "skipped_count": 1})

    answer = hub.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    route = 'method="GET",route="/nmdcschema/{collection_name}/{doc_id}",status="404"'
    assert f"nmdc_http_requests_total{{{route}}}" in text
    assert "nmdc_http_requests_in_flight 1.0" in text
    assert "nmdc_mongo_up 1.0" in text
    assert "nmdc_graph_documents 42.0" in text
    assert "nmdc_graph_age_seconds" in text
    assert "nmdc_runtime_info" in text
    for unwanted in ("sty-11-secret", "made/up"):
        assert unwanted not in text
    database[GRAPH].delete_many({})

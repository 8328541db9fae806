"""``POST /runs/{id}/events``."""

import pytest

from nmdc_runtime.runs.models import DAGSTER_RUN_ID_FACET
from tests.support.documents import a_study, body_of

QUERY = {
    "producer": "https://example.org/me",
    "schemaURL": "https://example.org/schema.json",
    "type": "STARTED",
    "time": "2026-11-23T12:00:00Z",
}
JOB = {"id": "test", "description": "a test", "producer": "p", "schemaURL": "s"}
BODY = {"run": {"id": "run1"}, "job": JOB, "inputs": ["/objects/a"]}
EVENT = {
    **QUERY,
    "run": {"id": "run1", "facets": None},
    "job": JOB,
    "inputs": ["/objects/a"],
    "outputs": [],
}


def post(hub, headers, *, body=BODY, run_id="run1", **query):
    return hub.post(f"/runs/{run_id}/events", params=query, json=body, headers=headers)


@pytest.mark.parametrize("form", ["query", "body"])
@pytest.mark.parametrize("who", ["as_site", "as_admin"])
def test_an_event_is_kept_and_answered(hub, request, form, who):
    headers = request.getfixturevalue(who)

    answer = (
        post(hub, headers, **QUERY)
        if form == "query"
        else post(hub, headers, body={**BODY, **QUERY, "outputs": None})
    )

    assert answer.status_code == 200
    assert answer.json() == EVENT
    assert hub.get("/runs/run1/events").json()["resources"] == [EVENT]
    summary = hub.get("/runs/run1").json()
    assert (summary["status"], summary["started_at_time"]) == ("STARTED", QUERY["time"])


def test_an_event_is_kept_once_however_its_time_is_written(hub, database, as_site):
    first = post(hub, as_site, **QUERY)
    same_moment = post(hub, as_site, **QUERY | {"time": "2026-11-23T14:00:00+02:00"})
    no_zone = post(hub, as_site, **QUERY | {"time": "2026-11-23T12:00:00"})
    later = post(hub, as_site, **QUERY | {"time": "2026-11-23T12:00:01Z"})
    other_type = post(hub, as_site, **QUERY | {"type": "FAIL"})

    assert first.json() == same_moment.json() == no_zone.json()
    assert (later.status_code, other_type.status_code) == (200, 200)
    assert database["run_events"].count_documents({}) == 3
    assert database["_runtime.audit"].count_documents({"action": "report_run_event"}) == 3


def test_events_are_ordered_by_time_and_not_by_text(hub, as_site):
    post(hub, as_site, **QUERY | {"time": "2026-11-23T23:00:00+12:00", "type": "REQUESTED"})
    post(hub, as_site, **QUERY | {"time": "2026-11-23T12:00:00Z", "type": "STARTED"})

    events = hub.get("/runs/run1/events").json()["resources"]

    assert [each["type"] for each in events] == ["STARTED", "REQUESTED"]


@pytest.mark.parametrize("time", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(hub, database, as_site, time):
    assert post(hub, as_site, **QUERY | {"time": time}).status_code == 422
    assert database["run_events"].count_documents({}) == 0


@pytest.mark.parametrize("missing", sorted(QUERY))
def test_what_is_missing_is_named(hub, as_site, missing):
    query = {name: value for name, value in QUERY.items() if name != missing}

    answer = post(hub, as_site, **query)

    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["query", missing]]


def test_a_type_that_is_none_and_facets_that_cannot_be_kept_are_refused(hub, as_site):
    facets = {**BODY, "run": {"id": "run1", "facets": {"n": 2**64}}}

    assert post(hub, as_site, **QUERY | {"type": "DONE"}).status_code == 422
    assert post(hub, as_site, body=facets, **QUERY).status_code == 422


def test_an_event_of_another_run_is_refused(hub, database, as_site):
    answer = post(hub, as_site, run_id="run2", **QUERY)

    assert answer.status_code == 400
    assert (
        answer.json()["detail"]
        == "Supplied run_event.run.id does not match run_id given in request URL."
    )
    assert database["run_events"].count_documents({}) == 0


def test_nobody_forges_history_without_a_token(hub, database):
    assert post(hub, {}, **QUERY).status_code == 401
    assert post(hub, {"Authorization": "Bearer forged"}, **QUERY).status_code == 401
    assert database["run_events"].count_documents({}) == 0


def test_a_reported_event_does_not_take_over_the_dagster_run_of_another(
    hub, database, as_admin, as_site, orchestrator
):
    body = body_of({"study_set": [a_study()]})
    hub.post("/metadata/json:submit", content=body, headers=as_admin).raise_for_status()
    dagster_run_id = orchestrator.runs[0].run_id
    services = hub.app.state.services
    true_run = services.runs.events.find_run_id(dagster_run_id=dagster_run_id)
    forged = {**BODY, "run": {"id": "run1", "facets": {DAGSTER_RUN_ID_FACET: dagster_run_id}}}
    assert post(hub, as_site, body=forged, **QUERY).status_code == 200
    database["run_events"].delete_many({"run.id": true_run, "type": "STARTED"})

    assert services.runs.events.find_run_id(dagster_run_id=dagster_run_id) is None

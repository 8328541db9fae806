"""Finding on a hub that gives a query one millisecond."""

import pytest

from nmdc_runtime.config import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return the settings of the test with the shortest time limit there is."""
    impatient = settings.hub.model_copy(update={"query_time_limit_ms": 1})
    return settings.model_copy(update={"hub": impatient})


def test_a_catastrophic_regular_expression_ends_as_too_expensive(hub, database):
    for name in ("study_set", "workflow_execution_set"):
        database[name].insert_many({"id": f"x{n}", "name": "a" * 5_000} for n in range(300))
    for path in ("/studies", "/planned_processes"):
        for sent in ({}, {"sort": "name"}, {"cursor": "*"}):
            answer = hub.get(path, params={"filter": "name.search:(a*)*b", **sent})
            assert answer.status_code == 422, (path, sent)
            assert answer.json()["code"] == "query_too_expensive"

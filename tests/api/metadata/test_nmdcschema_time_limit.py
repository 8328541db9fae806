"""Lists under ``/nmdcschema`` on a hub that gives a query one millisecond."""

import pytest

from nmdc_runtime.config import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return the settings of the test with the shortest time limit there is."""
    impatient = settings.hub.model_copy(update={"query_time_limit_ms": 1})
    return settings.model_copy(update={"hub": impatient})


def test_a_query_over_the_time_limit_is_422_with_its_code(hub, database):
    database["study_set"].insert_many({"id": f"x{n}", "name": "a" * 5_000} for n in range(300))
    sent = {"filter": '{"name": {"$regex": "(a*)*b"}}', "max_page_size": 0}
    answer = hub.get("/nmdcschema/study_set", params=sent)
    assert answer.status_code == 422
    assert answer.json()["code"] == "query_too_expensive"

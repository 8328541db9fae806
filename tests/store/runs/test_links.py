"""Where links to Dagster lead."""

import pytest

from nmdc_runtime.config import SettingsInvalid
from nmdc_runtime.config.sections import DagsterSettings
from nmdc_runtime.wiring import open_services


@pytest.mark.parametrize(
    ("public_url", "leads_to"),
    [
        (None, "http://127.0.0.1:1"),
        ("", "http://127.0.0.1:1"),
        ("https://dagster.example.org/ui/", "https://dagster.example.org/ui"),
    ],
)
def test_links_lead_where_browsers_reach_dagster(settings, orchestrator, public_url, leads_to):
    dagster = DagsterSettings(public_url=public_url)
    settings = settings.model_copy(update={"dagster": dagster})

    with open_services(settings, orchestrator=orchestrator) as services:
        assert services.runs.dagster_url == leads_to


def test_an_address_that_is_none_is_refused_by_the_name_of_its_variable(settings, orchestrator):
    dagster = DagsterSettings(public_url="javascript://alert")
    settings = settings.model_copy(update={"dagster": dagster})

    with (
        pytest.raises(SettingsInvalid, match="NMDC_DAGSTER__PUBLIC_URL"),
        open_services(settings, orchestrator=orchestrator),
    ):
        pass

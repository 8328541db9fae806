import pytest

from nmdc_runtime.clients.changesheets import Changesheet, ChangesheetLineItem
from nmdc_runtime.site import changesheets


def test_the_published_place_has_the_library_and_a_client_of_gold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOLD_API_BASE_URL", "http://127.0.0.1:1/rest/")

    assert changesheets.Changesheet is Changesheet
    assert changesheets.ChangesheetLineItem is ChangesheetLineItem
    with changesheets.gold_client() as gold:
        assert gold.base_url == "http://127.0.0.1:1/rest"

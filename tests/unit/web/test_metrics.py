"""What is counted, and that clients cannot make the counts grow."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from nmdc_runtime.web.context import Served
from nmdc_runtime.web.metrics import OTHER, Figure, HubMetrics


def served(*, method: str = "GET", route: str = "/jobs/{job_id}", status: int = 200) -> Served:
    return Served({}, method, route, status, 0.02)


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_requests_are_counted_and_timed_by_route():
    metrics = HubMetrics()
    for status in (200, 200, 404):
        metrics.began()
        metrics.ended(served(status=status))
    metrics.began()

    found = samples(metrics.as_text())

    labels = ("method=GET", "route=/jobs/{job_id}")
    assert found["nmdc_http_requests_total", *labels, "status=200"] == 2
    assert found["nmdc_http_requests_total", *labels, "status=404"] == 1
    assert found["nmdc_http_request_duration_seconds_count", *labels] == 3
    assert found["nmdc_http_request_duration_seconds_bucket", "le=0.01", *labels] == 0
    assert found["nmdc_http_request_duration_seconds_bucket", "le=0.025", *labels] == 3
    assert found["nmdc_http_requests_in_flight",] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_what_clients_make_up_is_counted_under_one_name():
    metrics = HubMetrics()
    for number in range(100):
        metrics.began()
        metrics.ended(served(method=f"MADEUP{number}", route="", status=404))

    text = metrics.as_text()

    assert b"MADEUP" not in text
    assert samples(text)[
        "nmdc_http_requests_total", f"method={OTHER}", f"route={OTHER}", "status=404"
    ] == pytest.approx(100)


def test_two_applications_count_for_themselves():
    one, other = HubMetrics(), HubMetrics()
    one.ended(served())

    assert b"job_id" in one.as_text()
    assert b"job_id" not in other.as_text()


def test_gauges_facts_and_figures_are_shown_as_they_are_now():
    metrics = HubMetrics()
    values = [1.0]
    metrics.add_gauge("nmdc_waiting", "What waits.", lambda: values[0])
    metrics.add_facts("nmdc_runtime_info", "Versions.", version="3.0.0")
    values[0] = 7.0

    found = samples(metrics.as_text([Figure("nmdc_mongo_up", "Whether it answers.", 1)]))

    assert found["nmdc_waiting",] == 7
    assert found["nmdc_runtime_info", "version=3.0.0"] == 1
    assert found["nmdc_mongo_up",] == 1

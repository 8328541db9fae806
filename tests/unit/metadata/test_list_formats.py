"""In which format a list is answered, by what the client accepts."""

import pytest

from nmdc_runtime.metadata.formats import Format, wanted_format

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
HTTR = "application/json, text/xml, application/xml, */*"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, Format.JSON),
        ("", Format.JSON),
        ("*/*", Format.JSON),
        (FIREFOX, Format.JSON),
        (HTTR, Format.JSON),
        ("nonsense", Format.JSON),
        ("text/csv;q=high", Format.JSON),
        ("application/json", Format.JSON),
        ("application/x-ndjson", Format.NDJSON),
        ("Application/X-NDJSON; charset=utf-8", Format.NDJSON),
        ("text/csv", Format.CSV),
        ("text/csv, */*", Format.CSV),
        ("text/*", Format.JSON),
        ("text/tab-separated-values", Format.TSV),
        ("application/vnd.apache.parquet", Format.PARQUET),
        ("application/*", Format.JSON),
        ("application/json;q=0.2, text/csv;q=0.4, text/tab-separated-values;q=0.3", Format.CSV),
        ("application/json, text/csv;q=0.9", Format.JSON),
        ("*/*;q=0.1, application/json;q=0", Format.JSON),
        ("text/csv;q=0, text/*", Format.JSON),
        ("text/html, application/x-ndjson;q=0.001", Format.NDJSON),
    ],
)
def test_the_format_is_the_one_the_client_likes_best(accept, expected):
    assert wanted_format(accept) is expected


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml, image/*", "*/*;q=0", "text/csv;q=0"]
)
def test_a_client_that_names_none_of_them_gets_json_as_everybody_did_once(accept):
    assert wanted_format(accept) is Format.JSON

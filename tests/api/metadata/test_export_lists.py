"""Lists as files, in the format that ``Accept`` names."""

import csv
import io
import json
from typing import Any

import pytest
from bson import Regex
from pyarrow import parquet

LIST = "/nmdcschema/study_set"
FORMATS = {
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/vnd.apache.parquet": "parquet",
}
COUNT = 1_234  # more than two batches


@pytest.fixture
def studies(database) -> list[dict[str, Any]]:
    documents = [
        {
            "id": f"nmdc:sty-11-{n:04}",
            "type": "nmdc:Study",
            "name": f'"study", {n}',
            "funding_sources": [f"{n}"],
        }
        for n in range(COUNT)
    ]
    database["study_set"].insert_many(dict(each) for each in reversed(documents))
    return documents


def read(answer) -> list[dict[str, Any]]:
    """Return the rows of a file, without what is not there."""
    assert answer.status_code == 200, answer.text
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    if kind == "application/vnd.apache.parquet":
        rows = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    else:
        dialect = {"delimiter": "\t" if "tab" in kind else ","}
        rows = list(csv.DictReader(io.StringIO(answer.text, newline=""), **dialect))
    present = [{name: text for name, text in row.items() if text} for row in rows]
    return [
        {**row, "funding_sources": json.loads(row["funding_sources"])}
        if "funding_sources" in row
        else row
        for row in present
    ]


@pytest.mark.parametrize("accept", FORMATS)
def test_a_file_has_the_whole_list(hub, studies, accept):
    answer = hub.get(LIST, headers={"Accept": accept})
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="study_set.{FORMATS[accept]}"'
    )
    assert "Accept" in answer.headers["vary"]
    assert read(answer) == studies

    sent = {
        "filter": '{"id": {"$gte": "nmdc:sty-11-1200"}}',
        "projection": "name",
        "max_page_size": 7,
    }
    some = hub.get(LIST, params=sent, headers={"Accept": accept})
    expected = [{"id": each["id"], "name": each["name"]} for each in studies[1200:1207]]
    assert read(some) == expected

    body = {"sort": {"name": -1}, "projection": {"funding_sources": 0}}
    found = hub.post(f"{LIST}:search", json=body, headers={"Accept": accept})
    ordered = sorted(studies, key=lambda each: each["name"], reverse=True)
    without = [{k: v for k, v in each.items() if k != "funding_sources"} for each in ordered]
    assert read(found) == without


def test_a_file_begins_where_a_token_leads(hub, studies):
    token = hub.get(LIST).json()["next_page_token"]
    answer = hub.get(LIST, params={"page_token": token}, headers={"Accept": "application/x-ndjson"})
    assert read(answer) == studies[20:]
    body = {"sort": {"name": 1}, "max_page_size": 1000}
    first = hub.post(f"{LIST}:search", json=body).json()
    rest = hub.post(
        f"{LIST}:search",
        json={"page_token": first["next_page_token"]},
        headers={"Accept": "application/x-ndjson"},
    )
    assert first["resources"] + read(rest) == sorted(studies, key=lambda each: each["name"])


def test_a_file_of_nothing_has_its_columns_only(hub, database):
    assert hub.get(LIST, headers={"Accept": "application/x-ndjson"}).content == b""
    assert hub.get(LIST, headers={"Accept": "text/csv"}).text.startswith("id,type,")
    assert read(hub.get(LIST, headers={"Accept": "application/vnd.apache.parquet"})) == []


def test_rows_without_an_id_are_exported(hub, database):
    row = {"count": 3, "type": "nmdc:FunctionalAnnotationAggMember"}
    database["functional_annotation_agg"].insert_many(dict(row) for _ in range(3))
    path = "/nmdcschema/functional_annotation_agg"
    answer = hub.get(path, headers={"Accept": "text/csv"})
    assert answer.text.splitlines()[:2] == [
        "type,count,gene_function_id,was_generated_by,_other",
        "nmdc:FunctionalAnnotationAggMember,3,,,",
    ]
    named = hub.get(path, params={"projection": "count"}, headers={"Accept": "text/csv"})
    assert named.text.split() == ["count", "3", "3", "3"]


def test_an_answer_is_json_unless_another_format_is_liked_better(hub, studies):
    usual = "text/html,application/xml;q=0.9,*/*;q=0.8"
    for accept in ("*/*", usual, "", "application/json", "text/html"):
        answer = hub.get(LIST, headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.json()["resources"]) == 20


@pytest.mark.parametrize("accept", FORMATS)
def test_what_is_wrong_with_a_query_is_said_before_a_file_begins(hub, studies, accept):
    for sent in ({"filter": '{"a": {"$in": 1}}'}, {"projection": "$a"}, {"filter": "x"}):
        answer = hub.get(LIST, params=sent, headers={"Accept": accept})
        assert answer.status_code == 422, sent
    unknown = hub.get("/nmdcschema/no_such_set", headers={"Accept": accept})
    assert unknown.status_code == 400


@pytest.mark.parametrize("accept", [*FORMATS, "application/json"])
def test_a_failure_on_the_way_breaks_the_answer_off(hub, studies, database, accept):
    database["study_set"].insert_one({"id": "nmdc:sty-11-9999", "name": Regex("no JSON")})
    messages = asgi(hub, f"{LIST}?max_page_size=0", accept)
    assert messages[0]["status"] == 200
    assert all(each.get("more_body", True) for each in messages)


def asgi(hub, target: str, accept: str) -> list[dict[str, Any]]:
    """Return the messages of an answer, straight from the application, until it fails."""
    sent: list[dict[str, Any]] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"accept", accept.encode())],
            "server": ("testserver", 80),
        }
        with pytest.raises(Exception, match="Regex"):
            await hub.app(scope, receive, send)

    hub.portal.call(ask)
    return sent

"""``POST /nmdcschema/{collection_name}:search``: filter, sort and projection in the body."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bson import ObjectId

LIST = "/nmdcschema/study_set"
SEARCH = f"{LIST}:search"
COUNT = 30


@pytest.fixture
def studies(hub, database) -> list[dict[str, Any]]:
    """30 studies with three values, some of them missing, in an attribute to sort by."""
    documents = [
        {"id": f"nmdc:sty-11-{n:03}", **({"rank": [n % 3, "x", None][n % 3]} if n % 4 else {})}
        for n in range(COUNT)
    ]
    database["study_set"].insert_many(dict(documents[(n * 7) % COUNT]) for n in range(COUNT))
    return documents


def pages(hub, body: dict[str, Any], *, resend: bool) -> Iterator[list[Any]]:
    token: dict[str, str] = {}
    while True:
        answer = hub.post(SEARCH, json=token if token and not resend else body | token)
        assert answer.status_code == 200, answer.text
        yield answer.json()["resources"]
        if "next_page_token" not in answer.json():
            return
        token = {"page_token": answer.json()["next_page_token"]}


def test_a_search_for_nothing_in_particular_is_the_list(hub, studies):
    for sent in ({}, {"json": {}}, {"json": {"filter": None, "sort": None, "projection": ""}}):
        answer = hub.post(SEARCH, **sent)
        assert answer.json()["resources"] == studies[:20]
    untyped = hub.post(SEARCH, content=b'{"max_page_size": 0, "unknown": 1}')  # no Content-Type
    assert untyped.json() == {"resources": studies}


def test_any_sort_gives_every_document_once_and_in_the_same_order_as_at_once(hub, studies):
    for sort in ({"rank": 1}, {"rank": -1, "id": -1}, {"id": -1}, {"id": 1}, {"absent": 1}):
        (at_once,) = pages(hub, {"sort": sort, "max_page_size": 0}, resend=True)
        assert sorted(each["id"] for each in at_once) == [each["id"] for each in studies]
        for size, resend in ((1, False), (7, True), (COUNT, True)):
            walked = list(pages(hub, {"sort": sort, "max_page_size": size}, resend=resend))
            assert [each for page in walked for each in page] == at_once, (sort, size)
            assert all(len(page) == size for page in walked[:-1])


def test_the_rest_of_a_walk_can_be_had_at_once(hub, studies):
    body = {"sort": {"rank": -1}, "filter": {"rank": {"$exists": True}}, "projection": ["rank"]}
    (at_once,) = pages(hub, {**body, "max_page_size": 0}, resend=True)
    first = hub.post(SEARCH, json={**body, "max_page_size": 5}).json()
    rest = hub.post(SEARCH, json={"page_token": first["next_page_token"], "max_page_size": 0})
    assert first["resources"] + rest.json()["resources"] == at_once
    assert at_once[0].keys() == {"id", "rank"}


def test_a_token_is_bound_to_the_search(hub, studies):
    body = {"sort": {"rank": 1}, "filter": {"id": {"$ne": "x"}}, "max_page_size": 3}
    token = hub.post(SEARCH, json=body).json()["next_page_token"]
    for changed, named in (
        ({"sort": {"rank": -1}}, "`sort`"),
        ({"sort": {"id": 1}}, "`sort`"),
        ({"filter": {}}, "`filter`"),
        ({"projection": ["rank"]}, "`projection`"),
    ):
        answer = hub.post(SEARCH, json={**body, **changed, "page_token": token})
        assert answer.status_code == 400, changed
        assert f"another {named}" in answer.json()["detail"]
    assert hub.get(LIST, params={"page_token": token}).status_code == 400
    other = hub.post("/nmdcschema/biosample_set:search", json={"page_token": token})
    assert other.status_code == 400
    assert hub.post(SEARCH, json={"page_token": "FAKETOKEN"}).status_code == 400


def test_fifty_thousand_values_in_one_filter_work(hub, studies):
    ids = [f"nmdc:absent-{n:06}" for n in range(50_000)] + [each["id"] for each in studies]
    body = {"filter": {"id": {"$in": ids}}, "max_page_size": 20}
    first = hub.post(SEARCH, json=body).json()
    assert first["resources"] == studies[:20]
    again = hub.post(SEARCH, json={**body, "page_token": first["next_page_token"]})
    assert again.json() == {"resources": studies[20:]}
    alone = hub.post(SEARCH, json={"page_token": first["next_page_token"]})
    assert alone.status_code == 400
    assert "send it again" in alone.json()["detail"]


def test_extended_json_is_understood_in_the_filter(hub, studies, database):
    key = ObjectId()
    database["study_set"].insert_one({"_id": key, "id": "nmdc:sty-11-x"})
    answer = hub.post(SEARCH, json={"filter": {"_id": {"$oid": str(key)}}})
    assert answer.json() == {"resources": [{"id": "nmdc:sty-11-x"}]}


def test_documents_without_an_id_are_searched_too(hub, database):
    rows = [{"count": n % 3, "gene_function_id": f"KEGG.ORTHOLOGY:K{n}"} for n in range(9)]
    database["functional_annotation_agg"].insert_many(dict(row) for row in rows)
    path = "/nmdcschema/functional_annotation_agg:search"
    body: dict[str, Any] = {"sort": {"count": -1}, "max_page_size": 4}
    walked = []
    while True:
        answer = hub.post(path, json=body).json()
        walked += answer["resources"]
        if "next_page_token" not in answer:
            break
        body["page_token"] = answer["next_page_token"]
    assert walked == sorted(rows, key=lambda row: -row["count"])


def test_a_search_that_cannot_be_is_422_and_says_why(hub, studies):
    for body, said in (
        ({"filter": {"$where": "1"}}, "operator `$where`"),
        ({"filter": {"name": {"$regex": "("}}}, "MongoDB refuses"),
        ({"filter": {"_id": {"$oid": "x"}}}, "bad `$oid`"),
        ({"filter": "{}"}, "dictionary"),
        ({"filter": {"a": 2**70}}, "value MongoDB cannot take"),
        ({"sort": {"name": 2}}, "-1"),
        ({"sort": {"name": {"$meta": "x"}}}, "-1"),
        ({"sort": {"$name": 1}}, "MongoDB refuses"),
        ({"sort": {"": 1}}, "MongoDB refuses"),
        ({"sort": {"a..b": -1}}, "MongoDB refuses"),
        ({"sort": {"a\0": 1}}, "nothing can have"),
        ({"sort": {f"a{n}": 1 for n in range(32)}}, "at most 31"),
        ({"projection": {"a": {"$function": 1}}}, "must have 1 or 0"),
        ({"projection": ["$a"]}, "MongoDB refuses"),
        ({"max_page_size": "many"}, "integer"),
        ([], "dictionary"),
    ):
        for size in ({}, {"max_page_size": 0}):
            sent = {**size, **body} if isinstance(body, dict) else body
            answer = hub.post(SEARCH, content=json.dumps(sent))
            assert answer.status_code == 422, (sent, answer.text)
            assert said in json.dumps(answer.json()["detail"]), (sent, answer.text)


def test_a_search_of_a_collection_that_the_schema_lacks_is_400(hub, database):
    database["users"].insert_one({"id": "x"})
    answer = hub.post("/nmdcschema/users:search", json={})
    assert answer.status_code == 400
    assert "biosample_set, calibration_set" in answer.json()["detail"]

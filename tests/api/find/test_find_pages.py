"""Finding by page number: ``/studies`` and its like."""

from datetime import datetime

from bson import Decimal128, ObjectId

FAMILY = {
    "/studies": "study_set",
    "/biosamples": "biosample_set",
    "/data_objects": "data_object_set",
}


def find(hub, path: str = "/studies", **parameters):
    answer = hub.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer) -> list[str]:
    return [each["id"] for each in answer["results"]]


def test_a_page_tells_what_was_asked_and_what_there_is(hub, studies):
    answer = find(hub)
    assert answer["meta"].pop("db_response_time_ms") >= 0
    assert answer == {
        "meta": {
            "mongo_filter_dict": {},
            "mongo_sort_list": None,
            "count": 30,
            "page": 1,
            "per_page": 25,
        },
        "results": studies[:25],
        "group_by": [],
    }
    asked = find(hub, filter="type:nmdc:Study", sort="size:desc", fields="size", per_page=2, page=3)
    assert asked["meta"] | {"db_response_time_ms": 0} == {
        "mongo_filter_dict": {"type": "nmdc:Study"},
        "mongo_sort_list": [["size", -1]],
        "count": 30,
        "db_response_time_ms": 0,
        "page": 3,
        "per_page": 2,
        "fields": "size",
    }
    assert asked["results"] == [{"id": f"nmdc:sty-11-0{n}", "size": n} for n in (25, 24)]


def test_pages_go_on_beyond_ten_thousand_and_past_the_end_they_are_empty(hub, studies):
    assert ids(find(hub, per_page=7, page=5)) == [each["id"] for each in studies[28:]]
    for page in (7, 501, 10**15):
        answer = find(hub, per_page=2000, page=page)
        assert (answer["results"], answer["meta"]["count"]) == ([], 30)


def test_every_document_is_on_one_page_whatever_it_is_sorted_by(hub, studies):
    for sort in ("", "name", "name:desc,size", "notes", "notes.x:desc", "id:desc"):
        seen = [
            id for page in range(1, 8) for id in ids(find(hub, sort=sort, per_page=5, page=page))
        ]
        assert sorted(seen) == [each["id"] for each in studies], sort


def test_the_filter_language(hub, studies):
    def sizes(text: str) -> list[int]:
        answer = find(hub, filter=text, sort="size")
        assert answer["meta"]["count"] == len(answer["results"])
        return [each["size"] for each in answer["results"]]

    assert sizes("size:<=2") == [0, 1, 2]
    assert sizes("size:>3,size:<=5") == [4, 5]
    assert sizes("size:>=28") == [28, 29]
    assert sizes("size:7") == [7]
    assert sizes("name.search:^name 1$,size:<10") == [1, 9]
    assert sizes("notes:10") == [9, 19, 29]
    assert sizes("notes:true,size:<10") == [3]
    assert sizes("name:null,size:<10") == [0, 5]
    assert sizes("id:nmdc:sty-11-004 , size:4") == [4]
    assert sizes("id:nmdc:sty-11-004,id:nmdc:sty-11-005") == [5]


def test_fields_may_be_paths_and_overlap_and_the_id_comes_along(hub, studies):
    for fields in ("notes.x,notes", "notes,notes.x", "notes", "notes,,", '["notes"]', "id,notes"):
        answer = find(hub, fields=fields, per_page=6)
        assert answer["results"][5] == {"id": "nmdc:sty-11-005", "notes": {"x": 1}}, fields
    assert find(hub, fields="notes.x", per_page=6)["results"][5]["notes"] == {"x": 1}
    assert find(hub, fields="")["results"][0] == studies[0]


def test_values_that_json_lacks_are_written_all_the_same(hub, database):
    database["study_set"].insert_one(
        {
            "id": "nmdc:sty-11-a",
            "key": ObjectId("0" * 24),
            "at": datetime(2026, 1, 2),  # noqa: DTZ001 (MongoDB keeps UTC)
            "exact": Decimal128("1.5"),
            "odd": float("nan"),
        }
    )
    expected = {
        "id": "nmdc:sty-11-a",
        "key": "0" * 24,
        "at": "2026-01-02T00:00:00",
        "exact": "1.5",
        "odd": None,
    }
    assert find(hub, filter="odd:<nan")["meta"]["mongo_filter_dict"] == {"odd": {"$lt": None}}
    assert find(hub)["results"] == [expected]
    assert hub.get("/studies/nmdc:sty-11-a").json() == expected


def test_what_clients_send_is_accepted(hub, studies):
    for path in FAMILY:
        for query in (
            "filter=&fields=&sort=&search=&group_by=",
            "sort_by=name&associated_studies=x&include_superseded=True&include_failed=no",
            "&filter=type:nmdc:Study",
            "filter=type%3Anmdc%3AStudy&per_page=100",
        ):
            assert hub.get(f"{path}?{query}").status_code == 200, query
        slash = hub.get(f"{path}/?per_page=1", follow_redirects=False)
        assert slash.status_code == 200
        assert slash.json()["meta"]["per_page"] == 1


REFUSALS = [
    ({"page": 2, "cursor": "*"}, 422, None),
    ({"per_page": 0}, 422, None),
    ({"per_page": 2001}, 422, None),
    ({"per_page": ""}, 422, None),
    ({"page": ""}, 422, None),
    ({"page": "one"}, 422, None),
    # The checks stand in their published order: each of these could be refused for what follows.
    ({"group_by": "x", "search": "y"}, 418, "`group_by` is not offered"),
    ({"search": "x", "filter": "y"}, 418, "filter=<attribute>.search:"),
    ({"filter": "x", "sort": "a:b"}, 400, "attribute:spec[,attribute:spec]*"),
    ({"filter": "a:b,"}, 400, "attribute:spec[,attribute:spec]*"),
    ({"filter": "$where:sleep(1000)"}, 400, "no part of it may begin with '$'"),
    ({"filter": "a.$expr:1"}, 400, "no part of it may begin with '$'"),
    ({"filter": "a\0:1"}, 400, "null character"),
    ({"filter": "a.search:" + "(a" * 3000}, 400, "longer than 4096"),
    ({"filter": "name.search:("}, 422, "MongoDB refuses the query: Regular expression"),
    ({"filter": "name.search:a\0"}, 422, "MongoDB refuses the query"),
    ({"sort": "name:up", "page": 0}, 400, ["sort must be of form"]),
    ({"sort": "name,"}, 400, ["sort must be of form"]),
    ({"sort": "$name"}, 400, ["no part of it may begin with '$'"]),
    ({"sort": "a..b"}, 400, ["a part of it is empty"]),
    ({"sort": ",".join(f"a{n}" for n in range(40))}, 400, ["at most 30"]),
    ({"fields": "$name"}, 422, "MongoDB refuses the query"),
    ({"fields": "a..b"}, 422, "MongoDB refuses the query"),
    ({"page": 0}, 400, "Bad cursor value"),
    ({"page": -1}, 400, "pages are counted from 1"),
    ({"page": 10**30}, 400, "pages are counted from 1"),
]


def test_a_query_that_cannot_be_is_refused_with_its_reason(hub, studies, database):
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a"})
    for path in (*FAMILY, "/planned_processes"):
        for parameters, status, said in REFUSALS:
            answer = hub.get(path, params=parameters)
            assert answer.status_code == status, (path, parameters, answer.text)
            detail = answer.json()["detail"]
            if isinstance(said, list):
                assert len(detail) == 1
                assert said[0] in detail[0], parameters
            elif said is not None:
                assert said in detail, parameters


def test_a_page_and_a_cursor_at_once_are_one_error_about_the_query(hub):
    answer = hub.get("/biosamples", params={"page": 1, "cursor": ""})
    (error,) = answer.json()["detail"]
    assert answer.status_code == 422
    assert (error["type"], error["loc"]) == ("value_error", ["query"])
    assert "cursor- and page-based pagination" in error["msg"]


def test_one_document_is_answered_whole_with_a_version_and_an_unknown_id_is_404(hub, studies):
    for quoted in ("nmdc:sty-11-004", "nmdc%3Asty-11-004"):
        found = hub.get(f"/studies/{quoted}?filter=x&include_failed=true")
        assert found.json() == studies[4]
    same = hub.get("/studies/nmdc:sty-11-004", headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304
    for path in (*FAMILY, "/planned_processes"):
        missing = hub.get(f"{path}/nmdc:sty-11-none")
        assert (missing.status_code, missing.json()["detail"]) == (404, "Not found"), path


def test_superseded_data_objects_are_left_out_where_it_is_asked(hub, database):
    database["data_object_set"].insert_many(
        [{"id": "nmdc:dobj-11-a"}, {"id": "nmdc:dobj-11-b", "superseded_by": "nmdc:wfmgan-11-x.1"}]
    )
    assert find(hub, "/data_objects")["meta"]["count"] == 2
    some = find(hub, "/data_objects", include_superseded="False")
    assert (ids(some), some["meta"]["count"]) == (["nmdc:dobj-11-a"], 1)

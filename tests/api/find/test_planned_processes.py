"""``/planned_processes``: several collections as one ordered stream."""

from typing import Any

import pytest

COLLECTIONS = (
    "collecting_biosamples_from_site_set",
    "data_generation_set",
    "material_processing_set",
    "storage_process_set",
    "workflow_execution_set",
)
#: Values that MongoDB orders across types, lists by their least or greatest element.
ODD: list[Any] = ["b", 2, None, ["c", "a"], [], {"x": [1]}, True, 2.5, "B", [[1]], "absent"]


@pytest.fixture
def processes(database) -> list[dict[str, Any]]:
    """33 processes in five collections, by turns."""
    documents: list[dict[str, Any]] = []
    for number in range(33):
        odd = ODD[number % len(ODD)]
        document = {
            "id": f"nmdc:p-11-{(number * 10) % 33:02}",
            "type": "nmdc:SomeProcess" if number % 2 else "nmdc:OtherProcess",
            "name": f"name {number % 3}",
            **({} if odd == "absent" else {"odd": odd}),
            **({"qc_status": "fail"} if number % 8 == 0 else {}),
        }
        database[COLLECTIONS[number % 5]].insert_one(dict(document))
        documents.append(document)
    return sorted(documents, key=lambda each: str(each["id"]))


def step(hub, **parameters):
    answer = hub.get("/planned_processes", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_cursor(hub, **parameters):
    found, cursor = [], "*"
    while cursor:
        page = step(hub, cursor=cursor, **parameters)
        assert page["meta"]["page"] is None
        found += page["results"]
        cursor = page["meta"]["next_cursor"]
    return found


def by_number(hub, *, per_page: int, **parameters):
    found, number = [], 1
    while results := step(hub, page=number, per_page=per_page, **parameters)["results"]:
        assert len(results) <= per_page
        found += results
        number += 1
    return found


def test_the_collections_are_one_stream_in_the_order_of_ids(hub, processes):
    page = step(hub, per_page=4, page=2, fields="name")
    assert page["meta"].pop("db_response_time_ms") >= 0
    assert page["meta"] == {"mongo_filter_dict": {}, "count": 33, "page": 2, "per_page": 4}
    expected = [{"id": each["id"], "name": each["name"]} for each in processes[4:8]]
    assert page["results"] == expected
    assert page["group_by"] == []
    assert by_number(hub, per_page=7) == processes


def test_a_walk_is_the_same_by_number_and_by_cursor_under_any_sort(hub, processes):
    for sort in ("", "id:desc", "name", "name:desc,odd", "odd", "odd:desc", "odd.x:desc"):
        walked = by_cursor(hub, sort=sort, per_page=7)
        assert sorted(walked, key=lambda each: each["id"]) == processes, sort
        assert by_number(hub, sort=sort, per_page=12) == walked
    assert by_cursor(hub, sort="odd", per_page=1) == by_cursor(hub, sort="odd", per_page=33)


def test_the_order_over_all_collections_is_mongodbs_own(hub, processes, database):
    database["all"].insert_many(dict(each) for each in processes)
    for sort in ("odd", "odd:desc", "name,odd:desc"):
        keys = [(k, -1 if d else 1) for k, _, d in (p.partition(":") for p in sort.split(","))]
        expected = [each["id"] for each in database["all"].find().sort([*keys, ("id", 1)])]
        assert [each["id"] for each in by_cursor(hub, sort=sort, per_page=5)] == expected
    database.drop_collection("all")


def test_a_filter_counts_over_all_collections_and_failures_can_be_left_out(hub, processes):
    some = step(hub, filter="type:nmdc:SomeProcess,name:name 1", per_page=3)
    expected = [
        each
        for each in processes
        if each["type"] == "nmdc:SomeProcess" and each["name"] == "name 1"
    ]
    assert (some["results"], some["meta"]["count"]) == (expected[:3], len(expected))
    good = step(hub, include_failed="false", per_page=100)
    assert good["results"] == [each for each in processes if "qc_status" not in each]
    assert good["meta"]["count"] == 28


def test_nothing_at_all_is_an_empty_page(hub):
    assert step(hub)["results"] == []
    assert step(hub)["meta"]["count"] == 0
    walked = step(hub, cursor="*")
    assert (walked["results"], walked["meta"]["next_cursor"]) == ([], None)


def test_a_process_is_found_by_its_id_and_a_study_is_none(hub, processes, database):
    database["data_generation_set"].insert_one({"id": "nmdc:omprc-11-a", "type": "nmdc:X"})
    database["study_set"].insert_one({"id": "nmdc:sty-11-a", "type": "nmdc:Study"})
    for document in (processes[0], {"id": "nmdc:omprc-11-a", "type": "nmdc:X"}):
        answer = hub.get(f"/planned_processes/{document['id']}")
        assert (answer.status_code, answer.json()) == (200, document)
        assert answer.headers["etag"]
    assert hub.get("/planned_processes/nmdc:sty-11-a").status_code == 404


def test_what_cannot_be_is_refused(hub, processes):
    for sent, status in (
        ({"cursor": "nmdc:sys06k47"}, 400),
        ({"cursor": ""}, 400),
        ({"sort": "name", "filter": "name.search:("}, 422),
        ({"fields": "$a"}, 422),
        ({"sort": ".".join("a" * 300)}, 422),
    ):
        assert hub.get("/planned_processes", params=sent).status_code == status, sent

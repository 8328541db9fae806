"""`POST /queries:run`: find, count and collStats, and who may read what."""

from datetime import UTC, datetime

import pytest
from bson import ObjectId

from tests.api.queries.conftest import OPERATIONAL
from tests.support.documents import a_study
from tests.support.people import a_user, allow


def ids_of(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["cursor"]["batch"]]


def walk(run, command) -> list[list[dict]]:
    """Return all batches, the empty last one included."""
    answer = run(command)
    batches = []
    while True:
        assert answer.status_code == 200, answer.text
        cursor = answer.json()["cursor"]
        batches.append(cursor["batch"])
        if cursor["id"] is None:
            return batches
        answer = run({"getMore": cursor["id"]})


def test_find_works_for_users_and_site_clients_with_object_ids_as_extended_json(
    run, six_studies, as_site, database
):
    database["study_set"].update_one(
        {"id": six_studies[0]}, {"$set": {"x": datetime(2026, 1, 2, tzinfo=UTC), "n": float("nan")}}
    )
    for headers in (None, as_site):
        body = run({"find": "study_set", "filter": {"id": six_studies[0]}}, headers).json()
        (document,) = body["cursor"]["batch"]
        assert body["ok"] == 1
        assert body["cursor"] == {"batch": [document], "firstBatch": [document], "id": None}
        assert ObjectId.is_valid(document["_id"]["$oid"])
        assert document["x"] == {"$date": "2026-01-02T00:00:00Z"}
        assert document["n"] == {"$numberDouble": "NaN"}
    by_key = {"find": "study_set", "filter": {"_id": document["_id"]}, "comment": "by key"}
    assert ids_of(run(by_key)) == [six_studies[0]]


def test_a_full_batch_says_there_may_be_more_and_a_shorter_one_that_there_is_not(run, six_studies):
    assert [len(each) for each in walk(run, {"find": "study_set", "filter": {"id": "x"}})] == [0]
    for size, lengths in ((10, [6]), (6, [6, 0]), (5, [5, 1]), (3, [3, 3, 0]), (2, [2, 2, 2, 0])):
        batches = walk(run, {"find": "study_set", "batchSize": size})
        assert [len(each) for each in batches] == lengths
        assert [each["id"] for batch in batches for each in batch] == six_studies


def test_a_walk_keeps_sort_projection_and_limit(run, six_studies):
    by_name = walk(run, {"find": "study_set", "sort": {"name": 1}, "batchSize": 4})
    assert [each["name"] for batch in by_name for each in batch] == list("abcdef")

    downwards = {"find": "study_set", "sort": {"_id": -1}, "projection": {"_id": 0, "id": 1}}
    batches = walk(run, {**downwards, "batchSize": 4})
    assert [each for batch in batches for each in batch] == [
        {"id": each} for each in reversed(six_studies)
    ]

    limited = walk(run, {"find": "study_set", "sort": {"type": 1}, "limit": 5, "batchSize": 2})
    assert [len(each) for each in limited] == [2, 2, 1]
    exact = walk(run, {"find": "study_set", "limit": 4, "batchSize": 2})
    assert [len(each) for each in exact] == [2, 2], "of a limit, the end is known"
    assert len(walk(run, {"find": "study_set", "limit": 0})[0]) == 6


def test_a_continuation_is_its_callers_own_and_good_again_and_again(
    run, six_studies, hub, as_admin, as_site
):
    first = run({"find": "study_set", "sort": {"name": -1}, "batchSize": 4}).json()["cursor"]
    assert first["id"].startswith("nmdc:sys0")
    again = [run({"getMore": first["id"], "batchSize": 1}).json() for _ in range(2)]
    assert again[0] == again[1]
    assert [each["name"] for each in again[0]["cursor"]["batch"]] == ["b", "a"]
    assert "firstBatch" not in again[0]["cursor"]

    other = a_user(hub, as_admin, "other")
    forged = first["id"][:-4] + ("AAAA" if not first["id"].endswith("AAAA") else "BBBB")
    for headers, id_ in (
        (other, first["id"]),
        (as_site, first["id"]),
        (None, forged),
        (None, ""),
        (None, "\ud800"),
    ):
        answer = run({"getMore": id_}, headers)
        assert answer.status_code == 400
        assert answer.json()["code"] == "continuation_unknown"


def test_count_and_coll_stats_answer_as_published(run, six_studies):
    assert run({"count": "study_set"}).json() == {"ok": 1, "n": 6}
    some = {"count": "study_set", "query": {"name": {"$in": ["a", "b"]}}, "find": "study_set"}
    assert run(some).json() == {"ok": 1, "n": 2}, "the member with most fields is meant"
    stats = run({"collStats": "study_set", "scale": 1024}).json()
    assert stats["ok"] == 1
    assert stats["ns"].endswith(".study_set")
    assert (stats["count"], stats["scaleFactor"]) == (6, 1024)
    assert '"count":6.0' in run({"collStats": "study_set"}).text
    assert set(stats) == {
        *("ok", "ns", "size", "count", "avgObjSize", "storageSize"),
        *("totalIndexSize", "totalSize", "scaleFactor"),
    }
    assert run({"find": "organism_set"}).json()["cursor"]["batch"] == []
    assert run({"count": "organism_set"}).json()["n"] == 0
    assert run({"collStats": "organism_set"}).json()["count"] == 0


def test_only_the_schemas_collections_and_the_graph_are_open_and_some_by_permission(
    run, hub, as_admin, database
):
    database["alldocs"].insert_one({"id": "nmdc:sty-11-a"})
    database["operations"].insert_one({"id": "nmdc:sys0op"})
    plain = a_user(hub, as_admin, "plain")
    holder = a_user(hub, as_admin, "holder")
    allow(hub, as_admin, "holder", OPERATIONAL)
    secret = (
        *("users", "sites", "invalidated_tokens", "_runtime.api.allow", "minter.id_records"),
        *("_runtime.query_results", "system.profile", "ids_nmdc_sys0", "fs.files", "page_tokens"),
        *("no_such_thing", "", "study_set\0", "$cmd"),
    )
    for headers in (plain, holder, as_admin):
        for name in secret:
            for verb in ("find", "count", "collStats"):
                answer = run({verb: name}, headers)
                assert answer.status_code == 403, (verb, name)
                assert answer.json()["missing_permission"] == OPERATIONAL
        assert ids_of(run({"find": "alldocs"}, headers)) == ["nmdc:sty-11-a"]
    assert run({"find": "operations"}, plain).status_code == 403
    assert ids_of(run({"find": "operations"}, holder)) == ["nmdc:sys0op"]


def test_superseded_and_failed_records_are_left_out_on_request_also_from_later_batches(
    run, hub, database
):
    database["workflow_execution_set"].insert_many(
        [
            {"id": f"nmdc:wfnom-11-{number}.1", "type": "nmdc:NomAnalysis", **more}
            for number, more in enumerate(
                [{}, {"superseded_by": "x"}, {"qc_status": "fail"}, {"qc_status": "pass"}, {}]
            )
        ]
    )
    command = {"find": "workflow_execution_set", "batchSize": 1}
    assert len(walk(run, command)) == 6
    answer = run(command, include_superseded="False", include_failed="false")
    found = []
    while (cursor := answer.json()["cursor"])["batch"]:
        found += ids_of(answer)
        answer = run({"getMore": cursor["id"]})
    assert found == [f"nmdc:wfnom-11-{number}.1" for number in (0, 3, 4)]
    assert len(ids_of(run({**command, "batchSize": 9}, include_failed="False"))) == 4


@pytest.mark.parametrize(
    "command",
    [
        {"find": "study_set", "filter": {"$where": "sleep(1000)"}},
        {"find": "study_set", "filter": {"$expr": {"$function": {"body": "", "args": []}}}},
        {"find": "study_set", "filter": {"name": {"$regex": "("}}},
        {"find": "study_set", "filter": {"name": {"$regex": "a" * 5000}}},
        {"find": "study_set", "filter": {"name": {"$foo": 1}}},
        {"find": "study_set", "filter": {"_id": {"$oid": "short"}}},
        {"find": "study_set", "filter": {"depth": 10**30}},
        {"find": "study_set", "projection": {"a": 1, "a.b": 1}},
        {"find": "study_set", "projection": {"a": 1, "b": 0}},
        {"find": "study_set", "projection": {"": 1}},
        {"find": "study_set", "sort": {"a..b": 1}},
        {"find": "study_set", "sort": {"$a": 1}},
        {"find": "study_set", "sort": {"": 1}},
        {"find": "study_set", "sort": {"half \ud800": 1}},
        {"find": "study_set", "projection": {"a\0": 1}},
        {"find": "study_set", "sort": {f"a{number}": 1 for number in range(40)}},
        {"find": "study_set", "filter": {"$expr": {}, "id": 1}, "projection": {"a.$": 1}},
        {"count": "study_set", "query": {"$foo": 1}},
        {"collStats": "study_set", "scale": 0},
        {"collStats": "study_set", "scale": 10**20},
        {"find": "study_set", "batchSize": 0},
        {"find": "study_set", "limit": -1},
        {"find": 1},
        {},
        [],
        "find",
    ],
    ids=lambda command: str(command)[:60],
)
def test_a_mistake_of_the_clients_is_a_422_with_a_reason(run, six_studies, command):
    answer = run(command)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert "clusterTime" not in answer.text


def test_huge_sizes_and_an_operator_beside_a_regex_are_taken_as_they_are_meant(run, six_studies):
    huge = {"find": "study_set", "batchSize": 10**30, "limit": 10**30}
    assert len(ids_of(run(huge))) == 6
    both = {"find": "study_set", "filter": {"name": {"$regex": "^[ab]", "$ne": "a"}}}
    assert [each["name"] for each in run(both).json()["cursor"]["batch"]] == ["b"]


def test_a_batch_ends_at_about_16_megabytes_and_goes_on(run, hub, database):
    text = "x" * 1_000_000
    database["study_set"].insert_many(
        [a_study(f"big{number:03}", description=text) for number in range(40)]
    )
    for command in (
        {"find": "study_set", "batchSize": 1000, "projection": {"id": 1, "description": 1}},
        {"aggregate": "study_set", "pipeline": [], "cursor": {"batchSize": 1000}},
    ):
        answer = run(command)
        found = []
        for _ in range(20):
            cursor = answer.json()["cursor"]
            found += [each["id"] for each in cursor["batch"]]
            assert len(cursor["batch"]) * len(text) < 120_000_000
            if cursor["id"] is None:
                break
            answer = run({"getMore": cursor["id"]})
        assert found == [f"nmdc:sty-11-big{number:03}" for number in range(40)]

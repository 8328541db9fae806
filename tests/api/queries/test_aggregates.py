"""`POST /queries:run`: aggregations, what they may read, and how their rows are paged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nmdc_runtime.queries.store import CONTINUATIONS, RESULTS
from tests.api.queries.conftest import AGGREGATES, OPERATIONAL
from tests.api.queries.test_reads import walk
from tests.support.documents import a_study, biosamples
from tests.support.people import a_user, allow


def pipeline_of(*stages, size=None, collection="study_set"):
    command = {"aggregate": collection, "pipeline": list(stages)}
    return command if size is None else {**command, "cursor": {"batchSize": size}}


def test_an_aggregation_takes_its_permission_and_so_does_going_on(
    *, run, six_studies, hub, as_admin, as_site, database
):
    plain = a_user(hub, as_admin, "plain")
    for headers in (plain, as_site):
        answer = run(pipeline_of(), headers)
        assert answer.status_code == 403
        assert "aggregate" in answer.json()["detail"]
        assert answer.json()["missing_permission"] == AGGREGATES
    assert run({"aggregate": "study_set"}, plain).status_code == 422, "malformed comes first"
    allow(hub, as_admin, "plain", AGGREGATES)
    allow(hub, as_admin, "own-client", AGGREGATES)
    assert len(run(pipeline_of(), as_site).json()["cursor"]["batch"]) == 6

    cursor = run(pipeline_of(size=2), plain).json()["cursor"]
    assert cursor["batch"] == cursor["firstBatch"]
    assert run({"getMore": cursor["id"]}, as_site).status_code == 400, "it is not theirs"
    assert len(run({"getMore": cursor["id"]}, plain).json()["cursor"]["batch"]) == 2
    database["_runtime.api.allow"].delete_one({"username": "plain", "action": AGGREGATES})
    assert run({"getMore": cursor["id"]}, plain).status_code == 403


def test_rows_are_paged_as_published_and_in_the_order_of_the_pipeline(run, six_studies):
    assert [len(b) for b in walk(run, pipeline_of({"$match": {"id": "x"}}, size=10))] == [0]
    for size, lengths in ((10, [6]), (6, [6, 0]), (5, [5, 1]), (3, [3, 3, 0]), (2, [2, 2, 2, 0])):
        batches = walk(run, pipeline_of({"$sort": {"name": -1}}, size=size))
        assert [len(each) for each in batches] == lengths
        assert [each["name"] for batch in batches for each in batch] == list("fedcba")
    assert [len(each) for each in walk(run, pipeline_of(size=0))] == [0, 6]
    null = {**pipeline_of(), "cursor": None}
    assert [len(each) for each in walk(run, null)] == [6]


def test_rows_that_share_an_id_and_ids_of_mixed_types_come_once_each(run, hub, database):
    database["study_set"].insert_many(
        [a_study(f"s{number}", alternative_names=list("abc")) for number in range(10)]
    )
    unwound = walk(run, pipeline_of({"$unwind": "$alternative_names"}, size=4))
    assert [len(each) for each in unwound] == [4] * 7 + [2]
    pairs = [(each["id"], each["alternative_names"]) for batch in unwound for each in batch]
    assert len(set(pairs)) == 30

    mixed = [{"$set": {"x": {"$cond": [{"$eq": ["$id", "nmdc:sty-11-s0"]}, None, "$id"]}}}]
    groups = walk(run, pipeline_of(*mixed, {"$group": {"_id": "$x"}}, size=1))
    assert len({str(each["_id"]) for batch in groups for each in batch}) == 10

    database["biosample_set"].insert_many(biosamples(10, study_id="nmdc:sty-11-s0"))
    joined = pipeline_of(
        {
            "$lookup": {
                "from": "study_set",
                "localField": "associated_studies",
                "foreignField": "id",
                "as": "study",
            }
        },
        {"$unwind": "$study"},
        size=5,
        collection="biosample_set",
    )
    batches = walk(run, joined)
    assert [len(each) for each in batches] == [5, 5, 0]
    assert len({each["id"] for batch in batches for each in batch}) == 10


def test_rows_without_id_end_with_their_first_batch_as_published(run, six_studies):
    answer = run(pipeline_of({"$project": {"_id": 0, "id": 1}}, size=5)).json()
    assert len(answer["cursor"]["batch"]) == 5
    assert answer["cursor"]["id"] is None


def test_what_is_kept_is_bounded_ends_by_itself_and_leaves_no_cursor_open(
    *, run, hub, database, mongo_client, use_runner
):
    database["study_set"].insert_many(
        [a_study(f"s{n}", description="x" * 9000) for n in range(300)]
    )
    command = pipeline_of({"$sort": {"id": 1}}, size=7)
    cursor = run(command).json()["cursor"]
    assert database[RESULTS].count_documents({}) == 3
    idle = [{"$currentOp": {"idleCursors": True}}, {"$match": {"ns": f"{database.name}.study_set"}}]
    assert list(mongo_client.admin.aggregate(idle)) == []
    for _ in range(2):
        assert len(run({"getMore": cursor["id"]}).json()["cursor"]["batch"]) == 7
    whole = [each["id"] for batch in walk(run, command) for each in batch]
    assert whole == sorted(f"nmdc:sty-11-s{n}" for n in range(300))

    runner = hub.app.state.reads.queries
    later = runner.aggregations.clock() + timedelta(minutes=50)
    kept = replace(runner.aggregations, clock=lambda: later)
    kept.find(database[CONTINUATIONS].find_one()["_id"])
    assert database[RESULTS].count_documents({"last_modified": later}) == 3, "it is in use"
    database[CONTINUATIONS].update_many({}, {"$set": {"last_modified": later - timedelta(hours=2)}})
    assert run({"getMore": cursor["id"]}).status_code == 400
    database[CONTINUATIONS].delete_many({})
    assert run({"getMore": cursor["id"]}).json()["code"] == "continuation_unknown"

    database[RESULTS].delete_many({})
    small = replace(runner, aggregations=replace(runner.aggregations, most_bytes=2_000_000))
    use_runner(small)
    answer = run(command)
    assert (answer.status_code, answer.json()["code"]) == (422, "result_too_large")
    assert database[RESULTS].count_documents({}) == 0
    assert run(pipeline_of(size=300)).status_code == 200


def test_no_stage_reads_what_the_caller_may_not(run, six_studies, hub, as_admin, database):
    database["operations"].insert_one({"id": "nmdc:sys0op"})
    holder = a_user(hub, as_admin, "holder")
    allow(hub, as_admin, "holder", AGGREGATES)

    def lookup(name):
        return {"$lookup": {"from": name, "pipeline": [], "as": "x"}}

    ways = [
        lookup,
        lambda name: {"$unionWith": name},
        lambda name: {"$unionWith": {"coll": name, "pipeline": []}},
        lambda name: {"$unionWith": {"coll": "study_set", "pipeline": [lookup(name)]}},
        lambda name: {"$facet": {"a": [lookup(name)]}},
        lambda name: {
            "$lookup": {"from": "study_set", "pipeline": [{"$unionWith": name}], "as": "x"}
        },
        lambda name: {
            "$graphLookup": {
                "from": name,
                "startWith": "$id",
                "connectFromField": "a",
                "connectToField": "b",
                "as": "x",
            }
        },
    ]
    for way in ways:
        for name in ("users", "_runtime.api.allow", "operations"):
            answer = run(pipeline_of(way(name)), holder)
            assert answer.status_code == 403, way(name)
        assert run(pipeline_of(way("biosample_set")), holder).status_code == 200
    allow(hub, as_admin, "holder", OPERATIONAL)
    assert run(pipeline_of(lookup("operations")), holder).status_code == 200
    assert run(pipeline_of(lookup("users")), holder).status_code == 403
    assert run(pipeline_of(collection="users"), holder).status_code == 403


@pytest.mark.parametrize(
    "stage",
    [
        {"$out": "study_set"},
        {"$merge": {"into": "study_set"}},
        {"$unionWith": {"coll": "study_set", "pipeline": [{"$out": "x"}]}},
        {"$facet": {"a": [{"$merge": "x"}]}},
        {"$currentOp": {}},
        {"$listSessions": {}},
        {"$listLocalSessions": {}},
        {"$collStats": {"storageStats": {}}},
        {"$indexStats": {}},
        {"$planCacheStats": {}},
        {"$changeStream": {}},
        {"$match": {"$where": "1"}},
        {"$match": {"$expr": {"$function": {"body": "", "args": [], "lang": "js"}}}},
        {"$set": {"x": {"$function": {"body": "", "args": [], "lang": "js"}}}},
        {"$group": {"_id": 1, "x": {"$accumulator": {}}}},
        {"$set": {"x": {"$regexMatch": {"input": "$id", "regex": "a" * 5000}}}},
        {"$set": {"x": {"$noSuchThing": 1}}},
        {"$set": {"x": {"$divide": [1, 0]}}},
        {"$set": {"x": {"$toInt": "a"}}},
        {"$lookup": {"from": {"db": "admin", "coll": "system.users"}, "as": "x", "pipeline": []}},
        {"$limit": -1},
        {"$limit": 1, "$skip": 1},
        {},
        {"$geoNear": {"query": "x"}},
        {"$set": {"x": {"$range": [0, 3_000_000]}}},
    ],
    ids=lambda stage: str(stage)[:60],
)
def test_a_stage_that_is_not_on_the_list_is_a_422_with_a_reason(run, six_studies, stage):
    answer = run(pipeline_of(stage))
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_dates_that_python_has_no_name_for_are_answered(run, six_studies):
    far = {"$set": {"x": {"$toDate": {"$toLong": 10**15}}}}
    answer = run(pipeline_of(far, {"$limit": 1}))
    assert answer.json()["cursor"]["batch"][0]["x"]["$date"]["$numberLong"]


def test_a_pipeline_that_takes_too_long_ends_with_a_422(run, hub, database, use_runner):
    database["study_set"].insert_many([a_study(f"s{n}") for n in range(300)])
    runner = hub.app.state.reads.queries
    impatient = replace(runner, aggregations=replace(runner.aggregations, time_limit_ms=20))
    use_runner(impatient)
    crossed = {"$lookup": {"from": "study_set", "pipeline": [], "as": "x"}}
    answer = run(
        pipeline_of(crossed, {"$unwind": "$x"}, crossed, {"$unwind": "$x"}, {"$count": "n"})
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "query_too_expensive")

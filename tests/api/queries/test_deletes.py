"""`POST /queries:run`: delete commands, their checks, and what is kept."""

from dataclasses import replace

import orjson
import pytest

from nmdc_runtime.queries.documents import CommandTargets
from nmdc_runtime.queries.reads import QueryReads
from tests.api.queries.conftest import WRITES
from tests.support.documents import a_study, biosamples
from tests.support.people import a_user, allow

MISSING = {"type": "missing", "msg": "Field required"}


@pytest.fixture
def images(database, settings):
    """Return the database of what was deleted, empty."""
    found = database.client[settings.queries.deleted_database]
    for name in found.list_collection_names():
        found[name].delete_many({})
    return found


def delete(collection, *queries, limit=0):
    return {"delete": collection, "deletes": [{"q": q, "limit": limit} for q in queries]}


def test_a_body_that_is_no_command_gets_the_published_list_and_a_short_one(run):
    body = {"delete": "biosample_set", "deletes": [{"filter": {"id": "x"}}]}
    answer = run(body)

    def missing(member, *place, input_=body):
        return {**MISSING, "loc": ["body", member, *place], "input": input_}

    with_cursor = body | {"cursor": {"batchSize": 25}}
    statement = body["deletes"][0]
    assert answer.status_code == 422
    assert answer.json()["detail"] == [
        missing("FindCommand", "find"),
        missing("AggregateCommand", "aggregate", input_=with_cursor),
        missing("AggregateCommand", "pipeline", input_=with_cursor),
        missing("GetMoreCommand", "getMore"),
        missing("CollStatsCommand", "collStats"),
        missing("CountCommand", "count"),
        missing("DeleteCommand", "deletes", 0, "q", input_=statement),
        missing("DeleteCommand", "deletes", 0, "limit", input_=statement),
        missing("UpdateCommand", "update"),
        missing("UpdateCommand", "updates"),
    ]
    assert answer.json()["command_errors"] == [
        {**MISSING, "loc": ["body", "deletes", 0, key]} for key in ("q", "limit")
    ]
    assert len(run({"x": 1}).json()["command_errors"]) == 1


def test_deleting_takes_the_permission_of_a_user_or_of_a_site_client(
    *, run, six_studies, hub, as_admin, as_site, database
):
    plain = a_user(hub, as_admin, "plain")
    for number, headers in enumerate((plain, as_site)):
        command = delete("study_set", {"id": six_studies[number]}, limit=1)
        answer = run(command, headers)
        assert answer.status_code == 403
        assert "update and delete" in answer.json()["detail"]
        assert answer.json()["missing_permission"] == WRITES
    assert run({"delete": "study_set"}, plain).status_code == 422
    assert run(command, {}).status_code == 401
    assert database["study_set"].count_documents({}) == 6
    for number, (name, headers) in enumerate((("plain", plain), ("own-client", as_site))):
        allow(hub, as_admin, name, WRITES)
        answer = run(delete("study_set", {"id": six_studies[number]}, limit=1), headers)
        assert answer.json() == {"ok": 1, "n": 1}


def test_what_was_deleted_is_kept_and_who_did_it_is_on_record(
    *, run, six_studies, database, images, hub, as_admin
):
    stored = {each["id"]: each for each in database["study_set"].find()}
    key = stored[six_studies[0]]["_id"]
    command = delete("study_set", {"_id": {"$oid": str(key)}}, {"name": {"$in": ["d", "a"]}})
    answer = hub.post(
        "/queries:run", content=orjson.dumps(command), headers=as_admin | {"X-Request-ID": "here"}
    )
    assert answer.json() == {"ok": 1, "n": 2}, "no content type is needed"

    kept = {each["doc"]["id"]: each for each in images["study_set"].find()}
    assert {id_: each["doc"] for id_, each in kept.items()} == {
        id_: stored[id_] for id_ in six_studies[:2]
    }
    assert all((each["by"], each["request_id"]) == ("admin", "here") for each in kept.values())
    assert all("deleted_at" in each for each in kept.values())
    (record,) = database["_runtime.audit"].find({"request_id": "here"})
    assert record["action"] == "delete_by_query"
    assert record["targets"] == [f"study_set/{each}" for each in sorted(six_studies[:2])]
    assert str(key) in record["details"]["command"]
    assert database["txn_log"].count_documents({"type": "delete", "op_id": "here"}) == 2


def test_deleting_nothing_is_418_with_the_published_list(run, six_studies, database, images):
    answer = run(delete("study_set", {"id": "nmdc:sty-11-absent"}))
    assert answer.status_code == 418
    (told,) = answer.json()["detail"]
    assert "delete command modified zero documents" in told
    assert images["study_set"].count_documents({}) == 0
    assert database["_runtime.audit"].count_documents({"action": "delete_by_query"}) == 0


@pytest.mark.parametrize(
    "command",
    [
        delete("users", {}),
        delete("alldocs", {}),
        delete("biosample_set", {}),
        delete("study_set"),
        delete("study_set", {"$where": "1"}),
        delete("study_set", {"id": {"$foo": 1}}),
        delete("study_set", {"_id": {"$oid": "x"}}),
        {"delete": "study_set", "deletes": [{"q": {}, "limit": 2}]},
        {"delete": "study_set", "deletes": [{"q": {}, "limit": 1, "hint": {"nothing": 1}}]},
    ],
    ids=lambda command: str(command)[:80],
)
def test_a_delete_that_cannot_be_run_is_a_422(run, six_studies, database, command):
    answer = run(command)
    assert answer.status_code == 422, answer.text
    assert database["study_set"].count_documents({}) == 6


def test_a_study_that_others_refer_to_is_kept_until_they_are_gone(run, database, hub):
    parent, child = a_study("parent"), a_study("child", part_of=["nmdc:sty-11-parent"])
    database["study_set"].insert_many([parent, child])
    samples = biosamples(2, study_id=parent["id"])
    database["biosample_set"].insert_many(samples)

    answer = run(delete("study_set", {"id": parent["id"]}))
    assert answer.status_code == 422
    for word in (parent["id"], "study_set", samples[0]["id"], "biosample_set", "delete"):
        assert word in answer.json()["detail"]
    assert run(delete("biosample_set", {"associated_studies": parent["id"]})).json()["n"] == 2
    one = run(delete("study_set", {}, limit=1))
    assert one.status_code == 422, "the child matches too, but would stay"
    assert database["study_set"].count_documents({}) == 2
    assert run(delete("study_set", {}, {"id": parent["id"]})).json() == {"ok": 1, "n": 2}


def test_broken_references_can_be_allowed_and_are_told(run, database, hub):
    database["study_set"].insert_many(
        [a_study("parent"), a_study("child", part_of=["nmdc:sty-11-parent"])]
    )
    answer = run(delete("study_set", {"id": "nmdc:sty-11-parent"}), allow_broken_refs="True")
    assert answer.json()["n"] == 1
    assert "nmdc:sty-11-child" in answer.json()["warnings"][0]


def test_limits_count_each_statement_after_the_one_before(run, six_studies, database):
    command = delete("study_set", {"type": "nmdc:Study"}, {"type": "nmdc:Study"}, limit=1)
    assert run(command).json()["n"] == 2
    assert [each["id"] for each in database["study_set"].find()] == six_studies[2:]


def test_documents_without_type_or_id_can_be_deleted(run, database, hub, images):
    database["study_set"].insert_many([{"id": "nmdc:sty-11-odd"}, a_study("other")])
    database["functional_annotation_agg"].insert_many([{"count": n} for n in range(3)])
    assert run(delete("study_set", {"id": "nmdc:sty-11-odd"})).json()["n"] == 1
    assert run(delete("functional_annotation_agg", {"count": {"$lt": 2}})).json()["n"] == 2
    assert images["functional_annotation_agg"].count_documents({}) == 2

    database["study_set"].insert_many(
        [{"id": "nmdc:sty-11-typeless"}, a_study("child", part_of=["nmdc:sty-11-typeless"])]
    )
    assert run(delete("study_set", {"id": "nmdc:sty-11-typeless"})).status_code == 422


def test_commands_that_take_too_long_end_with_a_422(run, six_studies, hub, use_runner):
    numbers = {
        "$map": {
            "input": {"$range": [0, {"$add": [2_000_000, {"$strLenCP": "$id"}]}]},
            "in": {"$sqrt": "$$this"},
        }
    }
    slow = {"$expr": {"$gt": [{"$sum": numbers}, -1]}}
    reads = hub.app.state.reads
    runner = reads.queries
    service = runner.service
    impatient = replace(
        runner,
        reads=QueryReads(reads.database, time_limit_ms=50),
        service=replace(
            service, targets=CommandTargets(hub.app.state.services.database, time_limit_ms=50)
        ),
    )
    use_runner(impatient)
    change = {"q": slow, "u": {"$set": {"name": "x"}}}
    for command in (
        {"find": "study_set", "filter": slow},
        {"find": "study_set", "filter": slow, "sort": {"name": 1}},
        {"count": "study_set", "query": slow},
        delete("study_set", slow),
        {"update": "study_set", "updates": [change]},
    ):
        answer = run(command)
        assert (answer.status_code, answer.json()["code"]) == (422, "query_too_expensive")


def test_more_documents_than_one_transaction_takes_are_refused(
    *, run, six_studies, hub, database, use_runner
):
    reads = hub.app.state.reads
    few = replace(reads.queries, service=replace(reads.queries.service, most_documents=5))
    use_runner(few)
    change = {"q": {}, "u": {"$set": {"description": "x"}}, "multi": True}
    for command in (delete("study_set", {}), {"update": "study_set", "updates": [change]}):
        answer = run(command)
        assert (answer.status_code, answer.json()["limit"]) == (413, 5)
    assert database["study_set"].count_documents({"description": {"$exists": False}}) == 6

"""What ``/nmdcschema`` tells of collections, typecodes and ids, and versions of answers."""

from urllib.parse import quote

import pytest
from bson import ObjectId

STATS = {"size", "count", "storageSize", "totalIndexSize", "totalSize", "scaleFactor"}


def test_typecodes_are_those_of_new_ids(hub):
    rows = hub.get("/nmdcschema/typecodes").json()
    assert len(rows) == 38
    assert rows == sorted(rows, key=lambda row: row["schema_class"])
    assert {
        "id": "nmdc:Biosample_typecode",
        "schema_class": "nmdc:Biosample",
        "name": "bsm",
    } in rows
    assert {row["name"] for row in rows if row["schema_class"] == "nmdc:NucleotideSequencing"} == {
        "dgns"
    }


def test_sizes_are_told_of_the_schemas_collections_that_exist(hub, database):
    database["users"].insert_one({"id": "x"})
    database["study_set"].insert_many({"id": f"nmdc:sty-11-{n}", "name": "x"} for n in range(3))
    rows = hub.get("/nmdcschema/collection_stats").json()
    names = [row["ns"] for row in rows]
    assert names == sorted(names)
    assert f"{database.name}.users" not in names
    by_name = {row["ns"].removeprefix(f"{database.name}."): row["storageStats"] for row in rows}
    assert by_name["study_set"].keys() == {*STATS, "avgObjSize"}
    assert by_name["study_set"]["count"] == 3
    assert by_name["study_set"]["avgObjSize"] == by_name["study_set"]["size"] // 3
    assert by_name["biosample_set"].keys() == STATS  # empty: no average


def test_the_sizes_are_found_by_one_query(hub, database):
    database.command({"profile": 2})
    hub.get("/nmdcschema/collection_stats")
    database.command({"profile": 0})
    of_stats = {"command.pipeline.0.$collStats": {"$exists": True}}
    assert database["system.profile"].count_documents(of_stats) == 1


def test_the_collection_of_a_document_is_told_for_every_typecode_of_its_class(hub, database):
    for collection, document_id in (
        ("study_set", "nmdc:sty-1-foobar"),
        ("data_generation_set", "nmdc:omprc-11-old"),  # new ids do not get this typecode
        ("workflow_execution_set", "nmdc:wfnom-11-x.1"),
    ):
        database[collection].insert_one({"id": document_id})
        for spelled in (document_id, quote(document_id, safe="")):
            answer = hub.get(f"/nmdcschema/ids/{spelled}/collection-name")
            assert answer.status_code == 200, answer.text
            assert answer.json() == {"id": document_id, "collection_name": collection}


def test_each_step_of_looking_for_a_collection_fails_in_its_own_words(hub, database):
    database["study_set"].insert_one({"id": "nmdc:bsm-11-misplaced"})
    for document_id, said in (
        ("sty-1-foobar", "typecode portion"),
        ("nmdc:-11-x", "typecode portion"),
        ("nmdc:foo-11-x", "any schema classes"),
        ("nmdc:sty-1-absent", "belongs to no document"),
        ("nmdc:bsm-11-misplaced", "belongs to no document"),
    ):
        answer = hub.get(f"/nmdcschema/ids/{document_id}/collection-name")
        assert answer.status_code == 404, document_id
        assert said in answer.json()["detail"]
        assert document_id in answer.json()["detail"]


def test_a_client_that_has_an_answer_is_not_sent_it_again(hub, database):
    key = ObjectId()
    database["study_set"].insert_one({"_id": key, "id": "nmdc:sty-11-a", "name": "one"})
    for path in (
        "version",
        "typecodes",
        "collection_names",
        "ids/nmdc:sty-11-a",
        "study_set/nmdc:sty-11-a",
        "study_set/nmdc:sty-11-a?projection=name",
    ):
        first = hub.get(f"/nmdcschema/{path}")
        assert first.headers["cache-control"] == "no-cache"
        again = hub.get(f"/nmdcschema/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        # What was compressed has other bytes, and so a weak version.
        assert again.headers["etag"] == first.headers["etag"].removeprefix("W/")
    database["study_set"].update_one({"_id": key}, {"$set": {"name": "two"}})
    changed = hub.get(f"/nmdcschema/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()) == (200, {"name": "two"})


def test_a_list_has_no_version_as_its_token_would_expire_in_a_cache(hub):
    assert "etag" not in hub.get("/nmdcschema/study_set").headers


@pytest.mark.parametrize("path", ["typecodes", "collection_stats", "collection_names", "version"])
def test_facts_are_no_collections(hub, path):
    assert hub.get(f"/nmdcschema/{path}").status_code == 200
    assert hub.get(f"/nmdcschema/{path}/x").status_code == 400

"""Single documents and facts of the schema under ``/nmdcschema``."""

from datetime import UTC, datetime

import pytest
from bson import Decimal128, ObjectId

STUDY = {
    "id": "nmdc:sty-11-a",
    "type": "nmdc:Study",
    "name": "a study",
    "part_of": {"x": 1, "y": 2},
}


@pytest.fixture
def study(hub, database):
    database["study_set"].insert_one(dict(STUDY))
    return STUDY


def test_the_version_is_a_json_string(hub):
    answer = hub.get("/nmdcschema/version")
    assert answer.text == '"11.21.0"'


def test_the_collection_names_are_a_sorted_list(hub):
    names = hub.get("/nmdcschema/collection_names").json()
    assert len(names) == 19
    assert names == sorted(names)
    assert {"study_set", "functional_annotation_agg"} <= set(names)


def test_a_document_is_found_in_its_collection_and_anywhere_without_its_objectid(hub, study):
    for path in ("study_set/nmdc:sty-11-a", "study_set/nmdc%3Asty-11-a", "ids/nmdc%3Asty-11-a"):
        answer = hub.get(f"/nmdcschema/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == study


def test_an_id_of_any_form_is_found_whichever_collection_holds_it(hub, database):
    for collection, document_id in (
        ("workflow_execution_set", "nmdc:wfnom-11-x.1"),
        ("data_generation_set", "nmdc:omprc-11-old"),  # a typecode that new ids do not get
        ("data_generation_set", "nmdc:bsm-11-misplaced"),  # in another collection than it tells
        ("study_set", "gold:Gs0114663"),
        ("biosample_set", "emsl:8c4a"),
        ("data_object_set", "nmdc:22e3"),
        ("organism_set", "NCBITaxon:562"),
        ("storage_process_set", "x"),
    ):
        document = {"id": document_id, "name": document_id}
        database[collection].insert_one(dict(document))
        assert hub.get(f"/nmdcschema/ids/{document_id}").json() == document


def test_a_document_that_is_not_there_is_404(hub, study):
    for path in (
        "ids/nmdc:sty-11-absent",
        "ids/nonsense",
        "study_set/nmdc:sty-11-absent",
        "biosample_set/nmdc:sty-11-a",
        "functional_annotation_agg/nmdc:sty-11-a",
    ):
        answer = hub.get(f"/nmdcschema/{path}")
        assert answer.status_code == 404, path
        assert answer.json()["detail"] == "Not found"


def test_a_document_of_a_collection_that_the_schema_lacks_is_400(hub, database):
    database["users"].insert_one({"id": "x", "username": "x"})
    answer = hub.get("/nmdcschema/users/x")
    assert answer.status_code == 400
    assert "biosample_set, calibration_set" in answer.json()["detail"]


def test_a_projection_of_one_document_names_all_that_comes(hub, study):
    for projection, expected in (
        ("", STUDY),
        ("name", {"name": "a study"}),
        ("id, name", {"id": "nmdc:sty-11-a", "name": "a study"}),
        ('["name"]', {"name": "a study"}),
        ('{"part_of": 0, "type": 0}', {"id": "nmdc:sty-11-a", "name": "a study"}),
        ("part_of.x", {"part_of": {"x": 1}}),
        ("_id", {}),
        ("absent", {}),
    ):
        answer = hub.get("/nmdcschema/study_set/nmdc:sty-11-a", params={"projection": projection})
        assert answer.status_code == 200
        assert answer.json() == expected, projection


def test_a_projection_that_mongodb_refuses_is_422_with_its_message(hub, study):
    for projection in ("part_of,part_of.x", "part_of.", "$name", "a..b"):
        answer = hub.get("/nmdcschema/study_set/nmdc:sty-11-a", params={"projection": projection})
        assert answer.status_code == 422, projection
        assert answer.json()["detail"].startswith("MongoDB refuses the query: ")


def test_values_that_json_lacks_come_as_text_or_null(hub, database):
    database["study_set"].insert_one(
        {
            "id": "nmdc:sty-11-v",
            "inner": {"_id": ObjectId("65f0a1b2c3d4e5f6a7b8c9d0")},
            "number": float("nan"),
            "large": 2**53 + 1,
            "exact": Decimal128("1.10"),
            "date": datetime(2026, 11, 23, 1, 2, 3, 400_000, tzinfo=UTC),
        }
    )
    expected = {
        "id": "nmdc:sty-11-v",
        "inner": {"_id": "65f0a1b2c3d4e5f6a7b8c9d0"},
        "number": None,
        "large": 2**53 + 1,
        "exact": "1.10",
        "date": "2026-11-23T01:02:03.400000",
    }
    assert hub.get("/nmdcschema/ids/nmdc:sty-11-v").json() == expected
    assert hub.get("/nmdcschema/study_set").json() == {"resources": [expected]}


def test_an_unknown_parameter_is_ignored(hub, study):
    answer = hub.get(
        "/nmdcschema/study_set/nmdc:sty-11-a", params={"max_page_size": "x", "filter": "{"}
    )
    assert answer.json() == study


def test_looking_up_an_id_takes_index_look_ups_only(hub, study, database):
    database.command({"profile": 2})
    hub.get("/nmdcschema/ids/nmdc:sty-11-a")
    hub.get("/nmdcschema/ids/nonsense")
    database.command({"profile": 0})
    of_ids = {"ns": {"$regex": "_set$"}, "op": {"$in": ["query", "command"]}}
    queries = list(database["system.profile"].find(of_ids))
    assert len(queries) == 2  # one for the study; one for all collections together
    for query in queries:
        assert "COLLSCAN" not in query["planSummary"]
        assert query.get("docsExamined", 0) <= 1

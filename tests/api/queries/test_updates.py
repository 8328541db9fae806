"""`POST /queries:run`: update commands, their checks, and what is kept."""

import pytest

from tests.support.documents import a_study, biosamples

A, B = "nmdc:sty-11-aa0001", "nmdc:sty-11-bb0001"


@pytest.fixture
def images(database, settings):
    """Return the database of what was updated, empty."""
    found = database.client[settings.queries.updated_database]
    for name in found.list_collection_names():
        found[name].delete_many({})
    return found


@pytest.fixture
def studies(hub, database):
    """Store study A, study B that is part of it, and a biosample of A."""
    database["study_set"].insert_many([a_study("aa0001"), a_study("bb0001", part_of=[A])])
    (sample,) = biosamples(1, study_id=A)
    database["biosample_set"].insert_one(sample)
    return database["study_set"]


def update(u, *, q=None, collection="study_set", **more):
    q = {"id": A} if q is None else q
    return {"update": collection, "updates": [{"q": q, "u": u, **more}]}


def setting(**fields):
    return {"$set": fields}


def test_an_update_notes_its_date_and_keeps_what_was_there(run, studies, database, images):
    provenance = {"add_date": "2020-01-01T00:00:00Z", "type": "nmdc:ProvenanceMetadata"}
    studies.update_one({"id": A}, {"$set": {"provenance_metadata": provenance}})
    before = studies.find_one({"id": A})
    changes = setting(description="new", **{"provenance_metadata.mod_date": "1999-01-01T00:00:00Z"})

    answer = run(update(changes, limit=1))

    assert answer.json() == {"ok": 1, "n": 1, "nModified": 1}, "unknown keys are ignored"
    after = studies.find_one({"id": A})
    assert after["description"] == "new"
    assert after["provenance_metadata"]["add_date"] == "2020-01-01T00:00:00Z"
    assert after["provenance_metadata"]["mod_date"] > "2026"
    (image,) = images["study_set"].find()
    assert image["doc"] == before
    assert image["by"] == "admin"
    assert "updated_at" in image
    (record,) = database["_runtime.audit"].find({"action": "update_by_query"})
    assert record["targets"] == [f"study_set/{A}"]
    assert record["details"]["nModified"] == 1
    assert database["txn_log"].find_one({"tgt.id": A})["type"] == "update"

    whole = setting(provenance_metadata={**provenance, "source_system_of_record": "custom"})
    assert run(update(whole)).status_code == 200
    assert studies.find_one({"id": A})["provenance_metadata"]["mod_date"] > "2026"
    assert run(update({"$unset": {"provenance_metadata": 1}})).status_code == 200
    assert "mod_date" in studies.find_one({"id": A})["provenance_metadata"]


def test_an_update_that_changes_nothing_is_200_and_one_that_finds_nothing_418(
    run, studies, database
):
    same = update(setting(type="nmdc:Biosample"), q={}, collection="biosample_set", multi=True)
    first, second = run(same), run(same)
    assert first.json()["n"] == second.json()["n"] == 1
    database["instrument_set"].insert_one(
        {"id": "nmdc:inst-14-a", "type": "nmdc:Instrument", "name": "a"}
    )
    idle = update(setting(name="a"), q={"name": "a"}, collection="instrument_set")
    assert run(idle).json() == {"ok": 1, "n": 1, "nModified": 0}

    answer = run(update(setting(name="x"), q={"id": "nmdc:sty-11-absent"}))
    assert answer.status_code == 418
    (told,) = answer.json()["detail"]
    assert "update command modified zero documents" in told


def test_a_statement_that_mongodb_refuses_gives_its_own_words(run, studies, images):
    absent = {"id": "nmdc:sty-11-absent"}
    answer = run(update({"$unset": "notes"}, q=absent))
    assert answer.status_code == 422
    (told,) = answer.json()["detail"]
    assert (told["index"], told["code"]) == (0, 9)
    assert told["errmsg"].startswith("Modifiers operate on fields but we found")
    assert set(told) == {"index", "code", "errmsg"}

    both = {
        "update": "study_set",
        "updates": [
            {"q": {"id": A}, "u": setting(description="applied?")},
            {"q": {"id": B}, "u": {"$push": {"name": "x"}}},
        ],
    }
    answer = run(both)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["index"] == 1
    assert "description" not in studies.find_one({"id": A}), "all or nothing"
    assert images["study_set"].count_documents({}) == 0
    taken = run(update(setting(id=B)))
    assert (taken.status_code, taken.json()["detail"][0]["code"]) == (422, 11000)


@pytest.mark.parametrize(
    "command",
    [
        update({"id": A, "name": "replaced"}),
        update({}),
        update(setting(**{"associated_studies.0": 5}), q={}, collection="biosample_set"),
        update(setting(name=5)),
        update(setting(unknown_slot="x")),
        update(setting(type="nmdc:Biosample")),
        update({"$unset": {"type": ""}}),
        update(setting(name={"$date": "2026-01-01T00:00:00Z"})),
        update({"$foo": {"a": 1}}),
        update({"$pull": {"part_of": {"$where": "1"}}}),
        update(setting(_id=5)),
        update(setting(x=10**30)),
        update(setting(), q={"$where": "1"}),
        update(setting(name="x"), collection="users"),
        update(setting(name="x"), collection="organism_set"),
        update(setting(name="x"), hint={"nothing": 1}),
        {"update": "study_set", "updates": []},
        update(setting(description="only"), q={"id": "nmdc:sty-11-new0001"}, upsert=True),
    ],
    ids=lambda command: str(command)[:90],
)
def test_an_update_that_would_spoil_documents_is_a_422(run, studies, database, images, command):
    before = [list(database[name].find()) for name in ("study_set", "biosample_set")]
    answer = run(command)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert [list(database[name].find()) for name in ("study_set", "biosample_set")] == before
    assert images["study_set"].count_documents({}) == 0


def test_what_would_be_invalid_is_explained(run, studies):
    answer = run(update(setting(name=5))).json()
    assert answer["detail"].startswith("The documents would be invalid after the update")
    assert answer["errors"][0]["id"] == A
    assert "_id" not in str(answer["errors"])


def test_an_upsert_inserts_a_valid_document_and_tells_its_key(run, studies, database):
    new = a_study("new0001")
    del new["id"]
    answer = run(update(setting(**new), q={"id": "nmdc:sty-11-new0001"}, upsert=True)).json()
    stored = studies.find_one({"id": "nmdc:sty-11-new0001"})
    assert answer["upserted"] == [{"index": 0, "_id": {"$oid": str(stored["_id"])}}]
    assert (answer["n"], answer["nModified"]) == (1, 0)
    assert stored["provenance_metadata"]["add_date"] == stored["provenance_metadata"]["mod_date"]


def test_references_to_what_is_not_there_block_unless_they_are_allowed(run, studies):
    command = update(setting(part_of=["nmdc:sty-11-absent"]), q={"id": B})
    answer = run(command)
    assert answer.status_code == 422
    assert "study_set" in answer.json()["detail"]
    assert B in answer.json()["detail"]
    assert answer.json()["violations"] == [
        f"The document having id='{B}' in the collection 'study_set' contains a reference (in its "
        "'part_of' field, referring to the document having id='nmdc:sty-11-absent') which would "
        "be broken."
    ]
    allowed = run(command, allow_broken_refs=True)
    assert (allowed.status_code, len(allowed.json()["warnings"])) == (200, 1)
    later = run(update(setting(description="unrelated"), q={"id": B}))
    assert later.status_code == 200, "what was broken before does not block"
    assert "nmdc:sty-11-absent" in later.json()["warnings"][0]


def test_a_new_id_takes_its_references_along_or_is_refused(run, studies, database):
    new = "nmdc:sty-11-cc0001"
    assert run(update(setting(name="renamed"))).json() == {"ok": 1, "n": 1, "nModified": 1}
    refused = run(update(setting(id=new))).json()["violations"]
    assert len(refused) == 2
    assert "biosample_set" in refused[0]
    assert f"id='{B}'" in refused[1]
    database["biosample_set"].delete_many({})
    assert len(run(update(setting(id=new))).json()["violations"]) == 1

    own = update(setting(id=new, part_of=["nmdc:sty-11-absent"]))
    own["updates"].append({"q": {"id": B}, "u": setting(part_of=[new])})
    (message,) = run(own).json()["violations"]
    assert message.startswith(f"The document having id='{A}'"), "its old id"

    repaired = update(setting(id=new))
    repaired["updates"].append({"q": {"id": B}, "u": setting(part_of=[new])})
    assert run(repaired).json() == {"ok": 1, "n": 2, "nModified": 2}


def test_a_biosample_keeps_its_name_but_not_that_of_another(run, studies, database):
    (one, two) = biosamples(2, study_id=A)
    database["biosample_set"].delete_many({})
    database["biosample_set"].insert_many([one, two])
    of_one = {"q": {"id": one["id"]}, "collection": "biosample_set"}
    assert run(update(setting(name=one["name"], description="new"), **of_one)).status_code == 200
    assert run(update(setting(name=two["name"]), **of_one)).status_code == 422
    database["biosample_set"].drop_index("name_1_associated_studies_1")
    try:
        answer = run(update(setting(name=two["name"]), **of_one))
    finally:
        database["biosample_set"].create_index(
            [("name", 1), ("associated_studies", 1)], unique=True
        )
    assert "There is already a biosample having name" in answer.json()["detail"]


def test_collections_without_references_ids_or_with_keys_of_any_type_can_be_updated(
    run, hub, database, images
):
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})
    row = {
        "was_generated_by": "nmdc:wfmgan-11-a.1",
        "gene_function_id": "KEGG.ORTHOLOGY:K00001",
        "count": 1,
        "type": "nmdc:FunctionalAnnotationAggMember",
    }
    rows = database["functional_annotation_agg"]
    rows.insert_many([{**row, "_id": {"a": n}} for n in range(3)])
    many = update(setting(count=9), q={}, collection="functional_annotation_agg", multi=True)
    assert run(many).json() == {"ok": 1, "n": 3, "nModified": 3}
    one = update(setting(count=8), q={"_id": {"a": 1}}, collection="functional_annotation_agg")
    one["updates"] *= 2
    assert run(one).json() == {"ok": 1, "n": 2, "nModified": 1}, "two statements, one document"
    assert images["functional_annotation_agg"].count_documents({}) == 4
    assert rows.count_documents({"count": 9}) == 2


def test_a_positional_operator_changes_what_the_query_found(run, studies, database):
    studies.update_one({"id": A}, {"$set": {"alternative_names": ["a", "b"]}})
    command = update(setting(**{"alternative_names.$": "c"}), q={"id": A, "alternative_names": "b"})
    assert run(command).json()["nModified"] == 1
    assert studies.find_one({"id": A})["alternative_names"] == ["a", "c"]


def test_new_ids_are_registered_and_can_no_longer_be_deleted(run, studies, database):
    record = {"id": "nmdc:sty-11-cc0001", "status": "draft", "typecode": {"id": "x"}}
    database["minter.id_records"].insert_one(record)
    database["biosample_set"].delete_many({})
    changed = update(setting(id="nmdc:sty-11-cc0001"))
    changed["updates"].append({"q": {"id": B}, "u": {"$unset": {"part_of": 1}}})
    assert run(changed).status_code == 200
    assert database["minter.id_records"].find_one()["status"] != "draft"

"""``GET /objects``, ``GET /objects/{id}`` and where the bytes are."""

from datetime import UTC, datetime

import pytest

from tests.support.documents import a_study

PORTAL = "https://data.microbiomedata.org/details"
SCHEMA_PAGES = "https://microbiomedata.github.io/nmdc-schema"


def test_an_unknown_object_is_not_found(hub):
    assert hub.get("/objects/gfs0none").json()["detail"] == "Not found"
    assert hub.get("/objects/gfs0none").status_code == 404
    assert hub.get("/objects/gfs0none/access/gfs0none").status_code == 404
    answer = hub.get("/metadata/stored_files/gfs0none")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Metadata stored file gfs0none not found"


@pytest.mark.parametrize("object_id", ["a:b", "a b", "ä"])
def test_an_id_outside_the_drs_grammar_is_malformed(hub, object_id):
    assert hub.get(f"/objects/{object_id}").status_code == 422


def test_an_access_id_that_leads_nowhere_says_why(hub, database):
    database["objects"].insert_many(
        [
            {
                "id": object_id,
                "created_time": datetime(2026, 1, 1, tzinfo=UTC),
                "checksums": [{"type": "sha256", "checksum": object_id}],
                "access_methods": [{"access_id": access_id}],
            }
            for object_id, access_id in (("sys0x", "elsewhere:1"), ("gfs0x", "gfs0x"))
        ]
    )

    answers = [
        hub.get(f"/objects/{path}")
        for path in ("sys0x/access/other", "gfs0x/access/gfs0x", "sys0x/access/elsewhere:1")
    ]

    assert [answer.json()["detail"] for answer in answers] == [
        "access_id not referenced by object",
        "access_id for object not found by gfs0 handler",
        "no site found to handle access_id for object",
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert hub.get("/objects/sys0x").json()["id"] == "sys0x"


def test_the_access_url_of_kept_bytes_leads_to_the_hub(hub, kept):
    assert hub.get(f"/objects/{kept}/access/{kept}").json() == {
        "headers": None,
        "url": f"http://testserver/metadata/stored_files/{kept}",
    }


def test_objects_are_listed_as_they_are_stored(hub, own, kept):
    first = hub.get("/objects", params={"max_page_size": 1}).json()
    second = hub.get(
        "/objects", params={"max_page_size": 1, "page_token": first["next_page_token"]}
    ).json()

    (mine,) = hub.get("/objects", params={"filter": f'{{"id": "{own}"}}'}).json()["resources"]
    assert mine["_mgr_site"] == "nmdc-runtime"
    assert "_id" not in mine
    assert [each["resources"][0]["id"] for each in (first, second)] == sorted([own, kept])
    assert second["next_page_token"] is None


def test_a_list_of_objects_runs_no_code_of_a_client(hub):
    answer = hub.get("/objects", params={"filter": '{"$where": "sleep(1000)"}'})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("object_id", "location"),
    [
        ("nmdc", SCHEMA_PAGES),
        ("sty-11-abc123", f"{PORTAL}/study/nmdc:sty-11-abc123"),
        ("bsm-11-abc123", f"{PORTAL}/sample/nmdc:bsm-11-abc123"),
        ("dobj-11-abc123", "http://testserver/nmdcschema/ids/nmdc:dobj-11-abc123"),
        ("Biosample", f"{SCHEMA_PAGES}/Biosample"),
        ("has_input", f"{SCHEMA_PAGES}/has_input"),
        ("FileTypeEnum", f"{SCHEMA_PAGES}/FileTypeEnum"),
    ],
)
def test_links_to_what_nmdc_knows_lead_to_where_it_is_told(hub, database, object_id, location):
    database["study_set"].insert_one(a_study())
    database["biosample_set"].insert_one({"id": "nmdc:bsm-11-abc123"})
    database["data_object_set"].insert_one({"id": "nmdc:dobj-11-abc123"})

    answer = hub.get(f"/objects/{object_id}", follow_redirects=False)

    assert answer.status_code == 307
    assert answer.headers["Location"] == location


@pytest.mark.parametrize(
    "object_id", ["sty-11-none", "bsm-11-none", "dobj-11-none", "Biosamples", "sys0none"]
)
def test_what_nobody_knows_is_not_found_without_asking_anybody(hub, object_id):
    assert hub.get(f"/objects/{object_id}", follow_redirects=False).status_code == 404


def test_a_stored_object_comes_before_whatever_else_its_id_may_mean(hub, database):
    database["objects"].insert_one({"id": "Biosample", "checksums": [{"type": "md5"}]})

    assert hub.get("/objects/Biosample", follow_redirects=False).status_code == 200

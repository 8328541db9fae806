"""``GET /objects/{id}`` and the bytes behind it."""

from datetime import UTC, datetime

import pytest


def test_an_unknown_object_is_not_found(hub):
    assert hub.get("/objects/gfs0none").status_code == 404
    assert hub.get("/objects/gfs0none/access/gfs0none").status_code == 404
    answer = hub.get("/metadata/stored_files/gfs0none")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Metadata stored file gfs0none not found"


@pytest.mark.parametrize("object_id", ["a:b", "a b", "ä"])
def test_an_id_outside_the_drs_grammar_is_malformed(hub, object_id):
    assert hub.get(f"/objects/{object_id}").status_code == 422


def test_an_access_id_that_the_object_does_not_have_is_not_found(hub, database):
    database["objects"].insert_one(
        {
            "id": "sys0x",
            "self_uri": "drs://testserver/sys0x",
            "created_time": datetime(2026, 1, 1, tzinfo=UTC),
            "checksums": [{"type": "sha256", "checksum": "00"}],
            "access_methods": [{"access_id": "elsewhere:1"}],
        }
    )

    missing = hub.get("/objects/sys0x/access/other")
    foreign = hub.get("/objects/sys0x/access/elsewhere:1")

    assert missing.json()["detail"] == "access_id not referenced by object"
    assert foreign.json()["detail"] == "no site found to handle access_id for object"
    assert {missing.status_code, foreign.status_code} == {404}
    assert hub.get("/objects/sys0x").json()["id"] == "sys0x"

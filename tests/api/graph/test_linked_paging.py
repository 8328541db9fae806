"""Pages of linked instances, as nmdc-client walks them and as others do."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from nmdc_runtime.graph.store import ALLDOCS
from tests.support.graph import put_graph, put_state, store

PATH = "/nmdcschema/linked_instances"
STUDY = "nmdc:sty-11-a"
COUNT = 1_000


@pytest.fixture
def study(database) -> list[str]:
    """A study with a thousand biosamples, of whom the ids come back sorted."""
    samples = [
        {
            "id": f"nmdc:bsm-11-{n:04}",
            "type": "nmdc:Biosample",
            "name": f"sample {n}",
            "associated_studies": [STUDY],
        }
        for n in range(COUNT)
    ]
    documents = [{"id": STUDY, "type": "nmdc:Study"}, *samples]
    database["biosample_set"].insert_many(dict(each) for each in samples)
    store(database, documents[:1])
    put_graph(database, documents)
    return [each["id"] for each in samples]


def walk(hub, first: dict[str, Any], later: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages as a client reads them, who sends other parameters from page 2 on."""
    sent = first
    while True:
        answer = hub.get(PATH, params=sent)
        assert answer.status_code == 200, answer.text
        yield answer.json()["resources"]
        if "next_page_token" not in answer.json():
            return
        sent = later | {"page_token": answer.json()["next_page_token"]}


def test_pages_follow_each_other_whatever_is_sent_with_the_token(hub, study):
    first = {"ids": STUDY, "types": "nmdc:Biosample", "hydrate": "true", "max_page_size": 300}
    for later in (first, {"ids": STUDY, "types": "nmdc:Biosample"}, {}, {"ids": STUDY}):
        pages = list(walk(hub, first, later))
        assert [len(page) for page in pages] == [300, 300, 300, 100]
        assert [each["id"] for page in pages for each in page] == study
        # The page size is remembered, and so is that whole documents were asked for.
        assert all(each["associated_studies"] == [STUDY] for page in pages for each in page)


def test_the_default_page_has_twenty_and_below_one_means_all_without_a_token(hub, study):
    page = hub.get(PATH, params={"ids": STUDY}).json()
    assert [each["id"] for each in page["resources"]] == study[:20]
    token = page["next_page_token"]
    second = hub.get(PATH, params={"page_token": token, "max_page_size": 5}).json()
    assert [each["id"] for each in second["resources"]] == study[20:25]
    for hydrate in (False, True):
        sent = {"ids": STUDY, "max_page_size": 0, "hydrate": hydrate}
        everything = hub.get(PATH, params=sent).json()
        assert everything.keys() == {"resources"}
        assert [each["id"] for each in everything["resources"]] == study
    rest = hub.get(PATH, params={"page_token": token, "max_page_size": -1}).json()
    assert [each["id"] for each in rest["resources"]] == study[20:]


def test_a_token_can_be_used_again_and_survives_a_rebuild(hub, study, database):
    token = hub.get(PATH, params={"ids": STUDY}).json()["next_page_token"]
    answers = [hub.get(PATH, params={"page_token": token}).json() for _ in range(2)]
    assert answers[0]["resources"] == answers[1]["resources"]

    database[ALLDOCS].delete_many({"id": {"$in": study[:25]}})
    database[ALLDOCS].update_one({"id": STUDY}, {"$set": {"name": "touched"}})
    put_state(database, build_id="build-2")
    answer = hub.get(PATH, params={"ids": STUDY, "max_page_size": 1})
    assert answer.headers["NMDC-Graph-Build"] == "build-2"
    assert answer.json()["resources"][0]["id"] == study[25], "a first page is never an old one"
    later = hub.get(PATH, params={"page_token": token, "max_page_size": 10}).json()["resources"]
    assert {each["id"] for each in later} <= set(study[20:35])


def test_many_ids_are_not_remembered_and_must_come_with_their_token(hub, study):
    ids = study[:300]
    sent = {"ids": ids, "max_page_size": 0}
    everything = hub.post(f"{PATH}:search", json=sent).json()
    assert everything == {"resources": [{"id": STUDY, "type": "nmdc:Study", "_upstream_of": ids}]}
    both = [*ids, STUDY]
    page = hub.post(f"{PATH}:search", json={"ids": both, "max_page_size": 400}).json()
    token = page["next_page_token"]
    refused = hub.post(f"{PATH}:search", json={"page_token": token})
    assert refused.status_code == 400
    assert "send them again" in refused.json()["detail"]
    rest = hub.post(f"{PATH}:search", json={"ids": both[::-1], "page_token": token}).json()
    found = [each["id"] for each in page["resources"] + rest["resources"]]
    assert found[:600] == study[:600]


def test_a_token_is_good_for_its_own_question_only(hub, study):
    token = hub.get(PATH, params={"ids": STUDY}).json()["next_page_token"]
    for changed, named in (({"ids": study[0]}, "`ids`"), ({"types": "nmdc:Study"}, "`types`")):
        answer = hub.get(PATH, params={"page_token": token, **changed})
        assert answer.status_code == 400
        assert f"other {named}" in answer.json()["detail"]
    assert hub.get("/nmdcschema/biosample_set", params={"page_token": token}).status_code == 400
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = jwt.encode({**claims, "ids": [study[0]]}, "k" * 64, algorithm="HS256")
    listed = hub.get("/nmdcschema/biosample_set").json()["next_page_token"]
    for bad in ("FAKETOKEN", forged, listed, "a.b.c"):
        assert hub.get(PATH, params={"ids": STUDY, "page_token": bad}).status_code == 400

"""``/nmdcschema/linked_instances``: what lies upstream and downstream, as clients ask for it."""

from typing import Any

import pytest

from nmdc_runtime.graph.store import ALLDOCS
from tests.support.graph import put_graph, put_state, store

PATH = "/nmdcschema/linked_instances"


def ask(hub, *ids: str, **parameters: Any) -> Any:
    answer = hub.get(PATH, params={"ids": list(ids), **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sides(answer: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return what is upstream, and what is downstream."""
    resources = answer["resources"]
    return (
        {each["id"] for each in resources if "_upstream_of" in each},
        {each["id"] for each in resources if "_downstream_of" in each},
    )


def test_upstream_is_where_it_came_from_and_downstream_what_came_of_it(hub, family):
    everything = {each["id"] for each in family}
    up, down = sides(ask(hub, "nmdc:sty-11-a", max_page_size=0))
    assert up == set()
    assert down == everything - {"nmdc:sty-11-a", "nmdc:sty-11-z"}

    up, down = sides(ask(hub, "nmdc:bsm-11-a"))
    assert up == {"nmdc:sty-11-a"}
    assert down == {e for e in everything if not e.startswith(("nmdc:sty", "nmdc:bsm"))}

    up, down = sides(ask(hub, "nmdc:dobj-11-ann", types="nmdc:Biosample"))
    assert (up, down) == ({"nmdc:bsm-11-a", "nmdc:bsm-11-b"}, set())

    up, down = sides(ask(hub, "nmdc:bsm-11-b", types=["nmdc:DataObject", "nmdc:DataGeneration"]))
    assert up == set()
    assert down == {e for e in everything if e.startswith(("nmdc:dobj", "nmdc:dgns"))}


def test_slim_instances_say_of_which_requested_ids_in_the_order_of_ids(hub, family):
    answer = ask(
        hub, "nmdc:dgns-11-s", "nmdc:bsm-11-a", types=["nmdc:Study", "nmdc:MaterialEntity"]
    )
    assert answer == {
        "resources": [
            {
                "id": "nmdc:bsm-11-a",
                "type": "nmdc:Biosample",
                "_upstream_of": ["nmdc:dgns-11-s"],
            },
            {
                "id": "nmdc:bsm-11-b",
                "type": "nmdc:Biosample",
                "_upstream_of": ["nmdc:dgns-11-s"],
            },
            {
                "id": "nmdc:procsm-11-p",
                "type": "nmdc:ProcessedSample",
                "_upstream_of": ["nmdc:dgns-11-s"],
                "_downstream_of": ["nmdc:bsm-11-a"],
            },
            {
                "id": "nmdc:sty-11-a",
                "type": "nmdc:Study",
                "_upstream_of": ["nmdc:bsm-11-a", "nmdc:dgns-11-s"],
            },
            {"id": "nmdc:sty-11-b", "type": "nmdc:Study", "_upstream_of": ["nmdc:dgns-11-s"]},
        ]
    }


def test_few_ids_and_many_ways_to_ask_give_the_same(hub, family):
    """The server follows links by itself, or the hub walks: nobody can tell which."""
    samples = ["nmdc:bsm-11-a", "nmdc:dobj-11-raw"]
    by_server = ask(hub, *samples, max_page_size=0)
    with_study = ask(hub, *samples, "nmdc:sty-11-z", max_page_size=0)
    posted = hub.post(f"{PATH}:search", json={"ids": samples, "max_page_size": 0, "more": 1})
    assert by_server == with_study == posted.json()
    assert hub.get(f"{PATH}/", params={"ids": samples, "max_page_size": 0}).json() == by_server


def test_an_isolated_document_has_an_empty_list(hub, family):
    assert ask(hub, "nmdc:sty-11-z") == {"resources": []}
    assert ask(hub, "nmdc:bsm-11-a", types="nmdc:Instrument") == {"resources": []}


def test_hydrated_instances_are_whole_documents_and_deleted_ones_are_left_out(
    hub, family, database
):
    slim = ask(hub, "nmdc:sty-11-a", types="nmdc:Biosample")["resources"]
    assert all("associated_studies" not in each for each in slim)
    sent = {"types": "nmdc:Biosample", "hydrate": "True"}
    whole = ask(hub, "nmdc:sty-11-a", **sent)["resources"]
    by_id = {each["id"]: each for each in family}
    assert whole == [each | by_id[each["id"]] for each in slim]

    database["biosample_set"].delete_one({"id": "nmdc:bsm-11-a"})
    left = ask(hub, "nmdc:sty-11-a", **sent)["resources"]
    assert [each["id"] for each in left] == ["nmdc:bsm-11-b"]


def test_unknown_ids_are_404_and_named_alone_or_among_known_ones(hub, family):
    for known in ([], ["nmdc:bsm-11-a"], ["nmdc:sty-11-a"]):
        answer = hub.get(PATH, params={"ids": [*known, "nmdc:bsm-11-absent"]})
        assert answer.status_code == 404
        assert answer.json()["ids"] == ["nmdc:bsm-11-absent"]
        assert "nmdc:bsm-11-absent" in answer.json()["detail"]
        assert "nmdc:bsm-11-a," not in answer.json()["detail"]


def test_unknown_types_are_404_and_the_answer_says_which_there_are(hub, family):
    answer = hub.get(PATH, params={"ids": "nmdc:bsm-11-a", "types": ["Biosample", "nmdc:Study"]})
    assert answer.status_code == 404
    detail = answer.json()["detail"]
    assert "Some types not found: Biosample." in detail
    assert "`nmdc:`" in detail
    assert "nmdc:NamedThing" in detail
    assert "nmdc:WorkflowExecution" in detail


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({}, ["query", "ids"]),
        ({"ids": ""}, ["query", "ids"]),
        ({"ids": "nmdc:bsm-11-a\n"}, ["query", "ids", 0]),
        ({"ids": ["nmdc:bsm-11-a", "gold:Gb1"]}, ["query", "ids", 1]),
        ({"ids": "nmdc:bsm-11-a", "max_page_size": ""}, ["query", "max_page_size"]),
        ({"ids": "nmdc:bsm-11-a", "hydrate": "perhaps"}, ["query", "hydrate"]),
    ],
)
def test_what_is_no_id_is_422_and_the_answer_says_where(hub, sent, where):
    answer = hub.get(PATH, params=sent)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == where


def test_more_ids_than_allowed_are_422(hub):
    ids = [f"nmdc:bsm-11-{n}" for n in range(10_001)]
    assert hub.post(f"{PATH}:search", json={"ids": ids}).status_code == 422


def test_parameters_of_other_routes_and_empty_ones_are_ignored(hub, family):
    sent = {"include_superseded": "false", "filter": "{}", "page_token": "", "types": ""}
    assert ask(hub, "nmdc:sty-11-z", **sent) == {"resources": []}
    named = hub.get(PATH, params={"ids": "nmdc:sty-11-z", **sent}).headers[
        "NMDC-Ignored-Parameters"
    ]
    assert named == "include_superseded, filter"


def test_every_answer_says_how_fresh_the_graph_is(hub, family, database):
    answers = [
        hub.get(PATH, params={"ids": "nmdc:bsm-11-a"}),
        hub.get(PATH, params={"ids": "nmdc:sty-11-a"}),
        hub.post(f"{PATH}:search", json={"ids": ["nmdc:sty-11-a"], "max_page_size": 0}),
        hub.get("/data_objects/study/nmdc:sty-11-a"),
        hub.get("/workflow_executions/nmdc:wfmgas-11-w.1/related_resources"),
    ]
    for answer in answers:
        assert answer.headers["NMDC-Graph-Fresh-As-Of"] == "2026-11-23T11:59:58.500Z"
        assert answer.headers["NMDC-Graph-Build"] == "build-1"
    put_state(database, build_id="build-2")
    for sample in ("nmdc:bsm-11-a", "nmdc:sty-11-a"):
        assert hub.get(PATH, params={"ids": sample}).headers["NMDC-Graph-Build"] == "build-2"


def test_a_graph_that_another_runtime_built_is_used_and_its_age_is_unknown(hub, family, database):
    database["_runtime.graph"].delete_many({})
    for sample in ("nmdc:bsm-11-b", "nmdc:sty-11-b"):
        answer = hub.get(PATH, params={"ids": sample, "types": "nmdc:DataObject"})
        assert len(answer.json()["resources"]) == 3
        assert answer.headers["NMDC-Graph-Fresh-As-Of"] == "unknown"


def test_without_a_graph_the_answer_says_what_to_run(hub, family, database):
    database[ALLDOCS].drop()
    database["_runtime.graph"].delete_many({})
    for path in (
        f"{PATH}?ids=nmdc:bsm-11-a",
        "/data_objects/study/nmdc:sty-11-a",
        "/workflow_executions/nmdc:wfmgas-11-w.1/related_resources",
    ):
        answer = hub.get(path)
        assert answer.status_code == 503
        assert answer.json()["code"] == "graph_not_built"
        assert "nmdc-runtime graph rebuild" in answer.json()["detail"]
        assert answer.headers["Retry-After"] == "60"
    assert hub.get(f"{PATH}?ids=nmdc:bsm-11-absent").status_code == 404
    assert hub.get("/data_objects/study/nmdc:sty-11-absent").status_code == 404
    assert hub.get("/data_objects/study/nmdc:sty-11-z").json() == []


def test_what_was_written_just_now_is_found_by_what_it_says_itself(hub, family, database):
    new = [
        {
            "id": "nmdc:wfmag-11-new.1",
            "type": "nmdc:MagsAnalysis",
            "has_input": ["nmdc:dobj-11-asm"],
            "has_output": ["nmdc:dobj-11-mag"],
        },
        {"id": "nmdc:dobj-11-mag", "type": "nmdc:DataObject"},
    ]
    store(database, new)
    answer = ask(hub, "nmdc:wfmag-11-new.1", types=["nmdc:Study", "nmdc:DataObject"])
    assert [each["id"] for each in answer["resources"]] == [
        "nmdc:dobj-11-asm",
        "nmdc:dobj-11-raw",
        "nmdc:sty-11-a",
        "nmdc:sty-11-b",
    ]
    both = ask(hub, *(each["id"] for each in new), "nmdc:dobj-11-raw", max_page_size=0)
    of = {each["id"]: each for each in both["resources"]}
    assert of["nmdc:dobj-11-mag"]["_downstream_of"] == ["nmdc:dobj-11-raw", "nmdc:wfmag-11-new.1"]
    assert of["nmdc:dobj-11-raw"]["_upstream_of"] == ["nmdc:dobj-11-mag", "nmdc:wfmag-11-new.1"]


def test_a_cycle_ends_and_brings_the_requested_id_back(hub, database):
    studies = [
        {"id": "nmdc:sty-11-a", "type": "nmdc:Study", "part_of": ["nmdc:sty-11-b"]},
        {"id": "nmdc:sty-11-b", "type": "nmdc:Study", "part_of": ["nmdc:sty-11-a"]},
    ]
    put_graph(database, studies)
    of_a = {"_upstream_of": ["nmdc:sty-11-a"], "_downstream_of": ["nmdc:sty-11-a"]}
    assert ask(hub, "nmdc:sty-11-a")["resources"] == [
        {"id": each["id"], "type": "nmdc:Study", **of_a} for each in studies
    ]


def test_switched_off_its_name_is_no_collection(running_hub, settings, database, orchestrator):
    off = settings.model_copy(update={"is_linked_instances_endpoint_enabled": False})
    hub = running_hub.client(off, database, orchestrator)
    answer = hub.get(PATH, params={"ids": "nmdc:bsm-11-a"})
    assert answer.status_code == 400
    assert "study_set" in answer.json()["detail"]

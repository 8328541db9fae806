import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from nmdc_runtime.graph.rules import ID_TAKEN, NO_ID, NO_TYPE, UNKNOWN_TYPE
from nmdc_runtime.graph.state import read_state
from nmdc_runtime.graph.store import ALLDOCS, BUILDER, GRAPH, TEMPORARY
from tests.store.graph.worlds import chain, document, put, stored


def test_a_build_has_every_document_once_with_its_neighbours_and_ancestors(graph, database):
    put(database, *chain())
    database["field_research_site_set"].insert_one(
        {"id": "nmdc:frsite-11-a", "type": "nmdc:FieldResearchSite"}
    )
    database["functional_annotation_agg"].insert_one(
        {"type": "nmdc:FunctionalAnnotationAggMember", "was_generated_by": "nmdc:wf-11-a"}
    )

    assert graph.rebuild() == 6

    found = stored(database)
    assert len(found) == 6
    generation = found["nmdc:dgns-11-a"]
    del generation["_id"]
    assert generation == {
        "id": "nmdc:dgns-11-a",
        "type": "nmdc:NucleotideSequencing",
        "has_input": ["nmdc:bsm-11-a"],
        "has_output": ["nmdc:dobj-11-a"],
        "associated_studies": ["nmdc:sty-11-a"],
        "instrument_used": ["nmdc:inst-11-gone"],
        "_type_and_ancestors": [
            "nmdc:NucleotideSequencing",
            "nmdc:DataGeneration",
            "nmdc:DataEmitterProcess",
            "nmdc:PlannedProcess",
            "nmdc:NamedThing",
        ],
        "_upstream": [
            {"id": "nmdc:bsm-11-a", "type": "nmdc:Biosample"},
            {"id": "nmdc:inst-11-gone", "type": "nmdc:NamedThing"},
            {"id": "nmdc:sty-11-a", "type": "nmdc:Study"},
        ],
        "_downstream": [
            {"id": "nmdc:dobj-11-a", "type": "nmdc:DataObject"},
            {"id": "nmdc:wf-11-a", "type": "nmdc:ReadQcAnalysis"},
        ],
    }
    site = found["nmdc:frsite-11-a"]
    assert site["_type_and_ancestors"] == [
        "nmdc:FieldResearchSite",
        "nmdc:Site",
        "nmdc:MaterialEntity",
        "nmdc:NamedThing",
    ]
    assert "_upstream" not in site
    assert "_downstream" not in site
    assert set(database[ALLDOCS].index_information()) == {
        *("_id_", "id_1", "_type_and_ancestors_1", "_upstream.id_1", "_downstream.id_1"),
        *("has_input_1", "has_output_1", "was_informed_by_1", "associated_studies_1"),
        "_left_out_1",
    }
    assert not database.list_collection_names(filter={"name": {"$regex": "^_runtime[.]tmp"}})


async def test_an_empty_database_has_an_empty_graph_and_a_state(graph, async_database):
    assert await read_state(async_database) is None
    before = datetime.now(UTC) - timedelta(seconds=1)

    assert graph.rebuild() == 0

    state = await read_state(async_database)
    assert state is not None
    assert state == graph.find_state()
    assert (state.documents, state.skipped) == (0, ())
    assert before < state.fresh_as_of <= state.built_at
    assert graph.rebuild() == 0
    assert graph.find_state().build_id != state.build_id


def test_documents_that_cannot_be_in_the_graph_are_skipped_and_told(graph, database):
    put(database, *chain())
    database["study_set"].insert_many(
        [
            {"id": "nmdc:sty-11-untyped"},
            {"id": "nmdc:sty-11-uri", "type": "https://w3id.org/nmdc/Study"},
            {"id": 7, "type": "nmdc:Study"},
            {"type": "nmdc:Study"},
            {"id": "x" * 300, "type": "nmdc:Study"},
            {"id": "nmdc:dobj-11-a", "type": "nmdc:Study"},
            {"id": "nmdc:sty-11-odd", "type": "nmdc:Study", "part_of": [None, 3, "", ["a"]]},
        ]
    )

    assert graph.rebuild() == 6

    state = graph.find_state()
    assert state.skipped_count == 6
    reasons = {(each.collection, each.id): each.reason for each in state.skipped if each.id}
    assert reasons[("study_set", "nmdc:sty-11-untyped")] == NO_TYPE
    assert reasons[("study_set", "nmdc:sty-11-uri")] == UNKNOWN_TYPE
    assert reasons[("study_set", "nmdc:dobj-11-a")] == ID_TAKEN
    assert [each.reason for each in state.skipped].count(NO_ID) == 3
    found = stored(database)
    assert found["nmdc:dobj-11-a"]["type"] == "nmdc:DataObject"
    assert "_upstream" not in found["nmdc:sty-11-odd"]


def test_a_hub_leaves_out_what_its_neighbours_say_and_marks_it(graph, database):
    most, many = 5, 6
    graph = replace(graph, rules=replace(graph.rules, most_links=most))
    put(database, document("nmdc:sty-11-top"), document("nmdc:sty-11-b"))
    put(database, document("nmdc:sty-11-hub", part_of=["nmdc:sty-11-top"]))
    database["biosample_set"].insert_many(
        document(f"nmdc:bsm-11-{n}", associated_studies=["nmdc:sty-11-hub"]) for n in range(many)
    )
    own = [f"nmdc:bsm-11-{n}" for n in range(many)]
    put(database, document("nmdc:dgns-11-wide", has_input=own, has_output=["nmdc:dobj-11-x"]))

    graph.rebuild()

    found = stored(database)
    hub, wide = found["nmdc:sty-11-hub"], found["nmdc:dgns-11-wide"]
    assert hub["_left_out"] == ["_downstream"]
    assert "_downstream" not in hub
    assert hub["_upstream"] == [{"id": "nmdc:sty-11-top", "type": "nmdc:Study"}]
    assert wide["_left_out"] == ["_upstream"]
    assert "_upstream" not in wide
    assert wide["_downstream"] == [{"id": "nmdc:dobj-11-x", "type": "nmdc:NamedThing"}]
    alldocs = database[ALLDOCS]
    assert alldocs.count_documents({"_upstream.id": "nmdc:sty-11-hub"}) == many
    assert alldocs.count_documents({"_downstream.id": "nmdc:dgns-11-wide"}) == many


def test_builds_at_once_take_turns_and_both_count_all(graph, database):
    put(database, *chain())
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(graph.rebuild())) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert counts == [5, 5, 5]
    assert len(stored(database)) == 5


def test_leftovers_of_dead_builds_go_and_those_of_the_living_stay(graph, database):
    old = ObjectId.from_datetime(datetime.now(UTC) - timedelta(hours=1))
    left, fresh = f"{TEMPORARY}{old}.nodes", f"{TEMPORARY}{ObjectId()}"
    database.create_collection(left)
    database.create_collection(fresh)

    graph.rebuild()

    assert set(database.list_collection_names(filter={"name": {"$regex": "tmp"}})) == {fresh}
    database.drop_collection(fresh)


def test_a_swap_that_its_builder_did_not_live_to_carry_out_is_carried_out(graph, database):
    put(database, *chain())
    graph.rebuild()
    state = database[GRAPH].find_one({"_id": "alldocs"})
    name = f"{TEMPORARY}{ObjectId()}"
    database[name].insert_one({"id": "nmdc:sty-11-new", "type": "nmdc:Study"})
    announced = {key: state[key] for key in ("built_at", "fresh_as_of", "token")}
    announced |= {"documents": 1, "skipped": [], "skipped_count": 0, "build_id": "new"}
    graph.store.begin(BUILDER, "me")

    assert graph.store.begin_swap(holder="me", replacement={**announced, "collection": name})
    assert not graph.store.begin_swap(holder="another", replacement={"collection": name})
    graph.store.settle_swap()
    graph.store.settle_swap()

    assert set(stored(database)) == {"nmdc:sty-11-new"}
    assert graph.find_state().build_id == "new"
    assert graph.rebuild() == 5

import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest

from nmdc_runtime.graph.store import ALLDOCS, GRAPH
from tests.store.graph.worlds import (
    COLLECTION_OF,
    Scribbler,
    chain,
    document,
    neighbours,
    put,
    stored,
)
from tests.support.servers import wait_until


def compare_with_a_fresh_build(graph, database) -> None:
    """Check that following has led where a build of the same documents leads."""
    followed, count = stored(database), graph.find_state().documents
    assert graph.rebuild() == len(followed) == count
    assert stored(database) == followed


def test_without_a_graph_a_follower_builds_one_and_then_keeps_it_current(
    graph, database, following, caught_up
):
    put(database, *chain())
    with following():
        caught_up()
        assert len(stored(database)) == 5
        first = graph.find_state()

        database["biosample_set"].insert_one(
            document("nmdc:bsm-11-b", associated_studies=["nmdc:sty-11-a"])
        )
        database["data_generation_set"].update_one(
            {"id": "nmdc:dgns-11-a"}, {"$set": {"has_input": ["nmdc:bsm-11-b"]}}
        )
        database["study_set"].insert_one({"id": "nmdc:sty-11-untyped"})
        caught_up()

        found = stored(database)
        assert neighbours(found["nmdc:bsm-11-a"])[1] == {}
        assert neighbours(found["nmdc:bsm-11-b"])[1] == {"nmdc:dgns-11-a": 1}
        assert set(neighbours(found["nmdc:sty-11-a"])[1]) == {
            *("nmdc:bsm-11-a", "nmdc:bsm-11-b", "nmdc:dgns-11-a")
        }
        assert "nmdc:sty-11-untyped" not in found

        database["instrument_set"].insert_one(
            {"id": "nmdc:inst-11-gone", "type": "nmdc:Instrument"}
        )
        database["data_object_set"].delete_one({"id": "nmdc:dobj-11-a"})
        caught_up()

        found = stored(database)
        generation = found["nmdc:dgns-11-a"]
        assert {"id": "nmdc:inst-11-gone", "type": "nmdc:Instrument"} in generation["_upstream"]
        assert {"id": "nmdc:dobj-11-a", "type": "nmdc:NamedThing"} in generation["_downstream"]
        assert "nmdc:dobj-11-a" not in found
        last = graph.find_state()
        assert (last.build_id, last.documents) == (first.build_id, 6)
        assert last.changes > first.changes
        # Where nothing is written, the graph becomes fresher and stays what it is.
        caught_up()
        assert graph.find_state().fresh_as_of > last.fresh_as_of
        assert graph.find_state().changes == last.changes
    compare_with_a_fresh_build(graph, database)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_written_while_others_build_the_graph_ends_as_a_build_makes_it(
    graph, database, following, caught_up, seed
):
    scribbler = Scribbler(database, seed)
    for _ in range(60):
        scribbler.write()
    with following() as ready:
        assert ready.wait(60)
        ended = threading.Event()

        def build_again_and_again() -> None:
            while not ended.is_set():
                graph.rebuild()

        building = threading.Thread(target=build_again_and_again)
        building.start()
        for _ in range(400):
            scribbler.write()
        ended.set()
        building.join()
        for _ in range(40):
            scribbler.write()
        caught_up()
    compare_with_a_fresh_build(graph, database)


@pytest.mark.parametrize("seed", range(3))
def test_hubs_hold_every_link_at_one_end_at_least(graph, database, following, caught_up, seed):
    graph = replace(graph, rules=replace(graph.rules, most_links=4))  # no own slots have more
    scribbler = Scribbler(database, seed, ids=5)
    stop = threading.Event()
    follower = threading.Thread(target=graph.follow, args=(stop,))
    follower.start()
    for _ in range(300):
        scribbler.write()
    hub = "nmdc:sty-11-0"
    put(database, document(hub))
    put(database, *(document(f"nmdc:bsm-12-{n}", associated_studies=[hub]) for n in range(6)))
    caught_up()
    stop.set()
    follower.join()

    found = stored(database)
    assert "_downstream" in found[hub]["_left_out"]
    whole = replace(graph, rules=replace(graph.rules, most_links=1000))
    whole.rebuild()
    for id_, expected in stored(database).items():
        up, down = neighbours(found[id_])
        for array, seen, other in (("_upstream", up, 1), ("_downstream", down, 0)):
            wanted = neighbours(expected)[0 if array == "_upstream" else 1]
            also = {each for each, of in found.items() if neighbours(of)[other][id_]}
            assert set(seen) | also == set(wanted), (id_, array)
            if array not in found[id_].get("_left_out", []):
                assert seen == wanted


def test_of_two_followers_one_works_and_the_other_takes_over(graph, database, following, caught_up):
    put(database, *chain())
    with ExitStack() as first, following() as second_ready:
        first_ready = first.enter_context(following())
        assert first_ready.wait(60)
        assert second_ready.wait(60)
        caught_up()
        worker = database[GRAPH].find_one({"_id": "alldocs"})["follower"]
        put(database, document("nmdc:sty-11-b"))
        caught_up()
        assert database[GRAPH].find_one({"_id": "alldocs"})["follower"] == worker
        first.close()
        put(database, document("nmdc:sty-11-c"))
        caught_up()
        assert set(stored(database)) > {"nmdc:sty-11-b", "nmdc:sty-11-c"}
    compare_with_a_fresh_build(graph, database)


def test_what_was_written_while_nobody_followed_is_taken_over_from_the_token(
    graph, database, following, caught_up
):
    put(database, *chain())
    with following():
        caught_up()
    built = graph.find_state().build_id
    put(database, document("nmdc:bsm-11-late", associated_studies=["nmdc:sty-11-a"]))

    with following():
        caught_up()

    assert graph.find_state().build_id == built
    assert neighbours(stored(database)["nmdc:sty-11-a"])[1]["nmdc:bsm-11-late"] == 1


def test_dropped_collections_and_lost_history_lead_to_a_build(
    graph, database, following, caught_up
):
    put(database, *chain())
    with following():
        caught_up()
        built = graph.find_state().build_id
        database.drop_collection(COLLECTION_OF["wf"])
        wait_until(lambda: graph.find_state().build_id != built, timeout_s=60, what="another build")
        caught_up()
        assert "nmdc:wf-11-a" not in stored(database)
        database.drop_collection(ALLDOCS)
    database[GRAPH].update_one({"_id": "alldocs"}, {"$set": {"token": {"_data": "8200"}}})
    built = graph.find_state().build_id

    with following():
        caught_up()

    assert graph.find_state().build_id != built
    assert len(stored(database)) == 4


def test_one_who_lost_the_lease_changes_nothing_any_more(graph, database, following, caught_up):
    put(database, *chain())
    with following():
        caught_up()
        built = str(graph.find_state().build_id)
        token = graph.store.standing().token

        assert not graph.store.advance(
            holder="follower:zombie", build_id=built, token=token, fresh_as_of=None
        )

        worker = database[GRAPH].find_one({"_id": "alldocs"})["follower"]
        assert graph.store.advance(holder=worker, build_id=built, token=token, fresh_as_of=None)
        assert not graph.store.advance(
            holder=worker, build_id="another", token=token, fresh_as_of=None
        )

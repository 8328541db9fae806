from nmdc_runtime.graph.checking import DanglingReference, compare_counts, find_dangling
from nmdc_runtime.graph.store import ALLDOCS
from tests.store.graph.worlds import chain, document, put

GONE = DanglingReference(
    id="nmdc:dgns-11-a", type="nmdc:NucleotideSequencing", names="nmdc:inst-11-gone"
)


def test_a_built_graph_has_all_but_what_cannot_be_in_it(graph, database) -> None:
    put(database, *chain())
    database["study_set"].insert_one({"id": "nmdc:sty-11-odd", "name": "has no type"})
    graph.rebuild()

    counted = graph.compare_counts()

    assert counted.is_right
    assert counted.missing == {"study_set": 1}
    assert (counted.skipped, sum(counted.in_graph.values())) == (1, 5)


def test_what_a_graph_lacks_and_has_too_much_of_is_told_by_collection(graph, database) -> None:
    put(database, *chain())
    graph.rebuild()
    put(database, document("nmdc:bsm-11-b"))
    database["study_set"].delete_one({"id": "nmdc:sty-11-a"})

    counted = compare_counts(database, graph.rules, looks=2, pause_s=0)

    assert not counted.is_right
    assert counted.missing == {"biosample_set": 1, "study_set": -1}


def test_a_graph_that_was_never_built_lacks_all_and_has_no_dangling_references(
    graph, database
) -> None:
    put(database, document("nmdc:sty-11-a"))

    counted = compare_counts(database, graph.rules, looks=1)

    assert (counted.is_right, counted.missing) == (False, {"study_set": 1})
    assert find_dangling(database).count == 0


def test_references_to_nothing_are_counted_on_both_sides_and_the_first_are_named(
    graph, database
) -> None:
    put(database, *chain())
    put(database, document("nmdc:wf-11-b", has_output=["nmdc:dobj-11-b", "nmdc:dobj-11-c"]))
    graph.rebuild()

    dangling = find_dangling(database, most=2)

    assert dangling.count == 3
    assert dangling.first == (
        GONE,
        DanglingReference(id="nmdc:wf-11-b", type="nmdc:ReadQcAnalysis", names="nmdc:dobj-11-b"),
    )
    database[ALLDOCS].drop()
    assert graph.find_dangling().count == 0

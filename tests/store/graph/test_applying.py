"""Single changes, taken over in an order that a test chooses."""

from nmdc_runtime.graph.applying import Applier
from nmdc_runtime.graph.changes import Key
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.mongo.transactions import Transactions
from tests.store.graph.worlds import document, put, stored


def test_a_document_that_takes_over_an_id_is_found_where_the_graph_still_has_it(graph, database):
    put(database, document("nmdc:sty-11-old"), document("nmdc:sty-11-wanted"))
    put(database, document("nmdc:bsm-11-a", associated_studies=["nmdc:sty-11-wanted"]))
    graph.rebuild()
    of_id = {each["id"]: each["_id"] for each in database["study_set"].find()}
    database["study_set"].delete_one({"id": "nmdc:sty-11-wanted"})
    database["study_set"].update_one(
        {"id": "nmdc:sty-11-old"}, {"$set": {"id": "nmdc:sty-11-wanted"}}
    )
    applier = Applier(database, graph.rules, graph=ALLDOCS)

    # Only the deletion is known so far; what is read is what both changes have led to.
    deleted = Key("study_set", of_id["nmdc:sty-11-wanted"])
    more = Transactions(database.client).run(lambda tx: applier.apply([deleted], tx))

    assert more == -1
    followed = stored(database)
    graph.rebuild()
    assert followed == stored(database)
    assert followed.keys() == {"nmdc:sty-11-wanted", "nmdc:bsm-11-a"}

"""The routes on a graph that the builder built: documents are submitted, linked and followed."""

from nmdc_runtime.wiring import Services
from tests.support.documents import demo_database


def test_what_was_submitted_is_linked_once_the_graph_is_built(hub, database):
    documents = {**demo_database(0), **demo_database(1)}
    for collection, some in documents.items():
        database[collection].insert_many([dict(each) for each in some])
    services: Services = hub.app.state.services
    assert services.graph.rebuild() == sum(map(len, documents.values()))
    study_id = documents["study_set"][0]["id"]

    answer = hub.get("/nmdcschema/linked_instances", params={"ids": study_id, "max_page_size": 0})
    assert answer.headers["NMDC-Graph-Fresh-As-Of"].endswith("Z")
    state = services.graph.find_state()
    assert state is not None
    assert answer.headers["NMDC-Graph-Build"] == state.build_id
    found = {each["id"] for each in answer.json()["resources"]}
    for collection in ("biosample_set", "data_generation_set"):
        assert {each["id"] for each in documents[collection]} <= found

    entries = hub.get(f"/data_objects/study/{study_id}").json()
    assert entries
    for entry in entries:
        sent = {"ids": entry["biosample_id"], "types": "nmdc:DataObject", "hydrate": True}
        resources = hub.get("/nmdcschema/linked_instances", params=sent).json()["resources"]
        slim = ("_upstream_of", "_downstream_of")
        assert entry["data_objects"] == [
            {key: value for key, value in each.items() if key not in slim} for each in resources
        ]

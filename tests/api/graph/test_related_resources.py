"""``/workflow_executions/{id}/related_resources``: what belongs to one execution."""

from typing import Any

from tests.support.graph import a_biosample, put_graph, store

LISTS = ("data_objects", "related_workflow_executions", "biosamples", "studies")


def related(hub, execution_id: str) -> dict[str, Any]:
    answer = hub.get(f"/workflow_executions/{execution_id}/related_resources")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids_of(found: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [each["id"] for each in found[name]] for name in LISTS}


def test_an_unknown_execution_is_404_in_the_published_words(hub, family):
    for absent in ("nmdc:wfmgas-11-absent.1", "nmdc:bsm-11-a"):
        answer = hub.get(f"/workflow_executions/{absent}/related_resources")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "Workflow execution not found"


def test_data_relatives_biosamples_and_studies_are_whole_and_listed_once(hub, family):
    by_id = {each["id"]: each for each in family}
    found = related(hub, "nmdc:wfmgas-11-w.1")
    assert found.keys() == {"workflow_execution_id", "workflow_execution", *LISTS}
    assert found["workflow_execution_id"] == "nmdc:wfmgas-11-w.1"
    assert found["workflow_execution"] == by_id["nmdc:wfmgas-11-w.1"]
    assert ids_of(found) == {
        "data_objects": ["nmdc:dobj-11-ann", "nmdc:dobj-11-asm", "nmdc:dobj-11-raw"],
        "related_workflow_executions": ["nmdc:wfmgan-11-w.1"],
        "biosamples": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
        "studies": ["nmdc:sty-11-a", "nmdc:sty-11-b"],
    }
    assert all(each == by_id[each["id"]] for name in LISTS for each in found[name])
    assert related(hub, "nmdc%3Awfmgas-11-w.1") == found


def test_only_the_related_study_is_listed_and_a_lonely_execution_has_empty_lists(hub, database):
    documents: list[dict[str, Any]] = [
        {"id": "nmdc:sty-11-a", "type": "nmdc:Study"},
        {"id": "nmdc:sty-11-b", "type": "nmdc:Study"},
        *(a_biosample(n, study) for n, study in (("a", "nmdc:sty-11-a"), ("b", "nmdc:sty-11-a"))),
        {
            "id": "nmdc:dgns-11-a",
            "type": "nmdc:NucleotideSequencing",
            "has_input": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
            "has_output": ["nmdc:dobj-11-a"],
        },
        {"id": "nmdc:dobj-11-a", "type": "nmdc:DataObject", "was_generated_by": "nmdc:dgns-11-a"},
        {
            "id": "nmdc:wfrqc-11-a.1",
            "type": "nmdc:ReadQcAnalysis",
            "has_input": ["nmdc:dobj-11-a"],
            "was_informed_by": "nmdc:dgns-11-a",  # upstream fails on one that is no list
        },
        {"id": "nmdc:wfrqc-11-z.1", "type": "nmdc:ReadQcAnalysis"},
    ]
    store(database, documents)
    put_graph(database, documents)
    assert ids_of(related(hub, "nmdc:wfrqc-11-a.1")) == {
        "data_objects": ["nmdc:dobj-11-a"],
        "related_workflow_executions": [],
        "biosamples": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
        "studies": ["nmdc:sty-11-a"],
    }
    assert ids_of(related(hub, "nmdc:wfrqc-11-z.1")) == {name: [] for name in LISTS}


def test_several_generations_and_a_sibling_are_followed_and_samples_walked_back(hub, database):
    """Two sequencings, one named twice; their samples come by way of cycles and storage."""
    documents: list[dict[str, Any]] = [
        *({"id": f"nmdc:sty-11-{n}", "type": "nmdc:Study"} for n in "abc"),
        a_biosample("a", "nmdc:sty-11-a"),
        a_biosample("b", "nmdc:sty-11-a"),
        {
            "id": "nmdc:extrp-11-a",
            "type": "nmdc:Extraction",
            # It takes what it gives: the walk must end all the same.
            "has_input": ["nmdc:bsm-11-a", "nmdc:procsm-11-a"],
            "has_output": ["nmdc:procsm-11-a"],
        },
        {"id": "nmdc:procsm-11-a", "type": "nmdc:ProcessedSample"},
        {
            "id": "nmdc:clsite-11-a",
            "type": "nmdc:CollectingBiosamplesFromSite",
            "has_input": ["nmdc:bsm-11-unasked"],
            "has_output": ["nmdc:bsm-11-a"],
        },
        a_biosample("unasked", "nmdc:sty-11-c"),
        {
            "id": "nmdc:dgns-11-a",
            "type": "nmdc:NucleotideSequencing",
            "has_input": ["nmdc:procsm-11-a"],
        },
        {
            "id": "nmdc:dgns-11-b",
            "type": "nmdc:NucleotideSequencing",
            "has_input": ["nmdc:bsm-11-b"],
            "associated_studies": ["nmdc:sty-11-b"],
        },
        {
            "id": "nmdc:wfmgas-11-a.1",
            "type": "nmdc:MetagenomeAssembly",
            "has_output": ["nmdc:dobj-11-a"],
            "was_informed_by": ["nmdc:dgns-11-a", "nmdc:dgns-11-b", "nmdc:dgns-11-a"],
        },
        {
            "id": "nmdc:wfmgas-11-a.2",
            "type": "nmdc:MetagenomeAssembly",
            "has_output": ["nmdc:dobj-11-b"],
            "was_informed_by": ["nmdc:dgns-11-b"],
        },
        *({"id": f"nmdc:dobj-11-{n}", "type": "nmdc:DataObject"} for n in "ab"),
    ]
    store(database, documents)
    put_graph(database, documents)
    assert ids_of(related(hub, "nmdc:wfmgas-11-a.1")) == {
        "data_objects": ["nmdc:dobj-11-a", "nmdc:dobj-11-b"],
        "related_workflow_executions": ["nmdc:wfmgas-11-a.2"],
        "biosamples": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
        "studies": ["nmdc:sty-11-a", "nmdc:sty-11-b"],
    }

"""``/data_objects/study/{study_id}``: what came out of a study's biosamples."""

from typing import Any

from tests.support.graph import a_biosample, put_graph, store

PATH = "/data_objects/study"


def entries(hub, study_id: str, **parameters: Any) -> dict[str, list[str]]:
    answer = hub.get(f"{PATH}/{study_id}", params=parameters)
    assert answer.status_code == 200, answer.text
    return {each["biosample_id"]: [o["id"] for o in each["data_objects"]] for each in answer.json()}


def test_an_unknown_study_is_404_in_the_published_words(hub, database):
    answer = hub.get(f"{PATH}/nmdc:sty-11-absent")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Study not found"


def test_data_objects_of_any_depth_are_listed_whole_once_for_each_biosample(hub, family):
    objects = ["nmdc:dobj-11-ann", "nmdc:dobj-11-asm", "nmdc:dobj-11-raw"]
    assert entries(hub, "nmdc:sty-11-a") == {"nmdc:bsm-11-a": objects}
    assert entries(hub, "nmdc%3Asty-11-b") == {"nmdc:bsm-11-b": objects}
    by_id = {each["id"]: each for each in family}
    whole = hub.get(f"{PATH}/nmdc:sty-11-a").json()
    assert whole == [{"biosample_id": "nmdc:bsm-11-a", "data_objects": [by_id[o] for o in objects]}]


def test_parameters_that_other_routes_take_are_ignored(hub, family):
    plain = entries(hub, "nmdc:sty-11-a")
    sent = {"page": "x", "per_page": "-1", "filter": "{", "max_page_size": "many"}
    assert entries(hub, "nmdc:sty-11-a", **sent) == plain


def test_a_shared_data_object_is_in_the_entry_of_each_biosample(hub, database):
    study = {"id": "nmdc:sty-11-s", "type": "nmdc:Study"}
    samples = [a_biosample(n, study["id"]) for n in "abc"]
    sequencing = {
        "id": "nmdc:dgns-11-a",
        "type": "nmdc:NucleotideSequencing",
        "has_input": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
        "has_output": ["nmdc:dobj-11-a"],
    }
    informed = {
        "id": "nmdc:wfrqc-11-a.1",
        "type": "nmdc:ReadQcAnalysis",
        "has_input": [],
        "has_output": ["nmdc:dobj-11-b"],
        "was_informed_by": [sequencing["id"]],
    }
    objects = [{"id": f"nmdc:dobj-11-{n}", "type": "nmdc:DataObject"} for n in "ab"]
    documents = [study, *samples, sequencing, informed, *objects]
    store(database, documents)
    put_graph(database, documents)

    both = ["nmdc:dobj-11-a", "nmdc:dobj-11-b"]
    assert entries(hub, study["id"]) == {"nmdc:bsm-11-a": both, "nmdc:bsm-11-b": both}

    database["data_object_set"].delete_one({"id": "nmdc:dobj-11-b"})
    assert entries(hub, study["id"])["nmdc:bsm-11-a"] == ["nmdc:dobj-11-a"], "deleted since"


def test_a_study_of_more_biosamples_than_are_read_at_once_is_listed_whole(hub, database):
    study = {"id": "nmdc:sty-11-s", "type": "nmdc:Study"}
    documents: list[dict[str, Any]] = [study]
    expected = {}
    for n in range(250):
        sample, made = f"nmdc:bsm-11-{n:03}", f"nmdc:dobj-11-{n:03}"
        documents += [
            a_biosample(f"{n:03}", study["id"]),
            {"id": made, "type": "nmdc:DataObject"},
        ]
        if n % 7:
            documents.append(
                {
                    "id": f"nmdc:dgns-11-{n:03}",
                    "type": "nmdc:NucleotideSequencing",
                    "has_input": [sample],
                    "has_output": [made],
                }
            )
            expected[sample] = [made]
    store(database, documents)
    put_graph(database, documents)
    found = entries(hub, study["id"])
    assert found == expected
    assert list(found) == sorted(found)

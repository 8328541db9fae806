"""No filter that real clients send makes MongoDB look at a whole collection (decisions, ruling 8).

The requests go through the hub; the server's own profiler tells how it answered each query. Not
here, as they cannot be answered by an index: regular expressions (``.search``) and attributes
without one, such as ``gene_function_id``. Both are under the time limit.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

MANY = 500
#: What one query may look at beside what it finds: a few, not the collection.
SLACK = 150

#: The short language, as notebooks, tutorials, the importers and the automation client use it.
FOUND = [
    "/studies?filter=ecosystem_category:Aquatic",
    "/studies?filter=id:nmdc:x-11-7",
    "/studies?per_page=20",
    "/biosamples?filter=associated_studies:nmdc:sty-11-7&per_page=200",
    "/biosamples?filter=associated_studies:nmdc:sty-11-7&per_page=200&sort=name",
    "/biosamples?per_page=20&cursor=*",
    "/biosamples?filter=lat_lon.latitude:>=7,lat_lon.latitude:<8",
    "/biosamples?filter=env_medium.has_raw_value:ENVO:7",
    "/biosamples?filter=ecosystem_category:Aquatic,ecosystem_type:Marine",
    "/data_objects?filter=md5_checksum:7",
    "/data_objects?filter=url:https://x.org/7",
    "/data_objects?filter=data_object_type:type 7&per_page=100",
    "/planned_processes?filter=type:nmdc:Type7&per_page=100",
    "/planned_processes?filter=has_input:nmdc:x-11-7,type:nmdc:Type7&per_page=100",
    "/planned_processes?filter=has_output:nmdc:x-11-7",
    "/planned_processes?per_page=20&cursor=*",
    "/studies/nmdc:x-11-7",
    "/planned_processes/nmdc:x-11-7",
    "/nmdcschema/ids/nmdc:x-11-7",
]
#: MongoDB filters on `/nmdcschema/{collection}`, as nmdc-client and nmdc_automation send them.
LISTED: list[tuple[str, dict[str, Any]]] = [
    ("biosample_set", {"associated_studies": "nmdc:sty-11-7"}),
    ("biosample_set", {"id": {"$in": ["nmdc:x-11-7", "nmdc:x-11-9"]}}),
    ("biosample_set", {"alternative_identifiers": "alt:7"}),
    ("study_set", {"has_credit_associations.applies_to_person.orcid": "orcid:7"}),
    ("data_object_set", {"id": {"$in": ["nmdc:x-11-7"]}}),
    ("data_object_set", {"data_object_type": {"$in": ["type 7"]}, "url": {"$exists": True}}),
    ("data_generation_set", {"has_input": {"$in": ["nmdc:x-11-7"]}}),
    ("data_generation_set", {"associated_studies": "nmdc:sty-11-7"}),
    ("workflow_execution_set", {"was_informed_by": {"$in": ["nmdc:x-11-7"]}}),
    ("workflow_execution_set", {"type": "nmdc:Type7", "was_informed_by": "nmdc:x-11-7"}),
    ("workflow_execution_set", {"has_output": "nmdc:x-11-7"}),
    ("workflow_execution_set", {"id": "nmdc:x-11-7"}),
    ("material_processing_set", {"has_input": "nmdc:x-11-7"}),
    ("material_processing_set", {"has_output": {"$in": ["nmdc:x-11-7"]}}),
    ("functional_annotation_agg", {"was_generated_by": "nmdc:x-11-7"}),
    ("processed_sample_set", {"id": {"$in": ["nmdc:x-11-7"]}}),
]


def a_document(number: int) -> dict[str, Any]:
    return {
        "id": f"nmdc:x-11-{number}",
        "type": f"nmdc:Type{number}",
        "name": f"name {number}",
        "associated_studies": [f"nmdc:sty-11-{number}"],
        "ecosystem_category": "Aquatic" if number % 100 == 7 else "Other",
        "ecosystem_type": "Marine" if number % 100 == 7 else "Other",
        "lat_lon": {"latitude": float(number)},
        "env_medium": {"has_raw_value": f"ENVO:{number}"},
        "alternative_identifiers": [f"alt:{number}"],
        "has_credit_associations": [{"applies_to_person": {"orcid": f"orcid:{number}"}}],
        "md5_checksum": str(number),
        "url": f"https://x.org/{number}",
        "data_object_type": f"type {number}",
        "has_input": [f"nmdc:x-11-{number}"],
        "has_output": [f"nmdc:x-11-{number}"],
        "was_informed_by": [f"nmdc:x-11-{number}"],
        "was_generated_by": f"nmdc:x-11-{number}",
    }


@pytest.fixture
def profiled(hub, database) -> Iterator[Any]:
    """Yield the hub on full collections, with the server's profiler writing down its queries."""
    for name in hub.app.state.services.registry.collection_names:
        database[name].insert_many(a_document(number) for number in range(MANY))
    database.command("profile", 2)
    try:
        yield hub
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()


def whole_collections(database) -> list[str]:
    """Return the queries since the last time that looked at more than a few documents too many."""
    queries = list(
        database["system.profile"].find(
            {"planSummary": {"$exists": True}, "ns": {"$regex": "_(set|agg)$"}}
        )
    )
    assert queries, "the profiler saw nothing"
    return [
        f"{each['ns']}: {each['planSummary']} looked at {each.get('docsExamined')}"
        for each in queries
        if "COLLSCAN" in each["planSummary"]
        or max(each.get("docsExamined", 0), each.get("keysExamined", 0))
        > each.get("nreturned", 0) + SLACK
    ]


def test_no_filter_of_a_real_client_scans_a_collection(profiled, database):
    requests = [(path, {}) for path in FOUND] + [
        (f"/nmdcschema/{name}", {"filter": json.dumps(filter), "max_page_size": 10})
        for name, filter in LISTED
    ]
    found = {}
    for path, parameters in requests:
        database.command("profile", 0)
        database["system.profile"].drop()
        database.command("profile", 2)
        # Parameters that are given replace those in the path.
        answer = profiled.get(path, params=parameters or None)
        assert answer.status_code == 200, (path, answer.text)
        body = answer.json()
        assert body.get("results", body.get("resources", body)), f"{path} {parameters} finds none"
        if slow := whole_collections(database):
            found[f"{path} {parameters}"] = slow
    assert found == {}


def test_a_filter_without_an_index_is_seen_by_the_profiler(profiled, database):
    assert profiled.get("/studies?filter=description:nothing").status_code == 200
    assert list(whole_collections(database))

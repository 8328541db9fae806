"""Pipelines of clients: which stages and operators they may have, and what they read."""

import pytest
from bson import ObjectId

from nmdc_runtime.mongo.filters import FilterRefused
from nmdc_runtime.queries.pipelines import MAX_NESTING, MAX_STAGES, read_pipeline


def test_all_collections_are_noted_however_deep_they_are_named():
    pipeline = read_pipeline(
        [
            {"$lookup": {"from": "a", "localField": "x", "foreignField": "y", "as": "z"}},
            {"$facet": {"f": [{"$unionWith": {"coll": "b", "pipeline": [{"$unionWith": "c"}]}}]}},
            {
                "$graphLookup": {
                    "from": "d",
                    "startWith": "$x",
                    "connectFromField": "x",
                    "connectToField": "y",
                    "as": "z",
                    "restrictSearchWithMatch": {"type": "t"},
                }
            },
        ]
    )
    assert pipeline.collections == {"a", "b", "c", "d"}
    assert pipeline.stages[0]["$lookup"]["from"] == "a"
    assert pipeline.stages[1]["$facet"]["f"][0]["$unionWith"]["coll"] == "b"


def test_extended_json_is_read_and_data_that_only_looks_like_operators_is_not_taken_for_them():
    key = ObjectId()
    stages = read_pipeline(
        [
            {"$match": {"_id": {"$oid": str(key)}}},
            {"$set": {"x": {"$literal": {"a": 1}}, "_id": {"$oid": str(key)}}},
            {"$group": {"_id": "$a", "n": {"$count": {}}, "all": {"$push": "$$ROOT"}}},
            {
                "$setWindowFields": {
                    "sortBy": {"x": 1},
                    "output": {"n": {"$documentNumber": {}}},
                }
            },
        ]
    ).stages
    assert stages[0] == {"$match": {"_id": key}}
    assert stages[1]["$set"] == {"x": {"$literal": {"a": 1}}, "_id": key}


JAVASCRIPT = {"$function": {"body": "function() {}", "args": [], "lang": "js"}}


@pytest.mark.parametrize(
    "stage",
    [
        {"$graphLookup": {"from": "a", "restrictSearchWithMatch": {"$where": "1"}}},
        {"$graphLookup": {"from": "a", "startWith": JAVASCRIPT}},
        {"$lookup": {"from": "a", "let": {"x": JAVASCRIPT}, "pipeline": [], "as": "x"}},
        {"$lookup": {"from": "a", "pipeline": [{"$match": {"$expr": JAVASCRIPT}}], "as": "x"}},
        {"$geoNear": {"query": {"$where": "1"}}},
        {"$redact": JAVASCRIPT},
        {"$bucket": {"groupBy": JAVASCRIPT, "boundaries": [1, 2]}},
        {"$setWindowFields": {"output": {"x": JAVASCRIPT}}},
        {"$replaceWith": {"a": [{"b": JAVASCRIPT}]}},
        {"$unionWith": 5},
        {"$unionWith": {"$undefined": True}},
        {"$geoNear": {"$regularExpression": {"pattern": "a", "options": ""}}},
        {"$facet": {"a": 5}},
        {"$graphLookup": {}},
        {"$lookup": {"from": 5}},
        "$count",
    ],
    ids=str,
)
def test_javascript_hides_nowhere_and_shapes_are_as_they_should_be(stage):
    with pytest.raises(FilterRefused):
        read_pipeline([stage])


def test_pipelines_have_bounds():
    stage = {"$match": {}}
    for _ in range(MAX_NESTING + 1):
        stage = {"$unionWith": {"coll": "a", "pipeline": [stage]}}
    deep = {"x": 1}
    for _ in range(100):
        deep = {"$not": [deep]}
    for pipeline in ([stage], [{"$match": {}}] * (MAX_STAGES + 1), [{"$set": {"x": deep}}]):
        with pytest.raises(FilterRefused):
            read_pipeline(pipeline)

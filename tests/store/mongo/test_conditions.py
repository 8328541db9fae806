"""Conditions of our own: put together, and answered by the index alone."""

import pytest
from bson import ObjectId

from nmdc_runtime.mongo.conditions import all_of, behind


def test_empty_conditions_say_nothing():
    assert all_of({}, {}) == {}
    assert all_of({}, {"a": 1}) == {"a": 1}
    assert all_of({"a": 1}, {}, {"b": 2}) == {"$and": [{"a": 1}, {"b": 2}]}


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("key", ["id", "_id"])
def test_what_comes_behind_a_key_is_a_range_of_its_index(database, key, direction):
    documents = [{"_id": ObjectId(), "id": f"nmdc:sty-11-{n:04}"} for n in range(1_000)]
    database["study_set"].insert_many(documents)
    last = documents[::direction][989][key]

    found = database["study_set"].find(
        behind(key, last, direction=direction), sort=[(key, direction)]
    )

    assert [each[key] for each in found.clone()] == [
        each[key] for each in documents[::direction][990:]
    ]
    done = found.explain()["executionStats"]
    assert done["totalKeysExamined"] <= 12

"""Decisions about commands."""

import pytest

from nmdc_runtime.queries.rules import has_operator, remaining_after, sort_keys, stamped

NOW = "2026-11-23T12:00:00Z"
STAMP = {"provenance_metadata.mod_date": NOW, "provenance_metadata.type": "nmdc:ProvenanceMetadata"}


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (None, (("_id", 1),)),
        ({"name": -1}, (("name", -1), ("_id", 1))),
        ({"_id": -1, "name": 1}, (("_id", -1),)),
        ({"name": 1, "_id": -1}, (("name", 1), ("_id", -1))),
    ],
)
def test_every_sort_becomes_a_total_order_that_says_what_the_client_said(given, keys):
    assert sort_keys(given) == keys


def test_a_limit_of_none_or_nothing_has_no_remainder():
    assert [remaining_after(limit, 4) for limit in (None, 0, 10, 4)] == [None, None, 6, 0]


def test_only_operators_make_an_update():
    assert has_operator({"a": 1, "$set": {}})
    assert not has_operator({"a": {"$set": 1}})


@pytest.mark.parametrize(
    ("update", "result"),
    [
        ({"$set": {"a": 1}}, {"$set": {"a": 1, **STAMP}}),
        ({"$inc": {"a": 1}}, {"$inc": {"a": 1}, "$set": STAMP}),
        ({"$unset": {"provenance_metadata": 1}}, {"$set": STAMP}),
        (
            {"$unset": {"provenance_metadata.mod_date": 1, "a": 1}},
            {"$unset": {"a": 1}, "$set": STAMP},
        ),
        ({"$set": {"provenance_metadata.mod_date": "1999"}}, {"$set": STAMP}),
        ({"$unset": "notes"}, {"$unset": "notes", "$set": STAMP}),
        ({"$set": "notes"}, {"$set": "notes"}),
        ({"$unset": {}}, {"$unset": {}, "$set": STAMP}),
    ],
)
def test_an_update_is_stamped_whatever_it_says_of_the_stamp(update, result):
    assert stamped(update, now=NOW) == result


def test_a_whole_provenance_of_the_clients_keeps_what_is_not_the_stamps():
    given = {"provenance_metadata": {"add_date": "2020", "mod_date": "1999"}, "a": 1}
    stamp = {"mod_date": NOW, "type": "nmdc:ProvenanceMetadata"}
    expected = {"provenance_metadata": {"add_date": "2020", **stamp}, "a": 1}
    assert stamped({"$set": given}, now=NOW) == {"$set": expected}
    new = stamped({"$set": given}, now=NOW, is_new=True)["$set"]["provenance_metadata"]
    assert new == {"add_date": NOW, **stamp}

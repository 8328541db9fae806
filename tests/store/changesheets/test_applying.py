"""What the library says that updates do, against what MongoDB does: the same, or both refuse."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from nmdc_runtime.changesheets.actions import Action, Update, update_command
from nmdc_runtime.changesheets.applying import apply_updates

Document = dict[str, Any]

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(
    st.sampled_from(["", "x", "y", "1"]),
    st.sampled_from([0, 1, -1, 2**31, 2**40]),
    st.sampled_from([0.0, 1.0, 0.5]),
    st.booleans(),
)
#: What a stored document may hold, null included; what a sheet writes is a part of it.
STORED = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
WRITTEN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
UPDATES = st.builds(
    Update, st.sampled_from(Action), PATHS, st.lists(WRITTEN, max_size=3) | WRITTEN, st.just((2,))
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    document=st.dictionaries(NAMES, STORED, max_size=3),
    updates=st.lists(UPDATES, min_size=1, max_size=4),
)
@example(document={"a": [["x"]]}, updates=[Update(Action.PULL, "a", ["x"], (2,))])
@example(document={"a": [1.0]}, updates=[Update(Action.ADD, "a", [1, True], (2,))])
@example(document={"a": "x"}, updates=[Update(Action.PULL, "a.b", ["x"], (2,))])
@example(document={"a": [{"b": 1}]}, updates=[Update(Action.SET, "a.b", 2, (2,))])
@example(document={"a": [{"b": 1}]}, updates=[Update(Action.UNSET, "a.b", "", (2,))])
@example(document={}, updates=[Update(Action.ADD, "a.b", [], (2,))])
def test_updates_do_what_mongodb_does(
    database: Database[Document], document: Document, updates: list[Update]
) -> None:
    stored = {"id": "it", **document}
    database["study_set"].delete_many({})
    database["study_set"].insert_one(dict(stored))
    stored = database["study_set"].find_one({}, {"_id": 0}) or {}
    untouched = repr(stored)

    answer = database.command(update_command("study_set", "it", updates))
    outcome = apply_updates(stored, updates)

    after = database["study_set"].find_one({}, {"_id": 0})
    assert repr(outcome.document) == repr(after)
    refused = [(each["index"], each["code"]) for each in answer.get("writeErrors", [])]
    assert refused == ([(outcome.error.index, outcome.error.code)] if outcome.error else [])
    assert (outcome.matched, outcome.modified) == (answer["n"], answer["nModified"])
    assert repr(stored) == untouched
